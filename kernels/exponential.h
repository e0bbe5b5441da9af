#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <reel/tensor/core/host_device.h>

/// Exponentials and tanh that the compiler inlines into the CPU's vector loops. A call of libmvec preserves no vector
/// registers, takes a third longer in f32, and falls back to scalar code, twenty times slower, for subnormal results.
namespace reel::kernels {

/// 1 / k! for k up to Degree: the Taylor coefficients of exp.
template <class T, std::size_t Degree> constexpr std::array<T, Degree + 1> inverse_factorials() {
  std::array<T, Degree + 1> out{1};
  for (std::size_t k = 1; k <= Degree; ++k) out[k] = out[k - 1] / static_cast<T>(k);
  return out;
}

/// The constants of exp(x) = 2^n * polynomial(r), |r| <= ln(2) / 2, for an element type.
template <class T> struct ExpParts;
template <> struct ExpParts<float> {
  using Bits = std::uint32_t;
  static constexpr int kMantissa = 23, kBias = 127;
  static constexpr float kLeast = -88;  // rounds to 2^-127, one below the least exponent
  static constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;  // n * kLn2High is exact
  /// A minimax fit with the first two coefficients of the series: relative error 3.2e-9.
  static constexpr std::array<float, 7> kPolynomial{
      1, 1, 0.499999938867F, 0.166665216067F, 0.0416683007989F, 0.0083686411276F, 0.00138189116806F};
};
template <> struct ExpParts<double> {
  using Bits = std::uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023;
  static constexpr double kLeast = -709;
  static constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;
  static constexpr std::array<double, 14> kPolynomial = inverse_factorials<double, 13>();
};

/// c[K] as a compile-time constant, since a GPU cannot read the host's arrays.
template <const auto& c, std::size_t K> consteval auto element() { return c[K]; }

/// The polynomial c[0] + c[1] r + ... of a constant array, unrolled, since inner loops prevent vectorisation.
template <const auto& c, class T> REEL_HD T polynomial(T r) {
  constexpr std::size_t degree = std::size(c) - 1;
  return [r]<std::size_t... K>(std::index_sequence<K...>) __attribute__((always_inline)) {
    T sum = element<c, degree>();
    ((sum = sum * r + element<c, degree - 1 - K>()), ...);
    return sum;
  }
  (std::make_index_sequence<degree>());
}

/// Adding this large number rounds x to an integer and leaves that integer, plus `bias`, in the last bits of the sum.
template <class T> REEL_HD constexpr T rounding_shift(int bias) {
  return T(typename ExpParts<T>::Bits(3) << (ExpParts<T>::kMantissa - 1)) + static_cast<T>(bias);
}

/// x - n ln 2.
template <class T> REEL_HD T minus_ln2(T x, T n) { return x - n * ExpParts<T>::kLn2High - n * ExpParts<T>::kLn2Low; }

/// 2^n, from the biased exponent in the last bits.
template <class T> REEL_HD T power_of_two(typename ExpParts<T>::Bits biased) {
  return std::bit_cast<T>(static_cast<typename ExpParts<T>::Bits>(biased << ExpParts<T>::kMantissa));
}

/// exp(x) for x up to 88 (f64: 709), flushed to 0 below the least normal number; NaN stays NaN. For softmax and
/// cross-entropy, whose exponents are not positive.
///
/// With n = round(x / ln 2) and r = x - n ln 2, exp(x) = 2^n exp(r). At most 1 ulp from exp.
template <class T> T exp_or_zero(T x) {
  using P = ExpParts<T>;
  x = x < P::kLeast ? P::kLeast : x;
  constexpr T shift = rounding_shift<T>(P::kBias);  // the least x has n + bias = 0, whose power of two is the number 0
  const T shifted = x * T(1.44269504088896340736) + shift;
  return polynomial<P::kPolynomial>(minus_ln2(x, shifted - shift)) *
         power_of_two<T>(std::bit_cast<typename P::Bits>(shifted));
}

/// exp(x) for every x, within 1 ulp. 2^n is applied in two factors, since n may exceed the range of normal exponents.
inline float full_exp(float x) {
  using P = ExpParts<float>;
  x = x < -104.0F ? -104.0F : x;  // below, exp rounds to 0
  x = x > 89.0F ? 89.0F : x;      // above, to infinity
  constexpr float shift = rounding_shift<float>(0);
  const float shifted = x * 1.44269504088896340736F + shift;
  const auto n = std::bit_cast<std::uint32_t>(shifted) - (std::bit_cast<std::uint32_t>(shift) - 2 * P::kBias);
  const auto half = n >> 1;
  return polynomial<P::kPolynomial>(minus_ln2(x, shifted - shift)) * power_of_two<float>(half) *
         power_of_two<float>(n - half);
}

/// tanh(x) for every x, within 2.5 ulp: e / (e + 2) with e = exp(2 |x|) - 1, computed as (2^n - 1) + 2^n (exp(r) - 1),
/// so that small x keep their precision.
inline float full_tanh(float x) {
  using P = ExpParts<float>;
  static constexpr std::array<float, 5> kBehindLinear{P::kPolynomial[2], P::kPolynomial[3], P::kPolynomial[4],
                                                      P::kPolynomial[5], P::kPolynomial[6]};
  const float magnitude = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu);
  const float a = magnitude > 10.0F ? 20.0F : 2 * magnitude;  // from 9.01 on the result rounds to 1
  constexpr float shift = rounding_shift<float>(P::kBias);
  const float shifted = a * 1.44269504088896340736F + shift;
  const float r = minus_ln2(a, shifted - shift), power = power_of_two<float>(std::bit_cast<std::uint32_t>(shifted));
  const float e = (r + r * r * polynomial<kBehindLinear>(r)) * power + (power - 1);
  const float result = e / (e + 2);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(result) | (std::bit_cast<std::uint32_t>(x) & 0x80000000u));
}

}  // namespace reel::kernels
