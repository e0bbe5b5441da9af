// Rows of the op table: attention.

#include <limits>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

constexpr double kExcluded = -std::numeric_limits<double>::infinity();

/// Query, key and value of these shapes.
Tensors operands(const Shape& query, const Shape& key, const Shape& value) {
  return {leaf(query, -1, 1, 1), leaf(key, -1, 1, 2), leaf(value, -1, 1, 3)};
}

/// The same and a mask.
Tensors masked(Tensors in, const Tensor& mask) {
  in.push_back(mask);
  return in;
}

/// A call with such operands, the fourth being the mask.
TensorFunction attend(const AttentionOptions& options = {}) {
  return [options](const Tensors& in) {
    AttentionOptions all = options;
    if (in.size() > 3) all.attn_mask = in[3];
    return Tensors{scaled_dot_product_attention(in[0], in[1], in[2], all)};
  };
}

/// Every call drops the same weights.
Tensors attend_with_dropout(const Tensors& in) {
  const PhiloxState former = default_generator().state();
  default_generator().set_state({17, 0});
  Tensors out = attend({.dropout_p = 0.3})(in);
  default_generator().set_state(former);
  return out;
}

std::vector<Sample> samples() {
  const AttentionOptions causal{.is_causal = true}, grouped{.enable_gqa = true};
  const Tensor some = tensor({{true, false, true, true}, {false, false, false, false}, {false, true, false, false}});
  const Tensor bias = leaf({3, 4}, -1, 1, 4);
  const Tensor excluding =
      tensor({{0.5, kExcluded, 0.0, -1.0}, {kExcluded, kExcluded, kExcluded, kExcluded}, {1.0, kExcluded, 2.0, 0.0}},
             {.dtype = DType::f64});
  const Tensors plain = operands({3, 2}, {4, 2}, {4, 2});
  const Tensors heads = operands({2, 2, 3, 4}, {2, 2, 4, 4}, {2, 2, 4, 3});
  const Tensors groups = operands({2, 4, 3, 2}, {2, 2, 4, 2}, {2, 2, 4, 3});
  const Tensors tiles = operands({58, 2}, {131, 2}, {131, 1});
  return {{"heads", heads, attend()},
          {"no batch", plain, attend()},
          {"scale", plain, attend({.scale = -1.5})},
          {"causal, fewer queries than keys", operands({2, 3, 2}, {2, 5, 2}, {2, 5, 2}), attend(causal)},
          {"causal, more queries than keys", operands({2, 5, 2}, {2, 3, 2}, {2, 3, 3}), attend(causal)},
          {"boolean mask, a query that sees nothing", masked(plain, some), attend()},
          {"added mask", masked(plain, bias), attend()},
          {"minus infinity in the mask", masked(plain, excluding), attend()},
          {"mask of all heads", masked(heads, bias), attend()},
          {"mask of the keys of each batch", masked(heads, leaf({2, 1, 1, 4}, -1, 1, 4)), attend()},
          {"mask of the queries of each head", masked(heads, leaf({1, 2, 3, 1}, -1, 1, 4)), attend()},
          {"mask of one number", masked(plain, leaf({}, -1, 1, 4)), attend()},
          {"grouped heads", groups, attend(grouped)},
          {"grouped heads, mask of each", masked(groups, leaf({4, 1, 4}, -1, 1, 4)), attend(grouped)},
          {"grouped heads, one mask", masked(groups, bias), attend(grouped)},
          {"leading dimensions that broadcast", operands({2, 1, 3, 2}, {3, 4, 2}, {4, 2}), attend()},
          {"several tiles", tiles, attend()},
          {"several tiles, causal", operands({133, 1}, {130, 1}, {130, 2}), attend(causal)},
          {"several tiles, mask", masked(tiles, leaf({58, 1}, -1, 1, 4)), attend()},
          {"wide", operands({2, 37}, {3, 37}, {3, 35}), attend()},
          {"equal keys", {leaf({2, 2}), ones({3, 2}, DType::f64).requires_grad_(), leaf({3, 2})}, attend()},
          {"dropout", heads, attend_with_dropout},
          {"dropout of all", plain, attend({.dropout_p = 1})},
          {"no batches", operands({0, 2, 3, 4}, {0, 2, 4, 4}, {0, 2, 4, 3}), attend()},
          {"no queries", operands({0, 2}, {4, 2}, {4, 2}), attend()},
          {"no keys", operands({3, 2}, {0, 2}, {0, 2}), attend()},
          {"no width", operands({3, 0}, {4, 0}, {4, 2}), attend()},
          {"values of no width", operands({3, 2}, {4, 2}, {4, 0}), attend()}};
}

