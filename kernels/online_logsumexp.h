#pragma once

#include <limits>

#include <reel/kernels/vector_math.h>

namespace reel::kernels {

/// The running log-sum-exp of a sequence, as in online softmax: the sum of the exponentials so far is exp(max) * sum.
/// `max` is the largest exponent clamped to finite numbers: infinite exponents then make a sum of 0 or infinity instead
/// of NaN. A NaN among the exponents makes `sum` NaN.
template <class T> struct OnlineLogSumExp {
  T max, sum;

  static constexpr T kLimit = std::numeric_limits<T>::max(), kInfinity = std::numeric_limits<T>::infinity();

  /// x clamped to finite numbers.
  REEL_HD static T finite(T x) { return x > -kLimit ? (x < kLimit ? x : kLimit) : -kLimit; }

  /// The state before the first exponent.
  REEL_HD static OnlineLogSumExp none() { return {-kLimit, 0}; }

  REEL_HD static OnlineLogSumExp combine(OnlineLogSumExp a, OnlineLogSumExp b) {
    const T rescale = math::exp(-math::fabs(a.max - b.max));
    return a.max > b.max ? OnlineLogSumExp{a.max, a.sum + b.sum * rescale}
                         : OnlineLogSumExp{b.max, a.sum * rescale + b.sum};
  }

  /// The state after N more exponents.
  template <int N> REEL_HD OnlineLogSumExp with(const T (&x)[N]) const {
    T largest = max;
    for (int k = 0; k < N; ++k) largest = x[k] > largest ? x[k] : largest;
    largest = finite(largest);
    T total = sum * math::exp(max - largest);
    for (int k = 0; k < N; ++k) total += math::exp(x[k] - largest);
    return {largest, total};
  }

  REEL_HD T log() const { return max + math::log(sum); }

  /// The state with the true maximum. If that is infinite, the sum of exp(x - max) is NaN.
  REEL_HD OnlineLogSumExp unclamped() const {
    if (sum == 0 || sum == kInfinity) return {sum == 0 ? -kInfinity : kInfinity, std::numeric_limits<T>::quiet_NaN()};
    return *this;
  }
};

}  // namespace reel::kernels
