#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <reel/kernels/host_device.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/dtype.h>
#include <reel/tensor/scalar.h>

/// The arithmetic of the elementwise operations, once for all devices: a functor maps the elements of its inputs to
/// that of its output. It says which dtypes it takes; its members are its parameters. Whoever adds one adds its name to
/// a list at the end of this file, from which each backend instantiates its loops: a functor that is not there does not
/// link.
namespace reel::kernels {

/// A functor of N inputs of the same dtype, one of Set.
template <int N, DTypeSet Set> struct Pointwise {
  static constexpr int arity = N;
  static constexpr DTypeSet dtypes = Set;
};

// --- one input

struct Neg : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return static_cast<T>(-x); }
};
struct Abs : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return x < T(0) ? static_cast<T>(-x) : x; }
};
/// -1, 0 or 1; NaN stays NaN.
struct Sign : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const {
    return x > T(0) ? T(1) : (x < T(0) ? static_cast<T>(-1) : (x == T(0) ? T(0) : x));
  }
};
struct Exp : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::exp(x); }
};
struct Log : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::log(x); }
};
struct Sqrt : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::sqrt(x); }
};
struct Reciprocal : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return T(1) / x; }
};
/// 1 / (1 + exp(-x)). For very negative x the exponential overflows to infinity and the quotient to the right 0.
struct Sigmoid : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return T(1) / (T(1) + math::exp(-x)); }
};
struct Relu : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return x < T(0) ? T(0) : x; }  // NaN stays NaN
};
struct LogicalNot : Pointwise<1, kNumericAndBool> {
  template <class T> REEL_HD bool operator()(T x) const { return x == T(0); }
};

// --- two inputs

struct Add : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a + b); }
};
struct Sub : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a - b); }
};
struct Mul : Pointwise<2, kNumeric> {
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a * b); }
};
struct Div : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T a, T b) const { return a / b; }
};
struct Pow : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T a, T b) const { return math::pow(a, b); }
};
/// a + alpha * b.
struct AddScaled : Pointwise<2, kNumeric> {
  Scalar alpha;
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a + alpha.to<T>() * b); }
};
/// a - alpha * b.
struct SubScaled : Pointwise<2, kNumeric> {
  Scalar alpha;
  template <class T> REEL_HD T operator()(T a, T b) const { return static_cast<T>(a - alpha.to<T>() * b); }
};
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

/// grad where x > 0, else 0: the derivative of relu, which is 0 at 0.
struct ReluGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const { return x > T(0) ? grad : T(0); }
};

// --- three inputs

/// condition ? a : b.
struct Where : Pointwise<3, kNumericAndBool> {
  template <class T> REEL_HD T operator()(bool condition, T a, T b) const { return condition ? a : b; }
  static constexpr bool first_is_bool = true;
};

// --- a scalar in place of the second or first input

/// F(x, value).
template <class F> struct ScalarRight : Pointwise<1, F::dtypes> {
  Scalar value;
  F f{};
  template <class T> REEL_HD auto operator()(T x) const { return f(x, value.to<T>()); }
};
/// F(value, x).
template <class F> struct ScalarLeft : Pointwise<1, F::dtypes> {
  Scalar value;
  F f{};
  template <class T> REEL_HD auto operator()(T x) const { return f(value.to<T>(), x); }
};

// --- the lists that the backends instantiate

template <class... F> struct FunctorList {};

using ArithmeticFunctors =
    FunctorList<Add, Sub, Mul, Div, Neg, AddScaled, SubScaled, ScalarRight<Add>, ScalarRight<Sub>, ScalarLeft<Sub>,
                ScalarRight<Mul>, ScalarRight<Div>, ScalarLeft<Div>, Reciprocal, Abs, Sign, Sqrt>;
using ExponentialFunctors = FunctorList<Exp, Log, Pow, ScalarRight<Pow>, ScalarLeft<Pow>>;
using ActivationFunctors = FunctorList<Sigmoid, Relu, ReluGrad>;
using ComparisonFunctors =
    FunctorList<Equal, NotEqual, Less, LessEqual, ScalarRight<Equal>, ScalarRight<NotEqual>, ScalarRight<Less>,
                ScalarRight<LessEqual>, ScalarLeft<Less>, ScalarLeft<LessEqual>, LogicalNot, Where>;

}  // namespace reel::kernels
