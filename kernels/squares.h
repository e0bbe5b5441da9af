#pragma once

#include <type_traits>

#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/host_device.h>

/// Sums of squares that may leave the range of their dtype although the roots of them do not. A kernel first sums up
/// squares in T. Only where that sum is not `squares_in_range` it starts again, in another unit.
namespace reel::kernels {

/// Of smaller sums much may be lost, since squares below the range are 0; larger ones may overflow when they are added
/// up. The units are powers of two in which no square of a T leaves the range.
template <class T> struct SquareRange;
template <> struct SquareRange<float> {
  static constexpr float least = 0x1p-90F, most = 0x1p+110F, small = 0x1p-90F, large = 0x1p+80F;
};
template <> struct SquareRange<double> {
  static constexpr double least = 0x1p-900, most = 0x1p+900, small = 0x1p-700, large = 0x1p+700;
};

/// Whether a sum of squares of T is as exact as sums are. NaN is not: infinite sums on the way to it may have made it.
template <class T> REEL_HD bool squares_in_range(T sum) {
  return sum >= SquareRange<T>::least && sum <= SquareRange<T>::most;
}
/// The unit for values whose sum of squares came out as `sum`.
template <class T> REEL_HD T unit_of_squares(T sum) {
  return sum < T(1) ? SquareRange<T>::small : SquareRange<T>::large;
}

/// unit^2 * sum.
struct ScaledSquares {
  double sum, unit;
};
REEL_HD inline ScaledSquares operator+(ScaledSquares a, ScaledSquares b) {
  if (a.unit == b.unit) return {a.sum + b.sum, a.unit};
  if (a.sum == 0) return b;
  if (b.sum == 0) return a;
  const bool first = a.unit > b.unit;
  const ScaledSquares large = first ? a : b, small = first ? b : a;
  const double ratio = small.unit / large.unit;
  return {large.sum + small.sum * ratio * ratio, large.unit};
}
REEL_HD inline ScaledSquares operator*(ScaledSquares a, double factor) { return {a.sum * factor, a.unit}; }
REEL_HD inline ScaledSquares operator/(ScaledSquares a, double divisor) { return {a.sum / divisor, a.unit}; }

/// What holds sums of squares of T: for f32 a double, whose range is that of all their squares.
template <class T> using SquaresOf = std::conditional_t<std::is_same_v<T, float>, double, ScaledSquares>;

/// unit^2 * sum as a `double` or as `ScaledSquares`.
template <class S> REEL_HD S squares_in(double unit, double sum) {
  if constexpr (std::is_same_v<S, double>) return sum * unit * unit;
  else return {sum, unit};
}
/// value^2.
template <class S> REEL_HD S squared(double value) {
  const double square = value * value;
  if constexpr (std::is_same_v<S, ScaledSquares>) {
    const double unit = squares_in_range(square) ? 1 : unit_of_squares(square);
    return {(value / unit) * (value / unit), unit};
  } else {
    return square;
  }
}
/// The sum as a number, which may be out of range.
REEL_HD inline double value_of(double squares) { return squares; }
REEL_HD inline double value_of(ScaledSquares squares) { return squares.sum * squares.unit * squares.unit; }
/// Its root.
REEL_HD inline double root_of(double squares) { return math::sqrt(squares); }
REEL_HD inline double root_of(ScaledSquares squares) { return math::sqrt(squares.sum) * squares.unit; }

}  // namespace reel::kernels
