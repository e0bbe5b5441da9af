// Attention and Transformer layers against PyTorch's numbers, with the same weights.

#include <fstream>
#include <set>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>

#include "support/source_files.h"

using namespace reel;

namespace {

using Doubles = std::vector<double>;
using Golden = std::map<std::string, Doubles>;

/// The cases of goldens/make_transformer.py by name.
std::map<std::string, Golden> read_goldens() {
  std::ifstream file(testing::source_dir() / "tests/goldens/transformer.txt");
  std::map<std::string, Golden> cases;
  std::string line, name;
  while (std::getline(file, line)) {
    if (line.starts_with("case ")) {
      name = line.substr(5);
      continue;
    }
    std::istringstream in(line);
    std::string key;
    in >> key;
    for (double value = 0; in >> value;) cases[name][key].push_back(value);
  }
  return cases;
}

Tensor ramp(const Shape& shape) { return arange(numel(shape), DType::f64).reshape(shape); }

void check_close(const std::string& what, const Tensor& got, const Doubles& expected) {
  INFO(what);
  const Doubles values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(std::abs(values[i] - expected[i]) < 1e-12);
}

/// Fills the module as the script does, calls it with inputs of these shapes, and compares.
template <class M> void check_case(const std::string& name, const M& net, const std::vector<Shape>& shapes,
                                   const std::function<Tensors(const M&, const Tensors&)>& call) {
  static const auto goldens = read_goldens();
  INFO("case " << name);
  const Golden& golden = goldens.at(name);
  net.to(DType::f64);
  int k = 0;
  for (const auto& [key, value] : net.state_dict()) value.copy_(0.4 * sin(1.3 * ramp(value.shape()) + 0.7 * k++));
  Tensors inputs;
  for (const Shape& shape : shapes) inputs.push_back(sin(0.9 * ramp(shape) + double(inputs.size())).requires_grad_());
  const Tensors outputs = call(net, inputs);
  Tensor loss = zeros({}, DType::f64);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check_close("output " + std::to_string(i), outputs[i], golden.at("out" + std::to_string(i)));
    loss = loss + sum(outputs[i] * cos(0.5 * ramp(outputs[i].shape()) + double(i)));
  }
  loss.backward();
  std::size_t compared = outputs.size();
  for (std::size_t i = 0; i < inputs.size(); ++i, ++compared) {
    check_close("input " + std::to_string(i), inputs[i].grad(), golden.at("in" + std::to_string(i)));
  }
  for (const auto& [key, p] : net.named_parameters()) {
    check_close(key, p.grad(), golden.at(key));
    ++compared;
  }
  CHECK(compared == golden.size());
}

// --- the masks of the script

/// A boolean mask [rows, columns] that leaves something in each row; with a batch, another for each.
Tensor pairs(std::int64_t batch, std::int64_t rows, std::int64_t columns) {
  const Tensor b = arange(batch).reshape({batch, 1, 1}), i = arange(rows).reshape({rows, 1}), j = arange(columns);
  const Tensor mask = remainder(b + 3 * i + 5 * j, 4) == 0;
  return batch == 1 ? mask[0] : mask;
}
Tensor added(std::int64_t rows, std::int64_t columns) { return 0.5 * sin(ramp({rows, columns})); }
/// Leaves out the last key of all but the first.
Tensor padding(std::int64_t batch, std::int64_t keys) {
  return (arange(batch).reshape({batch, 1}) > 0) & (arange(keys) == keys - 1);
}
Tensor causal(std::int64_t size) { return nn::Transformer::generate_square_subsequent_mask(size).to(DType::f64); }

// --- attention

using AttentionOptions = nn::MultiheadAttentionForwardOptions;

/// With and without the weights; `inputs` are query, key and value, or query and key, or the one tensor for all.
void check_attention(const std::string& name, const std::function<nn::MultiheadAttention()>& make,
                     const std::vector<Shape>& shapes, const AttentionOptions& options = {}) {
  check_case<nn::MultiheadAttention>(name, make(), shapes, [&](const auto& net, const Tensors& in) {
    const auto [y, weights] = net(in[0], in[in.size() > 1], in.back(), options);
    return Tensors{y, weights};
  });
  const nn::MultiheadAttention net = make();
  const Tensors in = [&] {
    Tensors all;
    for (const Shape& shape : shapes) all.push_back(randn(shape));
    return all;
  }();
  AttentionOptions without = options;
  without.need_weights = false;
  if (options.attn_mask.defined() && options.attn_mask.dtype() == DType::f64) {
    without.attn_mask = options.attn_mask.to(DType::f32);
  }
  AttentionOptions with = without;
  with.need_weights = true;
  const auto [y, none] = net(in[0], in[in.size() > 1], in.back(), without);
  CHECK(!none.defined());
  CHECK(allclose(y, std::get<0>(net(in[0], in[in.size() > 1], in.back(), with)), 1e-5, 1e-6));
}

}  // namespace

