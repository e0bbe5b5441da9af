#pragma once

#include <bit>
#include <cstdint>
#include <utility>

/// The CPU's own exponential, for softmax, cross-entropy and gelu, whose exponents are not positive.
namespace reel::kernels {

/// How exp is put together from 2^n and a polynomial in an element type.
template <class T> struct ExpParts;
template <> struct ExpParts<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23, kBias = 127, kDegree = 7;
  static constexpr float kLeast = -88;  // rounds to 2^-127, one below the least exponent
  static constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;  // n * kLn2High is exact
};
template <> struct ExpParts<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023, kDegree = 13;
  static constexpr double kLeast = -709;
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

/// exp(x + low) for -88 <= x <= 88 (f64: -709 to 709) and a `low` far below 1, in vector registers: with n = round(x
/// / ln 2) and r = x - n ln 2, exp(x) = 2^n exp(r), and exp(r) is its Taylor polynomial, as |r| <= ln(2) / 2. At most 1
/// ulp from exp, and 0 at the least x; NaN stays NaN.
template <class T> T limited_exp(T x, T low) {
  using P = ExpParts<T>;
  // A number so large that adding it rounds to a whole number, which then is in the last bits, ready to be an exponent.
  // The least is 0, whose power of two is the number 0.
  constexpr T shift = T(typename P::Bits(3) << (P::kMantissa - 1)) + P::kBias;
  const T shifted = x * T(1.44269504088896340736) + shift, n = shifted - shift;
  const T r = x - n * P::kLn2High - n * P::kLn2Low + low;
  const T sum = exp_taylor(r, std::make_integer_sequence<int, P::kDegree>());
  return sum * std::bit_cast<T>(std::bit_cast<typename P::Bits>(shifted) << P::kMantissa);
}

/// exp(x), but 0 where it is below the least normal number, for x up to 88 (709); NaN stays NaN.
///
/// A loop over glibc's vector exponential calls the scalar one, 20 times slower, for each element whose result would be
/// subnormal, as softmax of sharp logits or of a mask of -infinities has them.
template <class T> T exp_or_zero(T x) {
  constexpr T least = ExpParts<T>::kLeast;
  return limited_exp(x < least ? least : x, T(-0.0));
}

}  // namespace reel::kernels
