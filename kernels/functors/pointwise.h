#pragma once

#include <cstdint>
#include <type_traits>

#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>
#include <reel/tensor/core/scalar.h>

/// Base classes and helpers of the elementwise functors.
namespace reel::kernels {

/// The base of a functor with N inputs of the same dtype, one of Set.
template <int N, DTypeSet Set> struct Pointwise {
  static constexpr int arity = N;
  static constexpr DTypeSet dtypes = Set;
};

/// F(x, value).
template <class F> struct ScalarRight : Pointwise<1, F::dtypes> {
  Scalar value;
  F f{};
  template <class T> REEL_HD auto operator()(T x) const { return f(x, value.to<T>()); }
};
/// F(value, x).
template <class F> struct ScalarLeft : Pointwise<1, F::dtypes> {
  Scalar value;
  F f{};
  template <class T> REEL_HD auto operator()(T x) const { return f(value.to<T>(), x); }
};

/// A list of functors.
template <class... F> struct FunctorList {};

// Sums and products of integers wrap around, as NumPy's and PyTorch's do, where C++ leaves overflow undefined.

template <class T> REEL_HD T plus(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return a + b;
  else return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <class T> REEL_HD T minus(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return a - b;
  else return static_cast<T>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
template <class T> REEL_HD T times(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return a * b;
  else return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <class T> REEL_HD T negative(T x) {
  if constexpr (std::is_floating_point_v<T>) return -x;
  else return minus(T(0), x);
}

}  // namespace reel::kernels
