#pragma once

#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels {

struct Neg : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return negative(x); }
};
struct Abs : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const {
    if constexpr (std::is_floating_point_v<T>) return math::fabs(x);
    else return x < T(0) ? negative(x) : x;
  }
};
/// -1, 0 or 1; NaN stays NaN.
struct Sign : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const {
    return x > T(0) ? T(1) : (x < T(0) ? static_cast<T>(-1) : (x == T(0) ? T(0) : x));
  }
};
struct Square : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return times(x, x); }
};
struct Cube : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return x * x * x; }
};
struct Sqrt : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::sqrt(x); }
};
struct Rsqrt : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return T(1) / math::sqrt(x); }
};
struct Reciprocal : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return T(1) / x; }
};
struct Floor : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::floor(x); }
};
struct Ceil : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::ceil(x); }
};
/// Halves to even.
struct Round : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::nearbyint(x); }
};
/// x limited to [min, max] (max if min > max); NaN stays NaN.
struct Clamp : Pointwise<1, kNumeric> {
  Scalar min, max;
  template <class T> REEL_HD T operator()(T x) const {
    const T low = min.to<T>(), high = max.to<T>();
    const T y = x < low ? low : x;
    return y > high ? high : y;
  }
};
/// 0 where x < min or x > max, else grad, also where x is NaN.
struct ClampGrad : Pointwise<2, kFloating> {
  Scalar min, max;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T lowest = min.to<T>(), largest = max.to<T>();
    return ((x < lowest) | (x > largest)) ? T(0) : grad;
  }
};

struct Add : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return plus(a, b); }
};
struct Sub : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return minus(a, b); }
};
struct Mul : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return times(a, b); }
};
struct Div : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T a, T b) const { return a / b; }
};
/// a + alpha * b.
struct AddScaled : Pointwise<2, kNumeric> {
  Scalar alpha;
  template <class T> REEL_HD T operator()(T a, T b) const { return plus(a, times(alpha.to<T>(), b)); }
};
/// a - alpha * b.
struct SubScaled : Pointwise<2, kNumeric> {
  Scalar alpha;
  template <class T> REEL_HD T operator()(T a, T b) const { return minus(a, times(alpha.to<T>(), b)); }
};
/// The larger one; NaN wins.
struct Maximum : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD static bool beats(T a, T b) { return (a > b) | (a != a); }
  template <class T> REEL_HD T operator()(T a, T b) const { return beats(a, b) ? a : b; }
};
/// The smaller one; NaN wins.
struct Minimum : Pointwise<2, kNumericAndBool> {
  template <class T> REEL_HD static bool beats(T a, T b) { return (a < b) | (a != a); }
  template <class T> REEL_HD T operator()(T a, T b) const { return beats(a, b) ? a : b; }
};
/// The gradient of Choice(a, b), Maximum or Minimum, with respect to a: grad where a beats b, 0 where b beats a, half
/// of grad where they are equal or both NaN.
template <class Choice> struct ChoiceGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T a, T b) const {
    const bool wins = Choice::beats(a, b), loses = Choice::beats(b, a);  // both where both are NaN
    const T half = grad * T(0.5);
    const T if_loses = wins ? half : T(0), else_share = wins ? grad : half;  // selections, which vectorise
    return loses ? if_loses : else_share;
  }
};
/// a - b * floor(a / b) without rounding, with the sign of b, as in Python. Integers: b is not 0.
struct Remainder : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      const T rest = math::fmod(a, b);
      return rest != T(0) && (rest < T(0)) != (b < T(0)) ? rest + b : rest;
    } else {
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return T(0);  // the smallest integer divided by -1 overflows
      const T rest = static_cast<T>(a % b);
      return rest != T(0) && (rest < T(0)) != (b < T(0)) ? static_cast<T>(rest + b) : rest;
    }
  }
};
/// floor(a / b), consistent with Remainder, as in Python (1 // 0.1 is 9, since 0.1 is a little more than 1/10).
/// Integers: b is not 0.
struct FloorDivide : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      if (b == T(0)) return a / b;
      const T rest = math::fmod(a, b);
      T quotient = (a - rest) / b;
      if (rest != T(0) && (rest < T(0)) != (b < T(0))) quotient -= T(1);
      if (quotient == T(0)) return T(0) * (a / b);  // with the quotient's sign
      const T whole = math::floor(quotient);
      return quotient - whole > T(0.5) ? whole + T(1) : whole;
    } else {
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return negative(a);
      const T quotient = static_cast<T>(a / b), rest = static_cast<T>(a % b);
      return rest != T(0) && (rest < T(0)) != (b < T(0)) ? static_cast<T>(quotient - 1) : quotient;
    }
  }
};
struct Pow : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T a, T b) const { return math::pow(a, b); }
};
struct Atan2 : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T y, T x) const { return math::atan2(y, x); }
};

/// x * mask, and 0 where the mask is 0, whatever x is.
struct Masked : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T x, T mask) const {
    const T product = x * mask;
    return mask == T(0) ? T(0) : product;
  }
};

/// start + weight * (end - start), exact at both ends.
struct Lerp : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T start, T end, T weight) const {
    const T d = end - start;
    return weight < T(0.5) ? start + weight * d : end - (T(1) - weight) * d;
  }
};

}  // namespace reel::kernels
