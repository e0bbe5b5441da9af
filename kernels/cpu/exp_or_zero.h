#pragma once

#include <bit>
#include <cstdint>
#include <utility>

/// The exponential of softmax and cross-entropy, whose exponents are not positive.
namespace reel::kernels::cpu {

/// How exp is put together from 2^n and a polynomial in an element type.
template <class T> struct ExpParts;
template <> struct ExpParts<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23, kBias = 127, kDegree = 7;
  static constexpr float kLeast = -87;
  static constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;  // n * kLn2High is exact
};
template <> struct ExpParts<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023, kDegree = 13;
  static constexpr double kLeast = -708;
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
};

template <class T, int K> inline constexpr T kInverseFactorial = kInverseFactorial<T, K - 1> / K;
template <class T> inline constexpr T kInverseFactorial<T, 0> = 1;

/// exp(r) by its Taylor polynomial, of the degree that K counts to; spelt out, since the vectoriser takes no inner
/// loops.
template <class T, int... K> T exp_taylor(T r, std::integer_sequence<int, K...>) {
  constexpr int degree = sizeof...(K);
  T sum = kInverseFactorial<T, degree>;
  ((sum = sum * r + kInverseFactorial<T, degree - 1 - K>), ...);
  return sum;
}

/// exp(x), or 0 where x <= -87 (f64: -708), for x up to 88 (709); NaN stays NaN. At most 1 ulp from exp.
///
/// A loop over glibc's vector exponential calls the scalar one, 20 times slower, for each element whose result would be
/// subnormal, as softmax of sharp logits or of a mask of -infinities has them. This one stays in vector registers: with
/// n = round(x / ln 2) and r = x - n ln 2, exp(x) = 2^n exp(r), exp(r) by its Taylor polynomial, as |r| <= ln(2) / 2.
template <class T> T exp_or_zero(T x) {
  using P = ExpParts<T>;
  // A number so large that adding it rounds to a whole number, which then is in the last bits, ready to be an exponent.
  constexpr T shift = T(typename P::Bits(3) << (P::kMantissa - 1)) + P::kBias;
  const T limited = x < P::kLeast ? P::kLeast : x;
  const T shifted = limited * T(1.44269504088896340736) + shift, n = shifted - shift;
  const T r = limited - n * P::kLn2High - n * P::kLn2Low;
  const T sum = exp_taylor(r, std::make_integer_sequence<int, P::kDegree>());
  const T power = std::bit_cast<T>(std::bit_cast<typename P::Bits>(shifted) << P::kMantissa);
  return x <= P::kLeast ? T(0) : sum * power;
}

}  // namespace reel::kernels::cpu
