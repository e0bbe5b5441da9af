#pragma once

#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels {

struct Exp : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::exp(x); }
};
struct Expm1 : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::expm1(x); }
};
struct Log : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::log(x); }
};
struct Log1p : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::log1p(x); }
};
struct Log2 : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::log2(x); }
};
struct Sin : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::sin(x); }
};
struct Cos : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::cos(x); }
};
struct Tan : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::tan(x); }
};
struct Asin : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::asin(x); }
};
struct Acos : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::acos(x); }
};
struct Atan : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::atan(x); }
};
struct Sinh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::sinh(x); }
};
struct Cosh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::cosh(x); }
};
struct Tanh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::tanh(x); }
};
struct Erf : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::erf(x); }
};

}  // namespace reel::kernels
