#pragma once

#include <limits>

#include <reel/kernels/scalar_ops.h>

/// The functors of the pointwise losses between an output y and a target t, and their gradients with respect to y.
namespace reel::kernels {

/// (y - t)^2.
struct SquaredDifference : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T y, T t) const { return (y - t) * (y - t); }
};
struct SquaredDifferenceGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T y, T t) const { return grad * (T(2) * (y - t)); }
};

/// d^2 / (2 beta) where d = |y - t| < beta, else d - beta / 2.
struct SmoothL1 : Pointwise<2, kFloating> {
  double beta;
  template <class T> REEL_HD T operator()(T y, T t) const {
    const T b = static_cast<T>(beta), d = math::fabs(y - t);
    return d < b ? d * d / (T(2) * b) : d - b / T(2);
  }
};
struct SmoothL1Grad : Pointwise<3, kFloating> {
  double beta;
  template <class T> REEL_HD T operator()(T grad, T y, T t) const {
    const T b = static_cast<T>(beta), d = y - t;
    const T sign = d < T(0) ? T(-1) : (d > T(0) ? T(1) : d);  // NaN stays NaN
    return grad * ((d < T(0) ? -d : d) < b ? d / b : sign);
  }
};

/// -(t log y + (1 - t) log(1 - y)) with logarithms not below -100, as in PyTorch.
struct BinaryCrossEntropy : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T y, T t) const {
    const T least = T(-100), log_y = math::log(y), log_rest = math::log1p(-y);
    return (t - T(1)) * (log_rest < least ? least : log_rest) - t * (log_y < least ? least : log_y);
  }
};
struct BinaryCrossEntropyGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T y, T t) const {
    const T least = T(1e-12), variance = y * (T(1) - y);
    return grad * (y - t) / (variance < least ? least : variance);
  }
};

/// weight * x, and 0 where the weight is 0 and x infinite: what has probability 0 contributes nothing to an
/// expectation, even if its logarithm is -infinity. NaN stays NaN.
struct Weigh : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T weight, T x) const {
    const T product = weight * x;
    const bool vanishes = (weight == T(0)) & (math::fabs(x) == std::numeric_limits<T>::infinity());
    return vanishes ? T(0) : product;
  }
};

/// The same for y = sigmoid(x), for x of any size: |x| times the share of the target on the wrong side, and
/// log(1 + exp(-|x|)).
struct BinaryCrossEntropyWithLogits : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T x, T t) const {
    const T distance = math::fabs(x);
    return Weigh()(x < T(0) ? t : T(1) - t, distance) + math::log1p(math::exp(-distance));
  }
};
struct BinaryCrossEntropyWithLogitsGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x, T t) const { return grad * (T(1) / (T(1) + math::exp(-x)) - t); }
};

/// t log t, 0 at 0: the term of the Kullback-Leibler divergence that depends only on the target.
struct NegativeEntropy : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T t) const { return t == T(0) ? T(0) : t * math::log(t); }
};
/// exp(t) * (t - x), the divergence of logarithms, 0 where t is -infinity.
struct LogTargetDivergence : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T t, T x) const {
    const T probability = math::exp(t);
    // At t = -infinity the difference may be NaN: t is replaced by a number whose exp is 0, too.
    return Weigh()(probability, (t < T(-1000) ? T(-1000) : t) - x);
  }
};

using LossFunctors = FunctorList<SquaredDifference, SquaredDifferenceGrad, SmoothL1, SmoothL1Grad, BinaryCrossEntropy,
                                 BinaryCrossEntropyGrad, BinaryCrossEntropyWithLogits, BinaryCrossEntropyWithLogitsGrad,
                                 NegativeEntropy, Weigh, LogTargetDivergence>;

}  // namespace reel::kernels
