// Recurrent layers, forward and backward.

#include "row.h"

namespace reel::bench {
namespace {

/// A layer's outputs of all steps, and their gradients by x and the parameters.
template <class Layer> Work recurrent(const Layer& layer, const Shape& x) {
  const Inputs inputs = [=] {
    Tensors in{randn(x).requires_grad_()};
    for (const Tensor& p : layer.parameters()) in.push_back(p);
    return in;
  };
  return both_ways(1, inputs, [=](const Tensors& in) { return std::get<0>(layer(in[0])); });
}

}  // namespace

void add_recurrent_rows(Rows& rows, Sizes sizes) {
  const std::int64_t size = sizes(512, 8);
  const Shape x{sizes(64, 3), sizes(64, 2), size};
  const auto add = [&](const std::string& name, const Precision& precision, std::function<Work()> prepare) {
    rows.push_back({.name = name + ", 64x64, both ways, " + std::string(precision.label),
                    .group = "layer",
                    .precision = precision,
                    .prepare = std::move(prepare)});
  };
  for (const Precision& precision : {kIeee, kTf32}) {
    add("LSTM 512", precision, [=] { return recurrent(nn::LSTM(size, size), x); });
    add("GRU 512", precision, [=] { return recurrent(nn::GRU(size, size), x); });
    add("LSTM 512, 2 layers, both directions", precision,
        [=] { return recurrent(nn::LSTM(size, size, {.num_layers = 2, .bidirectional = true}), x); });
    add("GRU 512, 2 layers, both directions", precision,
        [=] { return recurrent(nn::GRU(size, size, {.num_layers = 2, .bidirectional = true}), x); });
  }
}

}  // namespace reel::bench
