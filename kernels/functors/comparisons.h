#pragma once

#include <limits>

#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels {

struct Equal : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return a == b; }
};
struct NotEqual : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return a != b; }
};
struct Less : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return a < b; }
};
struct LessEqual : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return a <= b; }
};
/// Whether a == b or |a - b| <= atol + rtol * |b| with a finite difference; two NaNs are close if `equal_nan`.
struct IsClose : Pointwise<2, kNumericAndBool> {
  double rtol, atol;
  bool equal_nan;
  template <class T> REEL_HD bool operator()(T a, T b) const {
    const double difference = distance(a, b), tolerance = atol + rtol * math::fabs(static_cast<double>(b));
    const bool near = (difference <= tolerance) & (difference <= std::numeric_limits<double>::max());
    return (a == b) | near | (equal_nan & (a != a) & (b != b));
  }

 private:
  /// |a - b|, rounded once: integers that differ are not the same number as f64s.
  template <class T> REEL_HD static double distance(T a, T b) {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      const auto x = static_cast<std::uint64_t>(a), y = static_cast<std::uint64_t>(b);
      return static_cast<double>(a < b ? y - x : x - y);
    } else {
      return math::fabs(static_cast<double>(a) - static_cast<double>(b));
    }
  }
};

struct IsNan : Pointwise<1, kFloating> {
  template <class T> REEL_HD bool operator()(T x) const { return x != x; }
};
struct IsInf : Pointwise<1, kFloating> {
  template <class T> REEL_HD bool operator()(T x) const { return math::fabs(x) == std::numeric_limits<T>::infinity(); }
};

struct LogicalNot : Pointwise<1, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T x) const { return x == T(0); }
};
struct LogicalAnd : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return (a != T(0)) & (b != T(0)); }
};
struct LogicalOr : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return (a != T(0)) | (b != T(0)); }
};
struct LogicalXor : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T a, T b) const { return (a != T(0)) != (b != T(0)); }
};

struct BitwiseNot : Pointwise<1, kIntegerAndBool> {
  template <class T> REEL_HD T operator()(T x) const {
    if constexpr (std::is_same_v<T, bool>) return !x;
    else return static_cast<T>(~x);
  }
};
struct BitwiseAnd : Pointwise<2, kIntegerAndBool> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a & b); }
};
struct BitwiseOr : Pointwise<2, kIntegerAndBool> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a | b); }
};
struct BitwiseXor : Pointwise<2, kIntegerAndBool> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a ^ b); }
};

/// condition ? a : b, with bit operations: for the ternary operator g++ emits a branch for each element.
struct Where : Pointwise<3, kNumericAndBool> {
  static constexpr bool first_is_bool = true;

  template <class T> REEL_HD T operator()(bool condition, T a, T b) const {
    if constexpr (std::is_same_v<T, bool>) {
      return (condition & a) | (!condition & b);
    } else {
      using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t,
                                      std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint8_t>>;
      const Bits mask = static_cast<Bits>(-static_cast<Bits>(condition));
      const Bits chosen =
          static_cast<Bits>((__builtin_bit_cast(Bits, a) & mask) | (__builtin_bit_cast(Bits, b) & ~mask));
      return __builtin_bit_cast(T, chosen);
    }
  }
};

}  // namespace reel::kernels
