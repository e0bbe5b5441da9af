#pragma once

#include <cstdint>

#include <reel/kernels/squares.h>
#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// The count of some values, their mean and the sum of the squared deviations from it, a `double` or `ScaledSquares`.
template <class S> struct Moments {
  double count, mean;
  S squares;

  /// From the sums of the deviations of n values from `pivot`, and of their squares. The pivot may be any number near
  /// the mean: its error is corrected. Deviations are in units of `unit`.
  template <class T>
  REEL_HD static Moments of(std::int64_t n, T pivot, T deviations, T squared_deviations, T unit = T(1)) {
    const double count = static_cast<double>(n), sum = static_cast<double>(deviations), error = sum / count;
    const double squares = static_cast<double>(squared_deviations) - sum * error, scale = static_cast<double>(unit);
    return {count, static_cast<double>(pivot) + error * scale, squares_in<S>(scale, squares < 0 ? 0 : squares)};
  }

  /// From the sum of the squares of n values: the moments about 0, which then counts as their mean.
  template <class T> REEL_HD static Moments about_zero(std::int64_t n, T sum_squares, T unit = T(1)) {
    return of(n, T(0), T(0), sum_squares, unit);
  }

  /// Of n values at(i) whose squared deviations from `pivot` came to `squares`, which is out of the range of T. Unless
  /// they are centered, the pivot is 0 and the moments are those about 0.
  template <class T, class At>
  REEL_HD static Moments rescaled(std::int64_t n, T pivot, T squares, At at, bool centered = true) {
    const double unit = static_cast<double>(unit_of_squares(squares)), count = static_cast<double>(n);
    double center = static_cast<double>(pivot), sum = 0, sum_squares = 0;
    if (center - center != 0) {  // the sum of the values has overflowed
      center = 0;
      for (std::int64_t i = 0; i < n; ++i) center += static_cast<double>(at(i)) / count;
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const double d = (static_cast<double>(at(i)) - center) / unit;
      sum += d;
      sum_squares += d * d;
    }
    return of(n, center, centered ? sum : 0, sum_squares, unit);
  }

  /// The moments of the union (Chan, Golub and LeVeque 1979).
  REEL_HD static Moments combine(Moments a, Moments b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const double count = a.count + b.count, fraction = b.count / count, delta = b.mean - a.mean;
    return {count, a.mean + delta * fraction, a.squares + b.squares + squared<S>(delta) * (a.count * fraction)};
  }
};

/// What holds the moments of values of T.
template <class T> using MomentsOf = Moments<SquaresOf<T>>;

}  // namespace reel::kernels
