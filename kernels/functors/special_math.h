#pragma once

#include <cstdint>
#include <limits>

#include <reel/kernels/vector_math.h>

/// More mathematical functions for the scalar functors, as in `kernels/vector_math.h`, and those that libm lacks. The
/// latter are computed in f64 and rounded once.

#ifdef REEL_VECTOR_MATH
// What glibc's headers declare only under -ffast-math.
#define REEL_SIMD __attribute__((simd("notinbranch")))
extern "C" {
REEL_SIMD float asinhf(float) noexcept;
REEL_SIMD float acoshf(float) noexcept;
REEL_SIMD float atanhf(float) noexcept;
REEL_SIMD float exp2f(float) noexcept;
REEL_SIMD float log10f(float) noexcept;
REEL_SIMD double asinh(double) noexcept;
REEL_SIMD double acosh(double) noexcept;
REEL_SIMD double atanh(double) noexcept;
REEL_SIMD double exp2(double) noexcept;
REEL_SIMD double log10(double) noexcept;
}
#undef REEL_SIMD
#endif

namespace reel::kernels::math {

REEL_HD inline float asinh(float x) { return ::asinhf(x); }
REEL_HD inline double asinh(double x) { return ::asinh(x); }
REEL_HD inline float acosh(float x) { return ::acoshf(x); }
REEL_HD inline double acosh(double x) { return ::acosh(x); }
REEL_HD inline float atanh(float x) { return ::atanhf(x); }
REEL_HD inline double atanh(double x) { return ::atanh(x); }
REEL_HD inline float exp2(float x) { return ::exp2f(x); }
REEL_HD inline double exp2(double x) { return ::exp2(x); }
REEL_HD inline float log10(float x) { return ::log10f(x); }
REEL_HD inline double log10(double x) { return ::log10(x); }

#ifdef __CUDACC__
REEL_HD inline float lgamma(float x) { return ::lgammaf(x); }
REEL_HD inline double lgamma(double x) { return ::lgamma(x); }
#else
// The plain ones write the sign into a global variable, which threads would share.
inline float lgamma(float x) {
  int sign;
  return ::lgammaf_r(x, &sign);
}
inline double lgamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}
#endif

inline constexpr double kPi = 3.14159265358979323846;

/// The inverse of erf: Winitzki's approximation (2008), right to 0.2 % everywhere, and two of Halley's steps, each of
/// which triples the digits. Above 1/2 they look at 1 - erf, which keeps its digits.
REEL_HD inline double erfinv(double x) {
  if (x == 0) return x;
  const double size = fabs(x);
  if (!(size < 1))
    return x * (size == 1 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN());
  const double a = 0.147, half = 2 / (kPi * a) + log1p(-size * size) / 2, rest = -log1p(-size * size) / a;
  double y = sqrt(rest / (sqrt(half * half + rest) + half));
  for (int step = 0; step < 2; ++step) {
    const double error = size > 0.5 ? (1 - size) - erfc(y) : erf(y) - size;
    const double newton = error / (1.12837916709551257390 * exp(-y * y));  // 2 / sqrt(pi)
    y -= newton / (1 + y * newton);
  }
  return x < 0 ? -y : y;
}

/// The derivative of log gamma (Abramowitz and Stegun 6.3): the asymptotic series 6.3.18 from 10 on, the recurrence
/// 6.3.5 below, the reflection 6.3.7 for negative numbers.
REEL_HD inline double digamma(double x) {
  if (x == 0)
    return x == 0 && 1 / x < 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  double result = 0;
  if (x < 0) {
    const double rest = x - nearbyint(x);  // the tangent has the period 1 in x
    if (rest == 0) return std::numeric_limits<double>::quiet_NaN();
    result = -kPi / tan(kPi * rest);
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const double r = 1 / (x * x);
  const double series =
      r *
      (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132 - r * (691.0 / 32760 - r / 12))))));
  return result + log(x) - 0.5 / x - series;
}

/// Hurwitz' zeta function, the sum over k >= 0 of (x + k)^-s, for x > 0 and s > 1, by Euler's and Maclaurin's formula
/// (NIST Handbook 25.11.9).
REEL_HD inline double hurwitz_zeta(double s, double x) {
  double result = 0;
  for (; x < s + 10; x += 1) result += pow(x, -s);
  const double coefficients[] = {1.0 / 12,
                                 -1.0 / 720,
                                 1.0 / 30240,
                                 -1.0 / 1209600,
                                 1.0 / 47900160,
                                 -691.0 / 1307674368000.0,
                                 1.0 / 74724249600.0,
                                 -3617.0 / 10670622842880000.0};
  const double power = pow(x, -s);
  double term = power * s / x, series = 0;
  for (int j = 0; j < 8; ++j) {
    series += coefficients[j] * term;
    term *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x);
  }
  return result + pow(x, 1 - s) / (s - 1) + power / 2 + series;
}

/// The sum over k >= 0 of (x + k)^-s for a whole s > 1. Below 0 it is the sum over all whole k, which has the period 1
/// in x, without those beyond the end.
REEL_HD inline double sum_of_powers(int s, double x) {
  if (x > 0 || x != x) return hurwitz_zeta(s, x);
  const double above = x - floor(x), below = ceil(x) - x, sign = s % 2 == 0 ? 1 : -1;
  if (above == 0) return std::numeric_limits<double>::infinity();
  return hurwitz_zeta(s, above) + sign * (hurwitz_zeta(s, below) - hurwitz_zeta(s, 1 - x));
}

/// The n-th derivative of digamma, n > 0: (-1)^(n + 1) n! sum (x + k)^-(n + 1).
REEL_HD inline double polygamma(int n, double x) {
  double factor = n % 2 == 0 ? -1 : 1;
  for (int i = 2; i <= n; ++i) factor *= i;
  return factor * sum_of_powers(n + 1, x);
}

}  // namespace reel::kernels::math
