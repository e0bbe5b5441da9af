// Rows of the op table: connectionist temporal classification.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

TensorFunction call(const CtcLossOptions& options) {
  return [options](const Tensors& in) { return Tensors{ctc_loss(in[0], in[1], in[2], in[3], options)}; };
}

std::vector<Sample> samples() {
  const Reduction none = Reduction::none;
  const Tensor padded = tensor({{1, 2, 2}, {3, 9, 9}, {1, 1, 9}}), flat = tensor({1, 2, 2, 3, 1, 1});
  const Tensor steps = tensor({6, 4, 5}), lengths = tensor({3, 1, 2});
  const auto log_probs = [](const Shape& shape) { return leaf(shape, -2, -0.5); };
  return {
      {"mean", {log_probs({6, 3, 4}), padded, steps, lengths}, call({})},
      {"none", {log_probs({6, 3, 4}), padded, steps, lengths}, call({.reduction = none})},
      {"sum, one after the other", {log_probs({6, 3, 4}), flat, steps, lengths}, call({.reduction = Reduction::sum})},
      {"another blank",
       {log_probs({6, 3, 4}), tensor({{0, 1, 2}, {0, 9, 9}, {1, 1, 9}}), steps, lengths},
       call({.blank = 3})},
      {"one sample", {log_probs({4, 3}), tensor({1, 2, 2}), tensor(4), tensor(3)}, call({.reduction = none})},
      {"no labels",
       {log_probs({3, 2, 2}), tensor({{1}, {9}}), tensor({3, 2}), tensor({1, 0})},
       call({.reduction = none})},
      {"no steps",
       {log_probs({2, 2, 2}), tensor({{1}, {9}}), tensor({2, 0}), tensor({1, 0})},
       call({.reduction = none})},
      {"impossible",
       {log_probs({3, 2, 3}), tensor({{1, 1}, {1, 2}}), tensor({2, 3}), tensor({2, 2})},
       call({.reduction = none, .zero_infinity = true})},
      {"no samples",
       {log_probs({3, 0, 3}), zeros({0, 2}, DType::i64), zeros({0}, DType::i64), zeros({0}, DType::i64)},
       call({.reduction = Reduction::sum})}};
}

/// The error of a call like the first sample's but for one argument.
template <class E>
ErrorSample refused(const std::string& message, std::size_t i, Tensor other, CtcLossOptions options = {}) {
  return error<E>("ctc_loss: " + message, [i, other, options] {
    Tensors in{zeros({6, 2, 4}), tensor({{1, 2}, {3, 3}}), tensor({6, 4}), tensor({2, 1})};
    in[i] = other;
    ctc_loss(in[0], in[1], in[2], in[3], options);
  });
}

}  // namespace

void add_ctc_loss_rows(std::vector<OpRow>& table) {
  const Tensor x = zeros({6, 2, 4});
  table.push_back(
      {"ctc_loss",
       samples(),
       {refused<ShapeError>("expected log_probs of shape [T, N, C] or [T, C], got [4]", 0, ones({4})),
        refused<DTypeError>("expected dtype f32, f64, f16, bf16, got i64", 0, zeros({6, 2, 4}, DType::i64)),
        refused<ValueError>("expected blank in [0, 4), got 4", 0, x, {.blank = 4}),
        refused<ShapeError>("expected targets of shape [N, S] or [sum of lengths] for log_probs [6, 2, 4], got [3, 2]",
                            1, zeros({3, 2}, DType::i64)),
        refused<ShapeError>("expected as many targets as the target_lengths count, 3, got 4", 1, tensor({1, 2, 3, 1})),
        refused<DTypeError>("expected class labels of dtype i64 or i32, got f32", 1, ones({2, 2})),
        refused<IndexError>("label 4 is out of range for 4 classes", 1, tensor({{1, 4}, {1, 1}})),
        refused<ShapeError>("expected input_lengths, one for each sample of [6, 2, 4], got shape [3]", 2,
                            tensor({6, 4, 4})),
        refused<ValueError>("expected input_lengths in [0, 6], got 7", 2, tensor({6, 7})),
        refused<ValueError>("expected target_lengths in [0, 2], got 3", 3, tensor({1, 3})),
        refused<ValueError>("expected target_lengths in [0, 2], got -1", 3, tensor({1, -1})),
        refused<DTypeError>("expected target_lengths of dtype i64 or i32, got f32", 3, ones({2})),
        refused<ValueError>("expected the targets to be a tensor, got an undefined one", 1, {})}});
}

}  // namespace reel::testing
