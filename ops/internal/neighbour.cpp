// Neighbours among the numbers of a dtype.

#include <reel/ops/internal/neighbour.h>

#include <cmath>

namespace reel::detail {
namespace {

template <class T> T next_after(T x, bool up) { return std::nextafter(x, static_cast<T>(up ? INFINITY : -INFINITY)); }

/// Half floats of one sign are in the order of their bits.
template <class H>
requires(kHalf.contains(dtype_of<H>)) H next_after(H x, bool up) {
  constexpr std::uint16_t sign = 0x8000;
  const bool negative = x.bits & sign;
  if ((x.bits & ~sign) == 0) x.bits = up ? 1 : sign | 1;
  else x.bits = static_cast<std::uint16_t>(negative == up ? x.bits - 1 : x.bits + 1);
  return x;
}

template <class T> double value_of(T x) {
  if constexpr (kHalf.contains(dtype_of<T>)) return static_cast<double>(static_cast<float>(x));
  else return static_cast<double>(x);
}

}  // namespace

double number_before(double end, bool up, DType dtype) {
  return dispatch<kFloating>(dtype, [&]<class T>() -> double {
    const T x = static_cast<T>(end);
    const bool reached = up ? value_of(x) >= end : value_of(x) <= end;
    return value_of(reached ? next_after(x, !up) : x);
  });
}

}  // namespace reel::detail
