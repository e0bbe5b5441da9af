// The kernels' own exponential, against the C library's.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/kernels/exponential.h>

using namespace reel::kernels;

TEST_CASE_TEMPLATE("exp_or_zero is within an ulp of exp, and 0 far below", T, float, double) {
  const T least = ExpParts<T>::kLeast, infinity = std::numeric_limits<T>::infinity();
  double worst = 0;
  const int steps = 100'000;
  for (int i = 1; i < 2 * steps; ++i) {
    const T x = least - least * static_cast<T>(i) / steps;  // from the least to its opposite
    const long double exact = std::exp(static_cast<long double>(x));
    const T nearest = static_cast<T>(exact);
    if (nearest < std::numeric_limits<T>::min()) continue;
    const long double ulp = std::nextafter(nearest, infinity) - nearest;
    worst = std::max(worst, static_cast<double>(std::abs(exp_or_zero(x) - exact) / ulp));
  }
  CHECK(worst < 1.5);  // without fused multiplications

  CHECK(exp_or_zero(T(0)) == 1);
  CHECK(exp_or_zero(-T(0)) == 1);
  for (const T x : {least, 2 * least, std::numeric_limits<T>::lowest(), -infinity}) CHECK(exp_or_zero(x) == 0);
}

TEST_CASE_TEMPLATE("exp_or_zero keeps NaN, whatever its bits are", T, float, double) {
  using Bits = typename ExpParts<T>::Bits;
  const auto quiet = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  for (const Bits payload : {0x0, 0x1, 0x7f, 0x80, 0xff, 0x1ff, 0x3ff, 0x7ff}) {
    for (const T sign : {T(1), T(-1)}) {
      CHECK(std::isnan(exp_or_zero(std::copysign(std::bit_cast<T>(static_cast<Bits>(quiet | payload)), sign))));
    }
  }
}
