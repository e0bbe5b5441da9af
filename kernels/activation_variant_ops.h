#pragma once

#include <reel/kernels/scalar_ops.h>

/// The functors of the rarer activations (ops/activation_variants.h) and their gradients. As in
/// `kernels/functors/activations.h` there are no branches around exponentials, and nothing overflows.
namespace reel::kernels {

/// x limited to [low, high]; NaN stays NaN.
template <class T> REEL_HD T clipped(T x, T low, T high) {
  const T y = x < low ? low : x;
  return y > high ? high : y;
}

/// x * min(max(x + 3, 0), 6) / 6. The factor comes first, so that nothing is infinite times 0.
struct Hardswish : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    return (x > T(0) ? x : limited(x)) * (clipped(x + T(3), T(0), T(6)) / T(6));
  }
};
/// At the kinks, -3 and 3, the slope is that of the parabola between them, as in PyTorch.
struct HardswishGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T inner = x / T(3) + T(0.5), below = x < T(-3) ? T(0) : inner;
    return grad * (x > T(3) ? T(1) : below);
  }
};

struct Hardsigmoid : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return clipped(x + T(3), T(0), T(6)) / T(6); }
};
struct HardsigmoidGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    return ((x <= T(-3)) | (x >= T(3))) ? T(0) : grad / T(6);
  }
};

/// max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1).
struct Celu : Pointwise<1, kFloating> {
  double alpha;
  template <class T> REEL_HD T operator()(T x) const {
    const T a = static_cast<T>(alpha);
    return positive_part(x) + a * math::expm1(negative_part(x) / a);
  }
};
struct CeluGrad : Pointwise<2, kFloating> {
  double alpha;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    return grad * math::exp(negative_part(x) / static_cast<T>(alpha));
  }
};

/// x / (1 + |x|). Beyond 2^100 the quotient is -1 or 1.
struct Softsign : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T y = clipped(x, T(-0x1p100), T(0x1p100));
    return y / (T(1) + math::fabs(y));
  }
};
struct SoftsignGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T r = T(1) / (T(1) + math::fabs(x));
    return grad * (r * r);
  }
};

struct Tanhshrink : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return x - math::tanh(x); }
};
struct TanhshrinkGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T t = math::tanh(x);
    return grad * (t * t);
  }
};

struct Hardshrink : Pointwise<1, kFloating> {
  double lambd;
  template <class T> REEL_HD T operator()(T x) const { return math::fabs(x) <= static_cast<T>(lambd) ? T(0) : x; }
};
struct Softshrink : Pointwise<1, kFloating> {
  double lambd;
  template <class T> REEL_HD T operator()(T x) const {
    const T l = static_cast<T>(lambd);
    return x - clipped(x, -l, l);
  }
};
/// Of both.
struct ShrinkGrad : Pointwise<2, kFloating> {
  double lambd;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    return math::fabs(x) <= static_cast<T>(lambd) ? T(0) : grad;
  }
};

struct Threshold : Pointwise<1, kFloating> {
  double threshold, value;
  template <class T> REEL_HD T operator()(T x) const {
    return x <= static_cast<T>(threshold) ? static_cast<T>(value) : x;
  }
};
struct ThresholdGrad : Pointwise<2, kFloating> {
  double threshold;
  template <class T> REEL_HD T operator()(T grad, T x) const { return x <= static_cast<T>(threshold) ? T(0) : grad; }
};

/// min(x, 0) - log(1 + exp(-|x|)).
struct LogSigmoid : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    return negative_part(x) - math::log1p(math::exp(-math::fabs(x)));
  }
};
/// grad * sigmoid(-x).
struct LogSigmoidGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const { return grad / (T(1) + math::exp(x)); }
};

using ActivationVariantFunctors =
    FunctorList<Hardswish, HardswishGrad, Hardsigmoid, HardsigmoidGrad, Celu, CeluGrad, Softsign, SoftsignGrad,
                Tanhshrink, TanhshrinkGrad, Hardshrink, Softshrink, ShrinkGrad, Threshold, ThresholdGrad, LogSigmoid,
                LogSigmoidGrad>;

}  // namespace reel::kernels
