// ONNX's recurrent networks: both directions, the order of their gates, sequences first or batch first.

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

/// One direction of a network; of absent inputs undefined.
struct Direction {
  Tensor weight_ih, weight_hh, bias_ih, bias_hh, h, c;
};

/// The rows of gates in another order.
Tensor reordered(const Tensor& rows, const std::vector<std::size_t>& order) {
  if (!rows.defined()) return {};
  const Tensors gates = chunk(rows, static_cast<std::int64_t>(order.size()), 0);
  Tensors result;
  for (std::size_t gate : order) result.push_back(gates[gate]);
  return cat(result, 0);
}

using Network = Tensors (*)(const Tensor& x, const Direction&, const SequenceOptions&);

/// Runs a network in each direction and returns all h, and the last ones of each state.
Tensors run(const Call& call, const std::vector<std::size_t>& order, Network network) {
  const bool batch_first = call.integer("layout", 0);
  const auto arranged = [&](const Tensor& t) { return batch_first && t.defined() ? t.transpose(0, 1) : t; };
  const Tensor x = arranged(call[0]), h = arranged(call[5]), c = arranged(call[6]);
  if (call.has("activations") || call.has("clip")) throw LeftOut("other activations of a recurrent network");
  if (call[4].defined() && equal(call[4], full_like(call[4], x.size(0))) == false) {
    throw LeftOut("recurrent networks over a batch of unequal sequences that are not packed");
  }
  const std::string direction = call.text("direction", "forward");
  std::vector<Tensors> results;
  for (std::int64_t d = 0; d < call[1].size(0); ++d) {
    const auto of = [&](const Tensor& t) { return t.defined() ? t[d] : Tensor(); };
    const Tensors biases = call[3].defined() ? chunk(of(call[3]), 2) : Tensors(2);
    const Direction weights{.weight_ih = reordered(of(call[1]), order),
                            .weight_hh = reordered(of(call[2]), order),
                            .bias_ih = reordered(biases[0], order),
                            .bias_hh = reordered(biases[1], order),
                            .h = of(h),
                            .c = of(c)};
    results.push_back(network(x, weights, {.reverse = direction == "reverse" || d == 1}));
  }
  Tensors joined;
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    Tensors parts;
    for (const Tensors& result : results) parts.push_back(result[i]);
    const Tensor states = stack(parts, i == 0 ? 1 : 0);  // [steps, directions, batch, hidden], then without steps
    joined.push_back(!batch_first ? states : i == 0 ? states.permute({2, 0, 1, 3}) : states.transpose(0, 1));
  }
  return joined;
}

Tensors elman(const Call& call) {
  return run(call, {0}, [](const Tensor& x, const Direction& d, const SequenceOptions& options) {
    const auto [y, h] = rnn_tanh(x, d.h, d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh, options);
    return Tensors{y, h};
  });
}

/// Reel's reset gate stands behind the product with the state. Before it, it is the same in a first step from zeros.
Tensors gated(const Call& call) {
  const std::int64_t steps = call[0].size(call.integer("layout", 0) ? 1 : 0);
  if (!call.integer("linear_before_reset", 0) && (steps > 1 || call[5].defined())) {
    throw LeftOut("a GRU whose reset gate stands before the product");
  }
  return run(call, {1, 0, 2}, [](const Tensor& x, const Direction& d, const SequenceOptions& options) {
    const auto [y, h] = gru(x, d.h, d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh, options);
    return Tensors{y, h};
  });
}

Tensors long_short(const Call& call) {
  if (call[7].defined()) throw LeftOut("an LSTM with peepholes");
  return run(call, {0, 2, 3, 1}, [](const Tensor& x, const Direction& d, const SequenceOptions& options) {
    const auto [y, h, c] = lstm(x, d.h, d.c, d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh, {}, options);
    return Tensors{y, h, c};
  });
}

}  // namespace

void add_recurrent(Operators& table) {
  table["GRU"] = gated;
  table["LSTM"] = long_short;
  table["RNN"] = elman;
}

}  // namespace reel::testing::onnx
