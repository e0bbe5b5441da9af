#pragma once

#include <cstdint>

#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// The count of some values, their mean and the sum of the squared deviations from it.
struct Moments {
  double count, mean, squares;

  /// From the sums of the deviations of n values from `pivot`, and of their squares. The pivot may be any number near
  /// the mean: its error is corrected.
  template <class T> REEL_HD static Moments of(std::int64_t n, T pivot, T deviations, T squared_deviations) {
    const double count = static_cast<double>(n), sum = static_cast<double>(deviations), error = sum / count;
    const double squares = static_cast<double>(squared_deviations) - sum * error;
    return {count, static_cast<double>(pivot) + error, squares < 0 ? 0 : squares};
  }

  /// The moments of the union (Chan, Golub and LeVeque 1979).
  REEL_HD static Moments combine(Moments a, Moments b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const double count = a.count + b.count, fraction = b.count / count, delta = b.mean - a.mean;
    return {count, a.mean + delta * fraction, a.squares + b.squares + delta * delta * (a.count * fraction)};
  }
};

}  // namespace reel::kernels
