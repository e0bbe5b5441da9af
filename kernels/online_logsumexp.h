#pragma once

#include <limits>

#include <reel/kernels/vector_math.h>

namespace reel::kernels {

/// The running log-sum-exp of a sequence, as in online softmax: the sum of the exponentials so far is exp(max) * sum.
/// The sum of many parts is f64, that of each part T, so that long sequences stay accurate.
/// `max` is the largest exponent clamped to finite numbers: infinite exponents then make a sum of 0 or infinity instead
/// of NaN. A NaN among the exponents makes `sum` NaN.
template <class T> struct OnlineLogSumExp {
  T max;
  double sum;

  static constexpr T kLimit = std::numeric_limits<T>::max(), kInfinity = std::numeric_limits<T>::infinity();

  /// x clamped to finite numbers.
  REEL_HD static T finite(T x) { return x > -kLimit ? (x < kLimit ? x : kLimit) : -kLimit; }

  /// The state before the first exponent.
  REEL_HD static OnlineLogSumExp none() { return {-kLimit, 0}; }

  REEL_HD static OnlineLogSumExp combine(OnlineLogSumExp a, OnlineLogSumExp b) {
    const double rescale = static_cast<double>(math::exp(-math::fabs(a.max - b.max)));
    return a.max > b.max ? OnlineLogSumExp{a.max, a.sum + b.sum * rescale}
                         : OnlineLogSumExp{b.max, a.sum * rescale + b.sum};
  }

  /// The state after N more exponents.
  template <int N> REEL_HD OnlineLogSumExp with(const T (&x)[N]) const {
    T largest = max;
    for (int k = 0; k < N; ++k) largest = x[k] > largest ? x[k] : largest;
    largest = finite(largest);
    T part = 0;
    for (int k = 0; k < N; ++k) part += math::exp(x[k] - largest);
    return {largest, sum * static_cast<double>(math::exp(max - largest)) + static_cast<double>(part)};
  }

  REEL_HD T log() const { return max + math::log(static_cast<T>(sum)); }

  /// The state with the true maximum. If that is infinite, the sum of exp(x - max) is NaN.
  REEL_HD OnlineLogSumExp unclamped() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (sum == 0 || sum == infinity)
      return {sum == 0 ? -kInfinity : kInfinity, std::numeric_limits<double>::quiet_NaN()};
    return *this;
  }
};

}  // namespace reel::kernels
