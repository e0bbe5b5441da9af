#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include <reel/kernels/exponential.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels {

/// What gelu needs of the standard normal distribution at a >= 0: `bell` = exp(-a^2 / 2) and `tail` = 1 - Phi(a), both
/// with high relative precision (f32: 4e-7) until they underflow to 0.
template <class T> struct NormalTail {
  T bell, tail;

  /// |x|, limited to where both become 0, so that infinity * 0 cannot arise.
  REEL_HD static T clamped_abs(T x) {
    const T a = math::fabs(x), limit = sizeof(T) == 4 ? T(14.5) : T(39);
    return a > limit ? limit : a;
  }
  REEL_HD explicit NormalTail(T a)
      : bell(math::exp(T(-0.5) * a * a)), tail(T(0.5) * math::erfc(T(0.70710678118654752440) * a)) {}
};

/// Avoids erfcf, which takes three times as long on the CPU and longer than the memory accesses on a GPU:
/// tail = bell * R(a), where the rational function R is a minimax fit of exp(a^2 / 2) (1 - Phi(a)) with a relative
/// error of 5e-9 on [0, 13.3].
template <> struct NormalTail<float> {
  float bell, tail;

  /// An integer minimum of the bits, which for non-negative floats have the same order. With a float comparison the
  /// compiler would duplicate all following code for the two cases.
  REEL_HD static float clamped_abs(float x) {
    constexpr float limit = 13.266499f;  // -limit^2 / 2 = ExpParts<float>::kLeast
    return std::bit_cast<float>(
        std::min(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu, std::bit_cast<std::uint32_t>(limit)));
  }

  REEL_HD explicit NormalTail(float a)
      : bell(exp_of_half_square(a)), tail(bell * quotient(polynomial<kNumerator>(a), polynomial<kDenominator>(a))) {}

 private:
  static constexpr std::array<float, 5> kNumerator{0.5F, 0.4356203847F, 0.181258328F, 0.03996795248F, 0.004017808758F};
  static constexpr std::array<float, 6> kDenominator{
      1, 1.669125687F, 1.19428215F, 0.4642525451F, 0.1001922067F, 0.01007100915F};

  /// a / b for b between 1 and 4000. On a GPU within 2 ulp, without the branches of the exact division.
  REEL_HD static float quotient(float a, float b) {
#ifdef __CUDA_ARCH__
    return __fdividef(a, b);
#else
    return a / b;
#endif
  }

  /// The polynomial of exp, for the argument -r / 2.
  static constexpr auto kPolynomial = [] {
    auto c = ExpParts<float>::kPolynomial;
    float power = 1;
    for (float& coefficient : c) coefficient *= std::exchange(power, power * -0.5F);
    return c;
  }();

  /// exp(-a^2 / 2) for a <= limit. Rounding an exponent of 80 would have an absolute error of 4e-6, and so would the
  /// result have as relative error. The square is therefore split: that of a's leading bits, which is exact, and the
  /// rest.
  REEL_HD static float exp_of_half_square(float a) {
    const float leading = std::bit_cast<float>(std::bit_cast<std::uint32_t>(a) & 0xfffff000u);
    const float square = leading * leading, rest = (a - leading) * (a + leading);
    constexpr float shift = rounding_shift<float>(ExpParts<float>::kBias);
    const float shifted = square * -0.72134752044448170368F + shift;
    const float n = shifted - shift;
    const float r = square + n * (2 * ExpParts<float>::kLn2High) + n * (2 * ExpParts<float>::kLn2Low) + rest;
    return polynomial<kPolynomial>(r) * power_of_two<float>(std::bit_cast<std::uint32_t>(shifted));
  }
};

}  // namespace reel::kernels
