#pragma once

#include <limits>

#include <reel/kernels/vector_math.h>

namespace reel::kernels {

/// A sum of exponentials, exp(shift) * sum. The shift is the largest exponent, so that nothing overflows, but always
/// finite: infinite exponents then give a sum of 0 or infinity instead of NaN. NaN shows in the sum.
template <class T> struct ExpSum {
  T shift, sum;

  static constexpr T kLimit = std::numeric_limits<T>::max(), kInfinity = std::numeric_limits<T>::infinity();

  /// The nearest finite number.
  REEL_HD static T finite(T x) { return x > -kLimit ? (x < kLimit ? x : kLimit) : -kLimit; }

  /// Of no exponents.
  REEL_HD static ExpSum none() { return {-kLimit, 0}; }

  REEL_HD static ExpSum combine(ExpSum a, ExpSum b) {
    const T less = math::exp(-math::fabs(a.shift - b.shift));
    return a.shift > b.shift ? ExpSum{a.shift, a.sum + b.sum * less} : ExpSum{b.shift, a.sum * less + b.sum};
  }

  /// With N more exponents.
  template <int N> REEL_HD ExpSum with(const T (&x)[N]) const {
    T largest = shift;
    for (int k = 0; k < N; ++k) largest = x[k] > largest ? x[k] : largest;
    largest = finite(largest);
    T total = sum * math::exp(shift - largest);
    for (int k = 0; k < N; ++k) total += math::exp(x[k] - largest);
    return {largest, total};
  }

  REEL_HD T log() const { return shift + math::log(sum); }

  /// The largest exponent, infinite or not, and the sum of exp(x - largest), which is NaN if it is infinite.
  REEL_HD ExpSum unlimited() const {
    if (sum == 0 || sum == kInfinity) return {sum == 0 ? -kInfinity : kInfinity, std::numeric_limits<T>::quiet_NaN()};
    return *this;
  }
};

}  // namespace reel::kernels
