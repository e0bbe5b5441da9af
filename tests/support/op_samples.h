#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/gradcheck.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

/// The table of op samples: one row for each function in ops/ops.h. It drives the gradient, double-gradient, dtype,
/// stride, thread and error tests of every op, and its benchmark (docs/adding-an-op.md).
namespace reel::testing {

/// One call. Floating inputs are f64; those that are differentiable are marked by `requires_grad`. The tests convert,
/// stride and perturb them, so `call` must take any layout and depend on nothing but its argument.
struct Sample {
  std::string label;
  Tensors inputs;
  TensorFunction call;
};

/// A call that must throw E with a message that contains `message`.
struct ErrorSample {
  std::string message;
  std::function<void()> call;                              // the faulty call
  std::function<bool(const std::exception&)> is_expected;  // whether the exception has the right type
  Tensors inputs = {};                                     // must be the same afterwards
};

template <class E> ErrorSample error(std::string message, std::function<void()> call) {
  return {std::move(message), std::move(call),
          [](const std::exception& e) { return dynamic_cast<const E*>(&e) != nullptr; }};
}
/// The same for a call that might change `inputs` before it fails.
template <class E> ErrorSample error(std::string message, Tensors inputs, std::function<void(const Tensors&)> call) {
  ErrorSample sample = error<E>(std::move(message), [inputs, call] { call(inputs); });
  sample.inputs = std::move(inputs);
  return sample;
}

struct OpRow {
  std::string_view name;  ///< The function in ops.h.
  std::vector<Sample> samples = {};
  std::vector<ErrorSample> errors = {};
  DTypeSet dtypes = kFloating;  ///< What the floating inputs may also be converted to; others must throw a DTypeError.
  bool differentiable = true;   ///< Whether the samples go through gradcheck and gradgradcheck.
  bool exact = false;           ///< Whether f32 must give exactly what f64 gives (copies, comparisons, indices).
  double eps = 1e-6;            ///< The step of gradcheck.
  std::string missing = {};     ///< What the samples need and this build lacks; then the row is left out.
};

/// Every row, family by family.
std::vector<OpRow> op_table();

// The families, one file each.
void add_arithmetic_rows(std::vector<OpRow>& table);
void add_pointwise_rows(std::vector<OpRow>& table);
void add_activation_rows(std::vector<OpRow>& table);
void add_comparison_rows(std::vector<OpRow>& table);
void add_reduction_rows(std::vector<OpRow>& table);
void add_view_rows(std::vector<OpRow>& table);
void add_indexing_rows(std::vector<OpRow>& table);
void add_choosing_rows(std::vector<OpRow>& table);
void add_selection_rows(std::vector<OpRow>& table);
void add_sorted_rows(std::vector<OpRow>& table);
void add_statistics_rows(std::vector<OpRow>& table);
void add_running_rows(std::vector<OpRow>& table);
void add_tensordot_rows(std::vector<OpRow>& table);
void add_distance_rows(std::vector<OpRow>& table);
void add_product_rows(std::vector<OpRow>& table);
void add_linalg_rows(std::vector<OpRow>& table);
void add_convolution_rows(std::vector<OpRow>& table);
void add_pooling_rows(std::vector<OpRow>& table);
void add_volume_rows(std::vector<OpRow>& table);
void add_resampling_rows(std::vector<OpRow>& table);
void add_normalization_rows(std::vector<OpRow>& table);
void add_recurrent_rows(std::vector<OpRow>& table);
void add_loss_rows(std::vector<OpRow>& table);
void add_member_rows(std::vector<OpRow>& table);
void add_regularization_rows(std::vector<OpRow>& table);
void add_attention_rows(std::vector<OpRow>& table);
void add_activation_variant_rows(std::vector<OpRow>& table);
void add_special_rows(std::vector<OpRow>& table);
void add_shift_rows(std::vector<OpRow>& table);
void add_regression_loss_rows(std::vector<OpRow>& table);
void add_margin_loss_rows(std::vector<OpRow>& table);
void add_ctc_loss_rows(std::vector<OpRow>& table);
void add_embedding_bag_rows(std::vector<OpRow>& table);

// --- inputs

/// Reproducible numbers in [low, high), f64; `seed` tells inputs of one call apart.
Tensor uniform(const Shape& shape, double low = -1, double high = 1, std::uint64_t seed = 1);
/// The same, as a leaf that requires grad.
Tensor leaf(const Shape& shape, double low = -1, double high = 1, std::uint64_t seed = 1);
/// The given numbers, f64, as a leaf: points at which a formula is special.
Tensor leaf_at(const TensorLiteral& values);
/// Numbers whose pairwise distances are at least 0.1, in random order, as a leaf: for maxima and sorting, which have
/// kinks where elements are equal.
Tensor distinct_leaf(const Shape& shape, std::uint64_t seed = 1);

/// A TensorFunction from a function of one, two or three tensors that returns a tensor.
template <class F> TensorFunction call1(F f) {
  return [f](const Tensors& in) { return Tensors{f(in[0])}; };
}
template <class F> TensorFunction call2(F f) {
  return [f](const Tensors& in) { return Tensors{f(in[0], in[1])}; };
}
template <class F> TensorFunction call3(F f) {
  return [f](const Tensors& in) { return Tensors{f(in[0], in[1], in[2])}; };
}

/// A function of two tensors at given points, pair by pair.
template <class F> Sample sample_at(const TensorLiteral& a, const TensorLiteral& b, F f) {
  return {"special points", {leaf_at(a), leaf_at(b)}, call2(f)};
}

}  // namespace reel::testing
