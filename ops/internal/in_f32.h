#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>

/// Half floats for operations whose kernels know none.
namespace reel::detail {

/// What was computed in f32, rounded to `half`; indices and truth values stay.
inline Tensor rounded_to(DType half, const Tensor& x) {
  return x.defined() && x.dtype() == DType::f32 ? x.to(half) : x;
}
template <std::size_t N> std::array<Tensor, N> rounded_to(DType half, const std::array<Tensor, N>& results) {
  std::array<Tensor, N> out;
  for (std::size_t i = 0; i < N; ++i) out[i] = rounded_to(half, results[i]);
  return out;
}
template <class... T> std::tuple<T...> rounded_to(DType half, const std::tuple<T...>& results) {
  return std::apply([&](const T&... result) { return std::tuple<T...>(rounded_to(half, result)...); }, results);
}

inline bool is_half(const Tensor& x) { return x.defined() && kHalf.contains(x.dtype()); }

/// f(inputs...). Half floats among the inputs, all of one dtype, are converted to f32, and what is computed is rounded
/// once. The conversions are recorded, so that gradients are computed in f32 and rounded once, too. A DTypeError names
/// the operation if floating inputs differ in dtype.
template <class F, std::same_as<Tensor>... Inputs>
auto in_f32(std::string_view op, const F& f, const Inputs&... inputs) {
  if (!(is_half(inputs) || ...)) [[likely]]
    return f(inputs...);
  const Tensor* half = nullptr;
  ((half = half || !is_half(inputs) ? half : &inputs), ...);
  const auto widened = [&](const Tensor& x) {
    if (!x.defined() || !is_floating(x.dtype())) return x;
    check_same_dtype(op, x, *half);
    return x.to(DType::f32);
  };
  return rounded_to(half->dtype(), f(widened(inputs)...));
}

/// `apply(op, inputs...)` in the same way.
template <class Op, std::same_as<Tensor>... Inputs> auto apply_in_f32(const Op& op, const Inputs&... inputs) {
  return in_f32(
      Op::name, [&](const auto&... x) { return apply(op, x...); }, inputs...);
}

}  // namespace reel::detail
