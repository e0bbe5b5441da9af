// The kernels' own exponentials, against the C library's in a wider type.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include <doctest/doctest.h>
#include <reel/kernels/exponential.h>

using namespace reel::kernels;

TEST_CASE("full_exp is within an ulp of exp, from the least subnormal number to the largest one") {
  double worst = 0;
  for (float x = -104.5F; x < 89; x = std::nextafter(x, 89.0F) + 1e-3F) {
    const double exact = std::exp(static_cast<double>(x));
    const float nearest = static_cast<float>(exact), result = full_exp(x);
    if (std::isinf(nearest)) {
      CHECK(result == nearest);
      continue;
    }
    const double ulp = std::nextafter(nearest, INFINITY) - static_cast<double>(nearest);
    worst = std::max(worst, std::abs(result - exact) / ulp);
  }
  CHECK(worst < 1.5);  // without fused multiplications

  CHECK(full_exp(0.0F) == 1);
  CHECK(full_exp(-0.0F) == 1);
  CHECK(full_exp(88.72283F) < INFINITY);  // the largest argument with a finite result, and the next
  CHECK(full_exp(88.72284F) == INFINITY);
  CHECK(full_exp(-103.97F) == std::numeric_limits<float>::denorm_min());
  for (const float x : {89.0F, 1e30F, INFINITY}) CHECK(full_exp(x) == INFINITY);
  for (const float x : {-105.0F, -1e30F, -INFINITY}) CHECK(full_exp(x) == 0);
}

TEST_CASE("full_tanh is within two and a half ulp of tanh, and odd") {
  double worst = 0;
  for (float x = 1e-40F; x < 11; x = std::nextafter(x * 1.0001F, 11.0F)) {
    const double exact = std::tanh(static_cast<double>(x));
    const float nearest = static_cast<float>(exact), result = full_tanh(x);
    const double ulp = std::nextafter(nearest, INFINITY) - static_cast<double>(nearest);
    worst = std::max(worst, std::abs(result - exact) / ulp);
    CHECK(full_tanh(-x) == -result);
  }
  CHECK(worst < 2.5);

  for (const float x : {0.0F, -0.0F})
    CHECK(std::bit_cast<std::uint32_t>(full_tanh(x)) == std::bit_cast<std::uint32_t>(x));
  for (const float x : {10.0F, 11.0F, 1e30F, INFINITY}) CHECK(full_tanh(x) == 1);
}

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

TEST_CASE_TEMPLATE("the exponentials keep NaN, whatever its bits are", T, float, double) {
  using Bits = typename ExpParts<T>::Bits;
  const auto quiet = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  for (const Bits payload : {0x0, 0x1, 0x7f, 0x80, 0xff, 0x1ff, 0x3ff, 0x7ff}) {
    for (const T sign : {T(1), T(-1)}) {
      const T nan = std::copysign(std::bit_cast<T>(static_cast<Bits>(quiet | payload)), sign);
      CHECK(std::isnan(exp_or_zero(nan)));
      if constexpr (std::is_same_v<T, float>) {
        CHECK(std::isnan(full_exp(nan)));
        CHECK(std::isnan(full_tanh(nan)));
      }
    }
  }
}
