// Attention and Transformer layers: names, initial weights, masks, modes, errors. Their values are in
// transformer_goldens_test.cpp.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/nn/nn.h>
#include <reel/ops/ops.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Names = std::vector<std::string>;

Names keys(const nn::Module& module) {
  Names names;
  for (const auto& [name, tensor] : module.state_dict()) names.push_back(name);
  return names;
}

const nn::TransformerLayerOptions kSmall{.dim_feedforward = 6};

}  // namespace

TEST_CASE("the state of a Transformer has PyTorch's names") {
  CHECK(keys(nn::MultiheadAttention(4, 2)) ==
        Names{"in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"});
  CHECK(keys(nn::MultiheadAttention(4, 2, {.bias = false, .add_bias_kv = true, .kdim = 3})) ==
        Names{"bias_k", "bias_v", "k_proj_weight", "out_proj.weight", "q_proj_weight", "v_proj_weight"});
  const Names layer{"linear1.bias",
                    "linear1.weight",
                    "linear2.bias",
                    "linear2.weight",
                    "norm1.bias",
                    "norm1.weight",
                    "norm2.bias",
                    "norm2.weight",
                    "self_attn.in_proj_bias",
                    "self_attn.in_proj_weight",
                    "self_attn.out_proj.bias",
                    "self_attn.out_proj.weight"};
  CHECK(keys(nn::TransformerEncoderLayer(4, 2, kSmall)) == layer);
  Names encoder;
  for (const std::string index : {"0", "1"}) {
    for (const std::string& name : layer) encoder.push_back("layers." + index + "." + name);
  }
  CHECK(keys(nn::TransformerEncoder({4, 2, kSmall}, 2)) == encoder);
  const Names whole = keys(nn::Transformer({.d_model = 4, .nhead = 2, .dim_feedforward = 6}));
  CHECK(whole.size() == 6 * 12 + 6 * 18 + 4);
  CHECK(whole.front() == "decoder.layers.0.linear1.bias");
  CHECK(whole.back() == "encoder.norm.weight");
  for (const std::string& name : keys(nn::TransformerDecoderLayer(4, 2, {.dim_feedforward = 6, .bias = false}))) {
    CHECK(name.find("bias") == std::string::npos);
  }
}

TEST_CASE("a Transformer prints itself as PyTorch's does") {
  CHECK(to_string(nn::TransformerDecoderLayer(4, 2)) == R"(TransformerDecoderLayer(
  (self_attn): MultiheadAttention(
    (out_proj): Linear(in_features=4, out_features=4, bias=True)
  )
  (multihead_attn): MultiheadAttention(
    (out_proj): Linear(in_features=4, out_features=4, bias=True)
  )
  (linear1): Linear(in_features=4, out_features=2048, bias=True)
  (dropout): Dropout(p=0.1, inplace=False)
  (linear2): Linear(in_features=2048, out_features=4, bias=True)
  (norm1): LayerNorm((4,), eps=1e-05, elementwise_affine=True)
  (norm2): LayerNorm((4,), eps=1e-05, elementwise_affine=True)
  (norm3): LayerNorm((4,), eps=1e-05, elementwise_affine=True)
  (dropout1): Dropout(p=0.1, inplace=False)
  (dropout2): Dropout(p=0.1, inplace=False)
  (dropout3): Dropout(p=0.1, inplace=False)
))");
  const std::string whole = to_string(nn::Transformer({.d_model = 4, .nhead = 2, .num_encoder_layers = 1}));
  CHECK(to_string(nn::Transformer(4, 2, 1)) == whole);  // options by position
  CHECK(to_string(nn::TransformerDecoderLayer(4, 2, 2048, 0.1)) == to_string(nn::TransformerDecoderLayer(4, 2)));
  CHECK(
      whole.starts_with("Transformer(\n  (encoder): TransformerEncoder(\n    (layers): ModuleList(\n      (0): "
                        "TransformerEncoderLayer(\n        (self_attn): MultiheadAttention(\n"));
}

