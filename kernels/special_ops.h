#pragma once

#include <reel/kernels/functors/special_math.h>
#include <reel/kernels/functors/special_series.h>
#include <reel/kernels/scalar_ops.h>

/// The functors of the special functions (ops/special.h) and of their gradients.
namespace reel::kernels {

struct Asinh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::asinh(x); }
};
/// 1 / sqrt(1 + x^2), with 1 / |x| in place of x beyond 1, so that nothing overflows.
struct AsinhGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T a = math::fabs(x), t = a <= T(1) ? a : T(1) / a, slope = T(1) / math::sqrt(T(1) + t * t);
    return grad * (a <= T(1) ? slope : t * slope);
  }
};
struct Acosh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::acosh(x); }
};
struct Atanh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::atanh(x); }
};
struct Exp2 : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::exp2(x); }
};
struct Log10 : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::log10(x); }
};
struct Erfc : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::erfc(x); }
};
struct Erfinv : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return static_cast<T>(math::erfinv(static_cast<double>(x))); }
};

/// sin(pi a) and cos(pi a) for a >= 0 of any size: those of the distance from the nearest whole number, with a sign.
template <class T> struct HalfTurns {
  T sine, cosine;

  REEL_HD explicit HalfTurns(T a) {
    const T whole = math::nearbyint(a), half = whole / T(2), sign = half == math::floor(half) ? T(1) : T(-1);
    const T angle = static_cast<T>(math::kPi) * (a - whole);
    sine = sign * math::sin(angle);
    cosine = sign * math::cos(angle);
  }
};
struct Sinc : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T a = math::fabs(x), y = HalfTurns<T>(a).sine / (static_cast<T>(math::kPi) * a);
    return a == T(0) ? T(1) : y;
  }
};
/// (cos(pi x) - sinc x) / x. Where the terms cancel, with z = pi x, pi times the sum over k > 0 of
/// (-1)^k 2k z^(2k-1) / (2k+1)!.
struct SincGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T z = static_cast<T>(math::kPi) * x, s = z * z;
    const T far = (HalfTurns<T>(math::fabs(x)).cosine - Sinc()(x)) / x;
    const T tail = T(-1.0 / 3991680) + s * (T(1.0 / 518918400) - s * T(14.0 / 1307674368000.0));
    const T series = T(-1.0 / 3) + s * (T(1.0 / 30) + s * (T(-1.0 / 840) + s * (T(1.0 / 45360) + s * tail)));
    return grad * (math::fabs(z) < T(0.5) ? static_cast<T>(math::kPi) * (z * series) : far);
  }
};

/// x log y, 0 where x is 0, whatever y is but NaN.
struct Xlogy : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T x, T y) const {
    const T product = x * math::log(y);
    return ((x == T(0)) & (y == y)) ? T(0) : product;
  }
};

/// x log(1 + y), with the same exception.
struct Xlog1py : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T x, T y) const {
    const T product = x * math::log1p(y);
    return ((x == T(0)) & (y == y)) ? T(0) : product;
  }
};
/// -x log x, 0 at 0 and minus infinity below.
struct Entr : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T product = -x * math::log(x);
    return x < T(0) ? -std::numeric_limits<T>::infinity() : x == T(0) ? T(0) : product;
  }
};

struct Lgamma : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return math::lgamma(x); }
};
struct Digamma : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return static_cast<T>(math::digamma(static_cast<double>(x))); }
};
struct Polygamma : Pointwise<1, kFloating> {
  int n;
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(math::polygamma(n, static_cast<double>(x)));
  }
};

struct BesselI : Pointwise<1, kFloating> {
  int n;
  bool scaled;
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(math::bessel_i(n, scaled, static_cast<double>(x)));
  }
};
struct ScaledErfcIntegral : Pointwise<1, kFloating> {
  int n;
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(math::scaled_erfc_integral(n, static_cast<double>(x)));
  }
};
struct Ndtr : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(0.5 * math::erfc(static_cast<double>(x) / -1.41421356237309504880));
  }
};
struct LogNdtr : Pointwise<1, kFloating> {
  int derivative;
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(math::log_normal_share(derivative, static_cast<double>(x)));
  }
};
struct Ndtri : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    return static_cast<T>(math::normal_quantile(static_cast<double>(x)));
  }
};

using SpecialFunctors =
    FunctorList<Asinh, AsinhGrad, Acosh, Atanh, Exp2, Log10, Erfc, Erfinv, Sinc, SincGrad, Xlogy, Xlog1py, Entr, Lgamma,
                Digamma, Polygamma, BesselI, ScaledErfcIntegral, Ndtr, LogNdtr, Ndtri>;

}  // namespace reel::kernels