/// Attention of f32 ones of these shapes, or of one operand in place of them.
Tensor attend_ones(const Shape& query, const Shape& key, const Shape& value, const AttentionOptions& options = {}) {
  return scaled_dot_product_attention(ones(query), ones(key), ones(value), options);
}

std::vector<ErrorSample> errors() {
  const std::string op = "scaled_dot_product_attention: ";
  const Shape q{2, 3}, k{4, 3}, heads{6, 2, 3};
  const auto shapes = [op](const std::string& message, const Shape& a, const Shape& b, const Shape& c,
                           const AttentionOptions& options = {}) {
    return error<ShapeError>(op + message, [=] { attend_ones(a, b, c, options); });
  };
  const auto key = [op, q, k]<class E>(E*, const std::string& message, const Tensor& other) {
    return error<E>(op + message, [=] { scaled_dot_product_attention(ones(q), other, ones(k)); });
  };
  const auto options = [op, q, k]<class E>(E*, const std::string& message, const AttentionOptions& wrong) {
    return error<E>(op + message, [=] { attend_ones(q, k, k, wrong); });
  };
  const auto mask = [](const Shape& shape, DType dtype = DType::boolean) {
    return AttentionOptions{.attn_mask = ones(shape, dtype)};
  };
  ShapeError* shape = nullptr;
  DTypeError* dtype = nullptr;
  ValueError* value = nullptr;
  AttentionOptions grouped_mask = mask({3, 2, 2});
  grouped_mask.enable_gqa = true;
  return {
      shapes("expected query [..., L, E], key [..., S, E] and value [..., S, V], got shapes [3], [4, 3] and [4, 3]",
             {3}, k, k),
      shapes("expected query and key of one width, got shapes [2, 3] and [4, 2] (3 and 2)", q, {4, 2}, k),
      shapes("expected as many keys as values, got shapes [4, 3] and [5, 3] (4 and 5)", q, k, {5, 3}),
      shapes("expected leading dimensions that broadcast together, got shapes [2, 2, 3], [3, 4, 3] and [4, 3]",
             {2, 2, 3}, {3, 4, 3}, k),
      shapes("expected the heads (dimension -3) of key and value to be equal and to divide those of the query with "
             "enable_gqa, got shapes [6, 2, 3], [4, 2, 3] and [4, 2, 3]",
             heads, {4, 2, 3}, {4, 2, 3}, {.enable_gqa = true}),
      shapes("expected the heads (dimension -3) of key and value to be equal and to divide those of the query with "
             "enable_gqa, got shapes [6, 2, 3], [2, 2, 3] and [3, 2, 3]",
             heads, {2, 2, 3}, {3, 2, 3}, {.enable_gqa = true}),
      shapes("expected the heads (dimension -3) of key and value to be equal and to divide", q, k, k,
             {.enable_gqa = true}),
      shapes("expected attn_mask of 1 or the query's 6 heads (dimension -3), got shape [3, 2, 2]", heads, {2, 2, 3},
             {2, 2, 3}, grouped_mask),
      key(dtype, "expected operands of one dtype, got f32 and f64", ones(k, DType::f64)),
      key(value, "expected the key to be a tensor, got an undefined one", {}),
      error<ValueError>(op + "expected the value to be a tensor, got an undefined one",
                        [=] { scaled_dot_product_attention(ones(q), ones(k), {}); }),
      error<DTypeError>(op + "expected dtype f32, f64, f16, bf16, got i64",
                        [=] {
                          const Tensor whole = ones(k, DType::i64);
                          scaled_dot_product_attention(whole, whole, whole);
                        }),
      options(dtype, "expected attn_mask of dtype bool or the query's, f32, got i64", mask({2, 4}, DType::i64)),
      options(shape, "expected attn_mask that broadcasts to the weights' shape [2, 4], got [4, 2]", mask({4, 2})),
      options(shape, "expected attn_mask that broadcasts to the weights' shape [2, 4], got [3, 2, 4]", mask({3, 2, 4})),
      options(value, "expected attn_mask or is_causal, got both", {.attn_mask = ones({2, 4}), .is_causal = true}),
      options(value, "expected dropout_p in [0, 1], got -0.1", {.dropout_p = -0.1}),
      options(value, "expected scale", {.scale = std::numeric_limits<double>::quiet_NaN()})};
}

}  // namespace

void add_attention_rows(std::vector<OpRow>& table) {
  table.push_back({"scaled_dot_product_attention", samples(), errors(), kFloating});
}

}  // namespace reel::testing
