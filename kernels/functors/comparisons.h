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
    const double x = static_cast<double>(a), y = static_cast<double>(b);
    const double difference = math::fabs(x - y);
    const bool near = (difference <= atol + rtol * math::fabs(y)) & (difference <= std::numeric_limits<double>::max());
    return (a == b) | near | (equal_nan & (a != a) & (b != b));
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

/// condition ? a : b.
struct Where : Pointwise<3, kNumericAndBool> {
  template <class T> REEL_HD T operator()(bool condition, T a, T b) const { return condition ? a : b; }
  static constexpr bool first_is_bool = true;
};

}  // namespace reel::kernels
