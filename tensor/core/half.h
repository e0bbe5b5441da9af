#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <reel/tensor/core/host_device.h>

namespace reel {

/// An f32 that rounds to the same f16 and the same bf16 as a number of any type, so that the number is rounded once.
/// Numbers with more digits are rounded to odd: what is cut off sets the last bit that stays, and so no longer looks
/// like a tie. 14 binary digits stay, of which f16 keeps at most 11, and all 14 fit into an f32 down to where bf16
/// ends.
template <class T>
requires std::is_arithmetic_v<T> REEL_HD constexpr float before_half(T value) {
  if constexpr (std::is_same_v<T, double>) {
    constexpr std::uint64_t cut = (std::uint64_t{1} << 39) - 1;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    return static_cast<float>(std::bit_cast<double>((bits | ((bits & cut) + cut)) & ~cut));
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {  // beyond 2^53, f64 would round it first
    constexpr std::uint64_t cut = (1u << 11) - 1;
    const auto bits = static_cast<std::uint64_t>(value);
    const auto odd = static_cast<T>((bits | ((bits & cut) + cut)) & ~cut);
    const T leading = value >> 53;
    return before_half(static_cast<double>(leading == 0 || leading == static_cast<T>(-1) ? value : odd));
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) {
    return before_half(static_cast<double>(value));
  } else {
    return static_cast<float>(value);
  }
}

/// IEEE 754 binary16, stored as its bits. Arithmetic happens in f32.
struct Half {
  std::uint16_t bits = 0;  ///< Sign, 5 bits of exponent, 10 of mantissa.

  Half() = default;
  /// Rounds once, whatever T is.
  template <class T>
  requires std::is_arithmetic_v<T> REEL_HD explicit Half(T value) : Half(before_half(value)) {}

  /// Rounds to the nearest even; too large becomes infinity, NaN stays NaN.
  REEL_HD explicit Half(float value) {
    const auto f = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((f >> 16) & 0x8000u);
    const std::uint32_t magnitude = f & 0x7fffffffu;
    if (magnitude >= 0x7f800000u) {  // infinity or NaN
      bits = static_cast<std::uint16_t>(sign | 0x7c00u | (magnitude > 0x7f800000u ? 0x200u : 0u));
    } else if (magnitude >= 0x477ff000u) {  // rounds to at least 2^16
      bits = static_cast<std::uint16_t>(sign | 0x7c00u);
    } else if (magnitude < 0x38800000u) {  // subnormal: let the f32 adder round at 2^-24
      const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
      bits = static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
    } else {
      const std::uint32_t odd = (magnitude >> 13) & 1u;
      bits = static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
    }
  }

  /// The exact value.
  REEL_HD explicit operator float() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1fu;
    const std::uint32_t mantissa = bits & 0x3ffu;
    if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
      const float value = static_cast<float>(mantissa) * 0x1p-24f;
      return sign ? -value : value;
    }
    const std::uint32_t widened = exponent == 31 ? 0xffu : exponent + 112u;
    return std::bit_cast<float>(sign | (widened << 23) | (mantissa << 13));
  }
};

/// bfloat16, the upper half of an f32, stored as its bits. Arithmetic happens in f32.
struct BFloat16 {
  std::uint16_t bits = 0;  ///< Sign, 8 bits of exponent, 7 of mantissa.

  BFloat16() = default;
  /// Rounds once, whatever T is.
  template <class T>
  requires std::is_arithmetic_v<T> REEL_HD explicit BFloat16(T value) : BFloat16(before_half(value)) {}

  /// Rounds to the nearest even; NaN stays NaN.
  REEL_HD explicit BFloat16(float value) {
    const auto f = std::bit_cast<std::uint32_t>(value);
    const bool nan = (f & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<std::uint16_t>(nan ? (f >> 16) | 0x40u : (f + 0x7fffu + ((f >> 16) & 1u)) >> 16);
  }

  /// The exact value.
  REEL_HD explicit operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

}  // namespace reel
