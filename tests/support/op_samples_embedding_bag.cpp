// Rows of the op table: bags of embeddings, and the bilinear form.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Inputs: weight, index and, where there are, offsets and per_sample_weights.
TensorFunction bag(const EmbeddingBagOptions& options, bool weighted = false) {
  return [=](const Tensors& in) {
    EmbeddingBagOptions o = options;
    if (weighted) o.per_sample_weights = in[2];
    if (in.size() > (weighted ? 3u : 2u)) o.offsets = in.back();
    return Tensors{embedding_bag(in[1], in[0], o)};
  };
}

std::vector<Sample> bag_samples() {
  const Tensor words = tensor({{3, 0, 3}, {1, 3, 2}}), list = tensor({3, 0, 1, 4, 4, 2}),
               offsets = tensor({0, 2, 2, 5});
  const auto table = [] { return distinct_leaf({5, 2}); };
  return {{"mean of rows", {table(), words}, bag({})},
          {"sum of rows", {table(), words}, bag({.mode = BagMode::sum})},
          {"maxima of rows", {table(), words}, bag({.mode = BagMode::max})},
          {"mean of pieces", {table(), list, offsets}, bag({})},
          {"sum of pieces", {table(), list, leaf({6}), offsets}, bag({.mode = BagMode::sum}, true)},
          {"maxima of pieces", {table(), list, offsets}, bag({.mode = BagMode::max})},
          {"weights", {table(), words, leaf({2, 3})}, bag({.mode = BagMode::sum}, true)},
          {"last offset", {table(), list, tensor({0, 4, 5})}, bag({.include_last_offset = true})},
          {"one-element bags", {table(), tensor({{1}, {2}})}, bag({})},
          {"no indices", {table(), zeros({3, 0}, DType::i64)}, bag({})},
          {"empty bags", {table(), zeros({0}, DType::i64), tensor({0, 0})}, bag({.mode = BagMode::max})}};
}

void add_bilinear_row(std::vector<OpRow>& table) {
  const auto form = [](const Tensors& in) {
    return Tensors{bilinear(in[0], in[1], in[2], in.size() > 3 ? in[3] : Tensor())};
  };
  const Tensor a = ones({2, 3}), b = ones({2, 4}), w = ones({5, 3, 4});
  table.push_back(
      {"bilinear",
       {{"batch", {leaf({2, 3}), leaf({2, 4}, -1, 1, 2), leaf({5, 3, 4}, -1, 1, 3), leaf({5}, -1, 1, 4)}, form},
        {"without bias", {leaf({2, 3}), leaf({2, 4}, -1, 1, 2), leaf({5, 3, 4}, -1, 1, 3)}, form},
        {"vectors", {leaf({3}), leaf({2}, -1, 1, 2), leaf({2, 3, 2}, -1, 1, 3), leaf({2}, -1, 1, 4)}, form},
        {"more dimensions", {leaf({2, 2, 3}), leaf({2, 2, 2}, -1, 1, 2), leaf({1, 3, 2}, -1, 1, 3)}, form},
        {"empty", {leaf({0, 3}), leaf({0, 2}), leaf({2, 3, 2})}, form}},
       {error<ShapeError>("bilinear: expected inputs [..., 3] and [..., 4] of one leading shape for the weight "
                          "[5, 3, 4], got [2, 3] and [3, 4]",
                          [=] {
                            bilinear(a, ones({3, 4}), w);
                          }),
        error<ShapeError>("bilinear: expected inputs", [=] { bilinear(b, b, w); }),
        error<ShapeError>("bilinear: expected a bias of shape [5], got [4]", [=] { bilinear(a, b, w, ones({4})); }),
        error<ShapeError>("bilinear: expected the weight of rank 3, got shape [2, 3]", [=] { bilinear(a, b, a); }),
        error<DTypeError>("bilinear: expected operands of one dtype, got f32 and f64",
                          [=] { bilinear(a, b.to(DType::f64), w); }),
        error<DTypeError>("bilinear: expected dtype f32, f64, f16, bf16, got i64",
                          [=] {
                            bilinear(tensor({{1}}), tensor({{1}}), zeros({1, 1, 1}, DType::i64));
                          }),
        error<ValueError>("undefined", [=] { bilinear(a, Tensor(), w); })}});
}

}  // namespace

void add_embedding_bag_rows(std::vector<OpRow>& table) {
  const Tensor weight = ones({5, 2}), list = tensor({1, 2, 3});
  table.push_back(
      {"embedding_bag",
       bag_samples(),
       {error<IndexError>("index 5 is out of range for 5 rows",
                          [=] {
                            embedding_bag(tensor({{1, 5}}), weight);
                          }),
        error<ValueError>("embedding_bag: expected offsets for an index of shape [3], got none",
                          [=] { embedding_bag(list, weight); }),
        error<ValueError>("embedding_bag: expected offsets that begin with 0 and do not fall up to 3, got 1 to 3",
                          [=] {
                            embedding_bag(list, weight, {.offsets = tensor({1, 2})});
                          }),
        error<ValueError>("embedding_bag: expected offsets that begin with 0 and do not fall up to 3, got 0 to 4",
                          [=] {
                            embedding_bag(list, weight, {.offsets = tensor({0, 4}), .include_last_offset = true});
                          }),
        error<ValueError>("embedding_bag: expected offsets with a vector of indices alone",
                          [=] {
                            embedding_bag(tensor({{1, 2}}), weight, {.offsets = tensor({0})});
                          }),
        error<ValueError>("embedding_bag: expected per_sample_weights with the mode sum alone",
                          [=] {
                            embedding_bag(tensor({{1, 2}}), weight, {.per_sample_weights = ones({1, 2})});
                          }),
        error<ShapeError>(
            "embedding_bag: expected per_sample_weights of the index's shape [1, 2], got [2]",
            [=] {
              embedding_bag(tensor({{1, 2}}), weight, {.mode = BagMode::sum, .per_sample_weights = ones({2})});
            }),
        error<ShapeError>("embedding_bag: expected an index of rank 1 or 2, got shape []",
                          [=] { embedding_bag(tensor(1), weight); }),
        error<IndexError>("embedding_bag: padding_idx 5 is out of range for 5 rows",
                          [=] {
                            embedding_bag(tensor({{1, 2}}), weight, {.padding_idx = 5});
                          }),
        error<ValueError>(
            "embedding_bag: expected scale_grad_by_freq with the modes sum and mean alone",
            [=] { embedding_bag(tensor({{1}}), weight, {.mode = BagMode::max, .scale_grad_by_freq = true}); }),
        error<DTypeError>("embedding_bag: expected an index of dtype i64 or i32, got f32",
                          [=] {
                            embedding_bag(ones({1, 2}), weight);
                          }),
        error<DTypeError>("embedding_bag: expected dtype f32, f64, f16, bf16, got i64",
                          [=] {
                            embedding_bag(tensor({{0}}), tensor({{1, 2}}));
                          }),
        error<ValueError>("undefined", [=] { embedding_bag(tensor({{0}}), Tensor()); })}});
  add_bilinear_row(table);
}

}  // namespace reel::testing
