#pragma once

#include <cstdint>

#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// How many values there are, their mean and the sum of their squared differences from it.
struct Moments {
  double count, mean, squares;

  /// Of n values whose differences from `middle`, anything near their mean, and their squares have these sums: an error
  /// of the mean is made good.
  template <class T> REEL_HD static Moments of(std::int64_t n, T middle, T sum, T sum_of_squares) {
    const double count = static_cast<double>(n), rest = static_cast<double>(sum), error = rest / count;
    const double squares = static_cast<double>(sum_of_squares) - rest * error;
    return {count, static_cast<double>(middle) + error, squares < 0 ? 0 : squares};
  }

  /// Of the values of both (Chan, Golub and LeVeque 1979).
  REEL_HD static Moments combine(Moments a, Moments b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    const double count = a.count + b.count, share = b.count / count, d = b.mean - a.mean;
    return {count, a.mean + d * share, a.squares + b.squares + d * d * (a.count * share)};
  }
};

}  // namespace reel::kernels
