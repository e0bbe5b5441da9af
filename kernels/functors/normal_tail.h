#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <reel/kernels/exp_or_zero.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels {

/// What gelu needs of the standard normal distribution at a >= 0: `bell`, exp(-a^2 / 2), and `tail`, 1 - Phi(a), both
/// with their relative precision (f32: 4e-7) as far as they are not 0.
template <class T> struct NormalTail {
  T bell, tail;

  /// |x|, but no more than from where on both are 0, so that infinity times 0 does not arise.
  REEL_HD static T reach(T x) {
    const T a = math::fabs(x), limit = sizeof(T) == 4 ? T(14.5) : T(39);
    return a > limit ? limit : a;
  }
  REEL_HD explicit NormalTail(T a)
      : bell(math::exp(T(-0.5) * a * a)), tail(T(0.5) * math::erfc(T(0.70710678118654752440) * a)) {}
};

#ifndef __CUDACC__
/// Where glibc's vector erfcf takes three times as long: tail = bell t P(t) with t = 1 / (1 + 0.265 a), in which
/// exp(a^2 / 2) (1 - Phi(a)) is nearly a polynomial (the idea of Abramowitz and Stegun 7.1.26); P is the minimax fit of
/// the relative error on [0, 14], which is 1.2e-8.
template <> struct NormalTail<float> {
  float bell, tail;

  /// The lesser in the order of their bits, which is that of the numbers: an instruction and not a choice, from which
  /// the compiler would make two copies of all that follows, and then work through both.
  static float reach(float x) {
    constexpr float limit = 13.266499f;  // -limit^2 / 2 = ExpParts<float>::kLeast
    return std::bit_cast<float>(
        std::min(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu, std::bit_cast<std::uint32_t>(limit)));
  }

  explicit NormalTail(float a) {
    // An exponent of 80 has an absolute error of 4e-6, which would be the result's relative one. So the square of a's
    // leading bits, which is exact, is one part of it and the rest the other.
    const float leading = std::bit_cast<float>(std::bit_cast<std::uint32_t>(a) & 0xfffff000u);
    bell = limited_exp(-0.5f * leading * leading, -0.5f * (a - leading) * (a + leading));
    const float t = reciprocal(1 + 0.265f * a);
    float p = 3.0820869843e-2f;
    p = p * t - 1.4422867545e-1f;
    p = p * t + 2.1781504071e-1f;
    p = p * t - 1.1636268532e-1f;
    p = p * t + 1.3795314777e-1f;
    p = p * t + 6.0313090674e-2f;
    p = p * t + 1.0270098651e-1f;
    p = p * t + 1.0524666363e-1f;
    p = p * t + 1.0574156384e-1f;
    tail = bell * (p * t);
  }

 private:
  /// 1 / d for d >= 1, within 1e-7: a vector division would take as long as all the rest. The difference of bits
  /// divides exponents exactly and mantissas within 13 %; each step of Halley's makes the cube of the error.
  static float reciprocal(float d) {
    float t = std::bit_cast<float>(0x7ef311c7u - std::bit_cast<std::uint32_t>(d));
    for (int step = 0; step < 2; ++step) {
      const float error = 1 - d * t;
      t += t * (error + error * error);
    }
    return t;
  }
};
#endif

}  // namespace reel::kernels