TEST_CASE("attention of several heads has PyTorch's values and gradients") {
  check_attention("self", [] { return nn::MultiheadAttention(4, 2); }, {{3, 2, 4}});
  check_attention("cross", [] { return nn::MultiheadAttention(4, 2, {.batch_first = true}); }, {{2, 3, 4}, {2, 4, 4}},
                  {.attn_mask = added(3, 4), .average_attn_weights = false});
  check_attention("sizes", [] { return nn::MultiheadAttention(4, 2, {.kdim = 3, .vdim = 5}); },
                  {{3, 2, 4}, {4, 2, 3}, {4, 2, 5}}, {.key_padding_mask = padding(2, 4)});
  check_attention("added keys",
                  [] { return nn::MultiheadAttention(4, 2, {.add_bias_kv = true, .add_zero_attn = true}); },
                  {{3, 2, 4}, {4, 2, 4}}, {.key_padding_mask = padding(2, 4), .attn_mask = pairs(4, 3, 4)});
  check_attention("mixed masks", [] { return nn::MultiheadAttention(4, 2, {.add_zero_attn = true}); },
                  {{3, 2, 4}, {4, 2, 4}}, {.key_padding_mask = padding(2, 4), .attn_mask = added(3, 4)});
  check_attention("no batch", [] { return nn::MultiheadAttention(4, 2, {.bias = false}); }, {{3, 4}, {4, 4}},
                  {.attn_mask = pairs(1, 3, 4)});
  for (const bool by_mask : {true, false}) {
    check_attention(
        "causal", [] { return nn::MultiheadAttention(4, 1, {.batch_first = true}); }, {{2, 3, 4}},
        {.key_padding_mask = padding(2, 3), .attn_mask = by_mask ? causal(3) : Tensor(), .is_causal = !by_mask});
  }
}

TEST_CASE("the layers of a Transformer have PyTorch's values and gradients") {
  const nn::TransformerLayerOptions small{.dim_feedforward = 5, .dropout = 0}, first{.dim_feedforward = 5,
                                                                                     .dropout = 0,
                                                                                     .activation = gelu,
                                                                                     .layer_norm_eps = 1e-3,
                                                                                     .batch_first = true,
                                                                                     .norm_first = true};
  for (const bool by_mask : {true, false}) {
    check_case<nn::TransformerEncoderLayer>("encoder layer", {4, 2, small}, {{3, 2, 4}},
                                            [&](const auto& net, const Tensors& in) {
                                              return Tensors{net(in[0], {.src_mask = by_mask ? causal(3) : Tensor(),
                                                                         .src_key_padding_mask = padding(2, 3),
                                                                         .is_causal = !by_mask})};
                                            });
    check_case<nn::TransformerDecoderLayer>("decoder layer", {4, 2, small}, {{3, 2, 4}, {4, 2, 4}},
                                            [&](const auto& net, const Tensors& in) {
                                              return Tensors{net(in[0], in[1],
                                                                 {.tgt_mask = by_mask ? causal(3) : Tensor(),
                                                                  .memory_mask = pairs(1, 3, 4),
                                                                  .tgt_key_padding_mask = padding(2, 3),
                                                                  .memory_key_padding_mask = padding(2, 4),
                                                                  .tgt_is_causal = !by_mask})};
                                            });
  }
  check_case<nn::TransformerEncoderLayer>(
      "encoder layer, norm first", {4, 2, first}, {{2, 3, 4}},
      [](const auto& net, const Tensors& in) { return Tensors{net(in[0], {.src_mask = pairs(1, 3, 3)})}; });
  check_case<nn::TransformerDecoderLayer>(
      "decoder layer, norm first", {4, 2, first}, {{2, 3, 4}, {2, 4, 4}}, [](const auto& net, const Tensors& in) {
        return Tensors{net(in[0], in[1], {.memory_key_padding_mask = padding(2, 4)})};
      });
}

TEST_CASE("encoder and Transformer have PyTorch's values and gradients") {
  const nn::TransformerLayerOptions small{.dim_feedforward = 5, .dropout = 0};
  check_case<nn::TransformerEncoder>(
      "encoder", {nn::TransformerEncoderLayer(4, 2, small), 2}, {{3, 2, 4}},
      [](const auto& net, const Tensors& in) { return Tensors{net(in[0], {.src_mask = pairs(1, 3, 3)})}; });
  for (const bool by_mask : {true, false}) {
    check_case<nn::Transformer>("transformer",
                                nn::Transformer({.d_model = 4,
                                                 .nhead = 2,
                                                 .num_encoder_layers = 2,
                                                 .num_decoder_layers = 1,
                                                 .dim_feedforward = 5,
                                                 .dropout = 0}),
                                {{4, 2, 4}, {3, 2, 4}}, [&](const auto& net, const Tensors& in) {
                                  return Tensors{net(in[0], in[1],
                                                     {.tgt_mask = by_mask ? causal(3) : Tensor(),
                                                      .src_key_padding_mask = padding(2, 4),
                                                      .memory_key_padding_mask = padding(2, 4),
                                                      .tgt_is_causal = !by_mask})};
                                });
  }
}
