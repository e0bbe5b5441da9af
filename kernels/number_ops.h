#pragma once

#include <limits>

#include <reel/kernels/scalar_ops.h>

/// The functors of arithmetic beyond the operators.
namespace reel::kernels {

struct Trunc : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return x < T(0) ? math::ceil(x) : math::floor(x); }
};
/// a / b rounded towards 0. Integers: b is not 0.
struct TruncDivide : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) return Trunc{}(a / b);
    else return std::is_signed_v<T> && b == static_cast<T>(-1) ? negative(a) : static_cast<T>(a / b);
  }
};
/// a - b * trunc(a / b) without rounding, with the sign of a, as in C. Integers: b is not 0.
struct Fmod : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) return math::fmod(a, b);
    else return std::is_signed_v<T> && b == static_cast<T>(-1) ? T(0) : static_cast<T>(a % b);
  }
};
/// a to the power b, which is not negative.
struct IntegerPow : Pointwise<2, kInteger> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {  // from which the dtype of a result is found
      return math::pow(a, b);
    } else {
      T power = 1;
      for (T square = a; b > 0; b = static_cast<T>(b / 2)) {
        if (b % 2 != 0) power = times(power, square);
        square = times(square, square);
      }
      return power;
    }
  }
};

/// sqrt(a^2 + b^2), without squares of more than 1; infinite where a or b is, even if the other is NaN.
struct Hypot : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T a, T b) const {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const T x = math::fabs(a), y = math::fabs(b), larger = x > y ? x : y, smaller = x > y ? y : x;
    const T ratio = smaller / (larger > T(0) ? larger : larger + T(1));
    const T length = larger * math::sqrt(T(1) + ratio * ratio);
    return ((x == infinity) | (y == infinity)) ? infinity : length;
  }
};
/// grad * a / hypot(a, b), the cosine of an angle: 0 at the origin, and its limit where a or b is infinite.
struct HypotGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T a, T b) const {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const bool a_infinite = math::fabs(a) == infinity, b_infinite = math::fabs(b) == infinity;
    if (a_infinite | b_infinite) {  // as the point where what is infinite is 1, and the rest 0
      a = a_infinite ? (a > T(0) ? T(1) : T(-1)) : a * T(0);
      b = b_infinite ? T(1) : b * T(0);
    }
    const T x = math::fabs(a), y = math::fabs(b), larger = x > y ? x : y;
    const T unit = larger > T(0) ? larger : larger + T(1);  // so that the length is in range
    return grad * (a / unit / Hypot{}(a / unit, b / unit + (larger > T(0) ? T(0) : T(1))));
  }
};
/// log(exp(unit * a) + exp(unit * b)) / unit, for `unit` 1 or log(2), without overflow.
struct LogAddExp : Pointwise<2, kFloating> {
  double unit;
  template <class T> REEL_HD T operator()(T a, T b) const {
    const T scale = static_cast<T>(unit), larger = a > b ? a : b, distance = a == b ? T(0) : math::fabs(a - b);
    return larger + math::log1p(math::exp(-distance * scale)) / scale;
  }
};

struct IsFinite : Pointwise<1, kFloating> {
  template <class T> REEL_HD bool operator()(T x) const { return math::fabs(x) < std::numeric_limits<T>::infinity(); }
};
/// x, or another number where x is NaN or infinite.
struct NanToNum : Pointwise<1, kFloating> {
  double nan, posinf, neginf;
  template <class T> REEL_HD T operator()(T x) const {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const T finite = x == infinity ? static_cast<T>(posinf) : (x == -infinity ? static_cast<T>(neginf) : x);
    return x != x ? static_cast<T>(nan) : finite;
  }
};

using NumberFunctors =
    FunctorList<Trunc, TruncDivide, ScalarRight<TruncDivide>, Fmod, ScalarRight<Fmod>, IntegerPow,
                ScalarRight<IntegerPow>, ScalarLeft<IntegerPow>, Hypot, HypotGrad, LogAddExp, IsFinite, NanToNum>;

}  // namespace reel::kernels