TEST_CASE("attention starts as PyTorch's does") {
  manual_seed(1);
  const nn::MultiheadAttention net(64, 4, {.add_bias_kv = true});
  // xavier_uniform_ of the three weights in one: the limit is sqrt(6 / (64 + 192)).
  const double limit = std::sqrt(6.0 / 256);
  CHECK(max(abs(net.in_proj_weight)).item() <= limit);
  CHECK(stddev(net.in_proj_weight).item() == doctest::Approx(limit / std::sqrt(3.0)).epsilon(0.03));
  CHECK(max(abs(net.out_proj.weight)).item() <= 1.0 / 8);  // as in every Linear
  CHECK(max(abs(net.in_proj_bias)).item() == 0);
  CHECK(max(abs(net.out_proj.bias)).item() == 0);
  // xavier_normal_ of [1, 1, 64], whose fans are 64 both.
  CHECK(stddev(net.bias_k).item() == doctest::Approx(std::sqrt(2.0 / 128)).epsilon(0.3));
  const nn::Transformer whole({.d_model = 64, .nhead = 4, .num_encoder_layers = 1, .dim_feedforward = 64});
  const Tensor linear = whole.get_parameter("encoder.layers.0.linear1.weight");
  CHECK(stddev(linear).item() == doctest::Approx(std::sqrt(2.0 / 128)).epsilon(0.05));
}

TEST_CASE("the layers of an encoder are clones with weights of their own") {
  const nn::TransformerEncoderLayer layer(4, 2, kSmall);
  layer.to(DType::f64);
  const nn::TransformerEncoder encoder(layer, 2);
  auto& first = encoder.layers.at<nn::TransformerEncoderLayer>(0);
  auto& second = encoder.layers.at<nn::TransformerEncoderLayer>(1);
  CHECK(equal(first.linear1.weight, layer.linear1.weight));
  CHECK(equal(first.linear1.weight, second.linear1.weight));
  CHECK(first.linear1.weight.data() != second.linear1.weight.data());
  CHECK(first.linear1.weight.data() != layer.linear1.weight.data());
  CHECK(encoder.parameters().size() == 24);
  layer.linear1.requires_grad_(false);
  const nn::TransformerEncoderLayer frozen = layer.clone();
  CHECK_FALSE(frozen.linear1.weight.requires_grad());
  CHECK(frozen.linear2.weight.requires_grad());
}

TEST_CASE("masks keep positions from one another") {
  const nn::TransformerEncoderLayer layer(4, 2, {.dim_feedforward = 6, .dropout = 0, .batch_first = true});
  const Tensor x = randn({1, 5, 4});
  const Tensor changed = x.clone();
  changed.index_put_({0, 3}, randn({4}));
  const auto same_until = [](const Tensor& a, const Tensor& b) {
    std::int64_t i = 0;
    while (i < 5 && equal(a[0][i], b[0][i])) ++i;
    return i;
  };
  const nn::TransformerEncoderMasks causal{.is_causal = true};
  CHECK(same_until(layer(x, causal), layer(changed, causal)) == 3);
  CHECK(same_until(layer(x), layer(changed)) == 0);
  const nn::TransformerEncoderMasks without_third{.src_key_padding_mask = (arange(5) == 3).reshape({1, 5})};
  CHECK(same_until(layer(x, without_third), layer(changed, without_third)) == 3);
  const Tensor mask = nn::Transformer::generate_square_subsequent_mask(3);
  const double blocked = -std::numeric_limits<double>::infinity();
  CHECK(mask.to_vector<double>() == std::vector<double>{0, blocked, blocked, 0, 0, blocked, 0, 0, 0});
  CHECK(nn::Transformer::generate_square_subsequent_mask(2, {.dtype = DType::f64}).dtype() == DType::f64);
}

