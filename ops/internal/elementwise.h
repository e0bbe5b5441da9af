#pragma once

#include <array>
#include <string_view>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/elementwise.h>
#include <reel/ops/internal/checks.h>

/// Runs a scalar functor (`kernels/scalar_ops.h`) over whole tensors.
namespace reel::detail {

/// Fills `loop` for operands of one shape: drops dimensions of size 1, sorts the others by the strides of the output
/// and merges neighbours that are contiguous in every operand.
template <int Operands> void build_loop(const Shape& shape, const std::array<const Strides*, Operands>& strides,
                                        kernels::StridedLoop<Operands>& loop) {
  std::array<int, kMaxRank> order{};
  int rank = 0;
  for (int d = 0; d < shape.size(); ++d) {
    if (shape[d] != 1) order[static_cast<std::size_t>(rank++)] = d;
  }
  // Insertion sort, outermost (largest output stride) first; stable, so ties keep row-major order.
  const Strides& lead = *strides[0];
  for (int i = 1; i < rank; ++i) {
    for (int j = i; j > 0 && lead[order[static_cast<std::size_t>(j - 1)]] < lead[order[static_cast<std::size_t>(j)]];
         --j) {
      std::swap(order[static_cast<std::size_t>(j - 1)], order[static_cast<std::size_t>(j)]);
    }
  }
  int out = 0;
  for (int i = 0; i < rank; ++i) {
    const int d = order[static_cast<std::size_t>(i)];
    const auto last = static_cast<std::size_t>(out - 1);
    bool merge = out > 0;
    for (std::size_t k = 0; merge && k < Operands; ++k) merge = loop.strides[k][last] == (*strides[k])[d] * shape[d];
    if (merge) {
      loop.sizes[last] *= shape[d];
    } else {
      loop.sizes[static_cast<std::size_t>(out)] = shape[d];
      ++out;
    }
    for (std::size_t k = 0; k < Operands; ++k) loop.strides[k][static_cast<std::size_t>(out - 1)] = (*strides[k])[d];
  }
  if (out == 0) {  // one element
    loop.sizes[0] = 1;
    for (auto& s : loop.strides) s[0] = 1;
    out = 1;
  }
  loop.rank = out;
}

template <class F, class T> consteval DType result_dtype() {
  if constexpr (F::arity == 1) return dtype_of<decltype(std::declval<const F&>()(T()))>;
  else if constexpr (F::arity == 2) return dtype_of<decltype(std::declval<const F&>()(T(), T()))>;
  else return dtype_of<decltype(std::declval<const F&>()({}, T(), T()))>;
}

/// Boolean for functors that return bool, else the dtype of the inputs.
template <class F> DType output_dtype(DType dtype) {
  constexpr bool predicate = F::dtypes.contains(DType::f32) && result_dtype<F, float>() == DType::boolean;
  return predicate ? DType::boolean : dtype;
}

template <class F> consteval bool first_is_bool() {
  return requires { requires F::first_is_bool; };
}

/// An uninitialised result for inputs of one shape and device, with the strides of the first that is dense, so that
/// channels-last stays channels-last.
Tensor empty_result(std::span<const Tensor* const> inputs, DType dtype);

/// out = f(inputs...); all have the same shape. `out` may be one of the inputs.
template <class F, std::same_as<Tensor>... Inputs>
void elementwise_into(const Tensor& out, const F& f, const Inputs&... inputs) {
  constexpr int n = sizeof...(Inputs) + 1;
  if (out.numel() == 0) return;
  const std::array<const Tensor*, n> operands{&out, &inputs...};
  kernels::ElementwiseArgs<n - 1> args;
  args.dtype = operands[n - 1]->dtype();
  std::array<const Strides*, n> strides;
  for (std::size_t k = 0; k < n; ++k) {
    args.data[k] = operands[k]->data();
    strides[k] = &operands[k]->strides();
  }
  if (out.is_contiguous() && (inputs.is_contiguous() && ...)) args.loop.flatten(out.numel());
  else build_loop<n>(out.shape(), strides, args.loop);
  kernels::elementwise<F>[out.device()](f, args);
}

/// A new tensor f(inputs...). The inputs must have the same shape (`broadcast` them first), dtype and device; `op` is
/// the name in error messages.
template <class F, std::same_as<Tensor>... Inputs>
Tensor elementwise(std::string_view op, const F& f, const Inputs&... inputs) {
  static_assert(sizeof...(Inputs) == F::arity);
  const std::array<const Tensor*, sizeof...(Inputs)> pointers{&inputs...};
  const Tensor& last = *pointers.back();  // the first may be a condition
  check_dtype(op, last, F::dtypes);
  for (std::size_t i = 0; i + 1 < pointers.size(); ++i) {
    if (i == 0 && first_is_bool<F>()) check_dtype(op, *pointers[0], kBool);
    else check_same_dtype(op, *pointers[i], last);
    check_same_device(op, *pointers[i], last);
  }
  const Tensor out = empty_result(pointers, output_dtype<F>(last.dtype()));
  elementwise_into(out, f, inputs...);
  return out;
}

/// Both operands expanded to their common shape.
std::array<Tensor, 2> broadcast(std::string_view op, const Tensor& a, const Tensor& b);

/// `apply(op, a, b)` with both operands expanded to their common shape, if they differ in shape.
template <class Op> Tensor apply_broadcast(const Op& op, const Tensor& a, const Tensor& b) {
  check_defined(Op::name, a, "the first operand");
  check_defined(Op::name, b, "the second operand");
  if (a.shape() == b.shape()) return apply(op, a, b);
  const auto [x, y] = broadcast(Op::name, a, b);
  return apply(op, x, y);
}

/// Throws unless `x` may be changed in place now: an AutogradError if the change would have to be recorded, a
/// ValueError if elements of x share memory.
void check_in_place(std::string_view op, const Tensor& x);

/// x = f(x), element by element.
template <class F> const Tensor& elementwise_in_place(std::string_view op, const Tensor& x, const F& f = {}) {
  check_in_place(op, x);
  check_dtype(op, x, F::dtypes);
  elementwise_into(x, f, x);
  x.bump_version();
  return x;
}

/// Throws an AutogradError if what an in-place operation takes would have to be recorded: its gradient would be lost.
void check_unrecorded_operand(std::string_view op, const Tensor& operand);

}  // namespace reel::detail
