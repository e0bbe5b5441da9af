#pragma once

#include <cstdint>

#include <reel/kernels/scalar_ops.h>

/// The functors of shifts (ops/shift.h). C++ leaves shifts by a number below 0, or by all bits and more, undefined.
namespace reel::kernels {

/// Whether a shift by b places leaves any bits of T.
template <class T> REEL_HD bool leaves_bits(T b) {
  return static_cast<std::uint64_t>(b) < 8 * sizeof(T);  // a negative number becomes a large one
}

struct LeftShift : Pointwise<2, kInteger> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    return leaves_bits(b) ? static_cast<T>(static_cast<std::uint64_t>(a) << static_cast<std::uint64_t>(b)) : T(0);
  }
};
/// The sign's bits come in from above.
struct RightShift : Pointwise<2, kInteger> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    return static_cast<T>(leaves_bits(b) ? a >> b : (a < T(0) ? -1 : 0));
  }
};

using ShiftFunctors = FunctorList<LeftShift, RightShift>;

}  // namespace reel::kernels
