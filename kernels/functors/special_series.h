#pragma once

#include <cstdint>
#include <limits>

#include <reel/kernels/functors/special_math.h>

/// Special functions that are sums of series or continued fractions. All are computed in f64.
namespace reel::kernels::math {

/// The modified Bessel function I_n for a whole n >= 0 (Abramowitz and Stegun), times exp(-|x|) if `scaled`: below 18
/// by its power series 9.6.10, whose terms have one sign; from there on by the asymptotic one 9.7.1, whose error is
/// about exp(-2 |x|).
REEL_HD inline double bessel_i(int n, bool scaled, double x) {
  const double a = fabs(x), sign = x < 0 && n % 2 != 0 ? -1 : 1;
  double sum = 1;
  if (a < 18 + n) {
    const double square = a * a / 4;
    for (int k = 10 + static_cast<int>(2 * a) + n; k > 0; --k)
      sum = 1 + sum * (square / (static_cast<double>(k) * (k + n)));
    for (int k = 1; k <= n; ++k) sum *= a / (2 * k);
    return sign * sum * (scaled ? exp(-a) : 1);
  }
  if (!scaled && a > 800) return sign * std::numeric_limits<double>::infinity();
  const double step = 1 / (8 * a), order = 4.0 * n * n;
  for (int k = 30; k > 0; --k) sum = 1 + sum * (step * ((2 * k - 1.0) * (2 * k - 1.0) - order) / k);
  const double root = scaled ? 1 : exp(a / 2);  // twice, since exp(a) may be infinite where the result is not
  return sign * root * (sum / (sqrt(2 * kPi) * sqrt(a))) * root;
}

/// exp(x^2) times the n-th repeated integral of erfc, n >= 0 (Abramowitz and Stegun 7.2), E_n with
/// E_n = 2 (n + 2) E_(n+2) + 2 x E_(n+1) and E_(-1) = 2 / sqrt(pi): from 2 on by the continued fraction of the ratios
/// of neighbours, below by the recurrence. The derivative of E_n is -2 (n + 1) E_(n+1).
REEL_HD inline double scaled_erfc_integral(int n, double x) {
  constexpr double kBefore = 1.12837916709551257390;
  if (x >= 2) {
    double ratio = 0, product = kBefore;
    const int terms = 12 + static_cast<int>(240 / (x * x));
    for (int k = terms + n; k >= n; --k) ratio = 0.5 / (x + (k + 1) * ratio);
    for (int k = n; k >= 0; --k) {
      product *= ratio;
      ratio = 0.5 / (x + k * ratio);
    }
    return product;
  }
  if (x < -27) return std::numeric_limits<double>::infinity();
  const double square = x * x, rest = fma(x, x, -square);  // what rounding has cut off counts by exp's slope
  double before = kBefore, now = exp(square) * (erfc(x) * (1 + rest));
  for (int k = 1; k <= n; ++k) {
    const double next = (before - 2 * x * now) / (2 * k);
    before = now;
    now = next;
  }
  return now;
}

/// The y with erfc(y) = q for 0 < q <= 0.5: Winitzki's approximation (see `erfinv`) and Newton's steps for the
/// logarithms, which are nearly a parabola and do not underflow.
REEL_HD inline double erfc_inverse(double q) {
  const double a = 0.147, log_of = log(q * (2 - q)), half = 2 / (kPi * a) + log_of / 2, rest = -log_of / a;
  double y = sqrt(rest / (sqrt(half * half + rest) + half));
  for (int step = 0; step < 4; ++step) {
    const double scaled = scaled_erfc_integral(0, y);
    y += (log(scaled) - y * y - log(q)) * scaled / 1.12837916709551257390;
  }
  return y;
}

/// The x below which a normal number lies with probability p.
REEL_HD inline double normal_quantile(double p) {
  constexpr double kRoot = 1.41421356237309504880, kInfinite = std::numeric_limits<double>::infinity();
  if (!(p > 0 && p < 1)) return p == 0 ? -kInfinite : p == 1 ? kInfinite : std::numeric_limits<double>::quiet_NaN();
  if (p >= 0.25 && p <= 0.75) return kRoot * erfinv(2 * p - 1);
  return p < 0.5 ? -kRoot * erfc_inverse(2 * p) : kRoot * erfc_inverse(2 * (1 - p));
}

/// log p, its derivative m and that of m, for the share p of a standard normal distribution below x. With z = -x / sqrt
/// 2 they are m = sqrt(2 / pi) / E_0(z) (see `scaled_erfc_integral`) and m' = -m (x + m), where x + m is sqrt(2) E_1(z)
/// / E_0(z), in which nothing cancels.
REEL_HD inline double log_normal_share(int derivative, double x) {
  constexpr double kRoot = 1.41421356237309504880, kLog2 = 0.69314718055994530942;
  const double z = -x / kRoot;
  if (derivative == 0) return x < -1 ? log(scaled_erfc_integral(0, z)) - z * z - kLog2 : log1p(erfc(-z) * -0.5);
  const double scaled = scaled_erfc_integral(0, z), m = 0.79788456080286535588 / scaled;
  if (derivative == 1) return m;
  return -m * (x > 0 ? x + m : kRoot * scaled_erfc_integral(1, z) / scaled);
}

}  // namespace reel::kernels::math