TEST_CASE("a query that sees no key gets zeros, with and without weights") {
  const nn::MultiheadAttention net(4, 2, {.batch_first = true});
  const Tensor x = randn({1, 2, 4}).requires_grad_(), no_keys = zeros({1, 0, 4});
  for (const bool boolean : {true, false}) {
    Tensor mask = tensor({{true, true}, {false, false}});
    if (!boolean) mask = masked_fill(zeros({2, 2}), mask, -std::numeric_limits<double>::infinity());
    for (const bool need_weights : {true, false}) {
      const nn::MultiheadAttentionForwardOptions empty_mask{.need_weights = need_weights,
                                                            .attn_mask = narrow(mask, 1, 0, 0)};
      CHECK(max(abs(std::get<0>(net(x, no_keys, no_keys, empty_mask)))).item() == 0);
      const auto [y, weights] = net(x, x, x, {.need_weights = need_weights, .attn_mask = mask});
      CHECK(max(abs(y[0][0])).item() == 0);  // the projection's bias is 0
      CHECK(max(abs(y[0][1])).item() > 0);
      const Tensor slope = grad({sum(y)}, {x})[0];
      CHECK_FALSE(any(isnan(slope)).item<bool>());
      if (need_weights) CHECK(max(abs(weights[0][0])).item() == 0);
    }
  }
}

TEST_CASE("attention drops weights in training only") {
  manual_seed(1);
  const nn::MultiheadAttention net(4, 1, {.dropout = 0.5, .batch_first = true});
  const Tensor x = randn({1, 40, 4});
  const auto [y, weights] = net(x, x, x);
  CHECK((weights == 0).mean().item() == doctest::Approx(0.5).epsilon(0.1));
  const Tensor unseen = std::get<0>(net(x, x, x, {.need_weights = false}));
  CHECK_FALSE(equal(unseen, std::get<0>(net(x, x, x, {.need_weights = false}))));
  net.eval();
  const auto [whole, all] = net(x, x, x);
  CHECK((all == 0).mean().item() == 0);
  CHECK(allclose(whole, std::get<0>(net(x, x, x, {.need_weights = false})), 1e-4, 1e-6));
}

TEST_CASE("hooks see the tensors of attention and of Transformer layers") {
  const nn::TransformerDecoderLayer layer(4, 2, kSmall);
  std::size_t seen = 0;
  layer.register_forward_pre_hook([&](const nn::Module&, Tensors& inputs) { seen += inputs.size(); });
  layer.self_attn.register_forward_hook(
      [&](const nn::Module&, const Tensors& inputs, Tensors&) { seen += 100 * inputs.size(); });
  CHECK(layer(randn({3, 2, 4}), randn({5, 2, 4})).shape() == Shape{3, 2, 4});
  CHECK(seen == 302);
}

TEST_CASE("attention refuses what does not fit") {
  CHECK(message_of<ValueError>([] { nn::MultiheadAttention(4, 3); }) ==
        "MultiheadAttention: expected an embed_dim that num_heads divides, got 4 and 3");
  CHECK(message_of<ValueError>([] { nn::TransformerEncoderLayer(4, 2, {.activation = nullptr}); }) ==
        "TransformerEncoderLayer: expected an activation, got a null pointer");
  const nn::MultiheadAttention net(4, 2);
  const Tensor x = randn({3, 2, 4});
  const auto refused = [&](const Tensor& q, const Tensor& k, const nn::MultiheadAttentionForwardOptions& options = {}) {
    return message_of<Error>([&] { net(q, k, k, options); });
  };
  CHECK(refused(Tensor(), x).starts_with("MultiheadAttention: expected the query to be a tensor"));
  CHECK(refused(randn({4}), randn({4})).starts_with("MultiheadAttention: expected query, key and value of rank 3"));
  CHECK(refused(x, randn({3, 2, 5})) ==
        "MultiheadAttention: expected query, key and value of 4, 4 and 4 elements, got shapes [3, 2, 4], [3, 2, 5] and "
        "[3, 2, 5]");
  CHECK(refused(x, randn({3, 1, 4})).starts_with("MultiheadAttention: expected one batch and as many keys as values"));
  CHECK(refused(x, x, {.attn_mask = zeros({3, 4})}) ==
        "MultiheadAttention: expected attn_mask of shape [3, 3] or [4, 3, 3], got [3, 4]");
  CHECK(refused(x, x, {.key_padding_mask = zeros({3, 2}, DType::boolean)}) ==
        "MultiheadAttention: expected key_padding_mask of shape [2, 3], got [3, 2]");
  CHECK(refused(x, x, {.attn_mask = zeros({3, 3}, DType::i64)}) ==
        "MultiheadAttention: expected attn_mask of dtype bool or f32, got i64");
}
