#pragma once

#include <reel/kernels/functors/normal_tail.h>
#include <reel/kernels/functors/pointwise.h>

/// Activations and their derivatives. They have no branches around exponentials, so that the loops vectorise, and their
/// formulas neither overflow nor become NaN for arguments of any size.
namespace reel::kernels {

/// max(x, 0) and min(x, 0). For NaN the first is 0, the second NaN.
template <class T> REEL_HD T positive_part(T x) { return x > T(0) ? x : T(0); }
template <class T> REEL_HD T negative_part(T x) { return x > T(0) ? T(0) : x; }

/// 1 / (1 + exp(-x)). For very negative x the exponential is infinity and the quotient 0, as it should be.
struct Sigmoid : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return T(1) / (T(1) + math::exp(-x)); }
};
/// The gradient from the output y.
struct SigmoidGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T y) const { return grad * (y * (T(1) - y)); }
};
/// The gradient from the output y.
struct TanhGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T y) const { return grad * (T(1) - y * y); }
};

struct Relu : Pointwise<1, kNumeric> {
  template <class T> REEL_HD T operator()(T x) const { return x < T(0) ? T(0) : x; }  // NaN stays NaN
};
/// 0 where x <= 0, else grad: the derivative of relu, which is 0 at 0 and passes grad on where x is NaN.
struct ReluGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const { return x <= T(0) ? T(0) : grad; }
};

struct LeakyRelu : Pointwise<1, kFloating> {
  double slope;
  template <class T> REEL_HD T operator()(T x) const { return x > T(0) ? x : x * static_cast<T>(slope); }
};
struct LeakyReluGrad : Pointwise<2, kFloating> {
  double slope;
  template <class T> REEL_HD T operator()(T grad, T x) const { return x > T(0) ? grad : grad * static_cast<T>(slope); }
};
/// x where x > 0, else weight * x.
struct PRelu : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T x, T weight) const { return x > T(0) ? x : x * weight; }
};

/// scale * (x where x > 0, else alpha * (exp(x) - 1)).
struct Elu : Pointwise<1, kFloating> {
  double alpha, scale;
  template <class T> REEL_HD T operator()(T x) const {
    const T below = static_cast<T>(alpha) * math::expm1(negative_part(x));  // 0 where x > 0
    return static_cast<T>(scale) * (positive_part(x) + below);
  }
};
struct EluGrad : Pointwise<2, kFloating> {
  double alpha, scale;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T below = static_cast<T>(alpha) * math::exp(negative_part(x));
    return grad * static_cast<T>(scale) * (x > T(0) ? T(1) : below);
  }
};

/// x * Phi(x) = max(x, 0) - |x| (1 - Phi(|x|)), which keeps its relative precision far below 0.
struct Gelu : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T a = NormalTail<T>::clamped_abs(x);
    return Relu()(x) - a * NormalTail<T>(a).tail;
  }
};
/// grad * (Phi(x) + x * phi(x)).
struct GeluGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T a = NormalTail<T>::clamped_abs(x);
    const NormalTail<T> normal(a);
    const T below = normal.tail - T(0.39894228040143267794) * a * normal.bell;  // the derivative at -|x|
    const T slope = x > T(0) ? T(1) - below : below;
    return grad * (x != x ? x : slope);
  }
};

/// x, but not so far from 0 that infinity times 0 could arise: what multiplies it has reached its limit there.
template <class T> REEL_HD T limited(T x) {
  constexpr T limit(1000);
  return x > limit ? limit : x < -limit ? -limit : x;
}

/// x * sigmoid(x).
struct Silu : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T y = x < T(-1000) ? T(-1000) : x;  // -infinity would be divided by infinity
    return y / (T(1) + math::exp(-y));
  }
};
struct SiluGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T y = limited(x), s = T(1) / (T(1) + math::exp(-y));
    return grad * (s * (T(1) + y * (T(1) - s)));
  }
};

/// silu(gate) * up.
struct Swiglu : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T gate, T up) const { return Silu()(gate) * up; }
};
/// The gradient of `gate`.
struct SwigluGateGrad : Pointwise<3, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T gate, T up) const { return SiluGrad()(grad * up, gate); }
};

/// v = 2 sqrt(2 / pi) (x + 0.044715 x^3), the logit of gelu's tanh form x * sigmoid(v), and its derivative.
template <class T> struct GeluTanhLogit {
  T value, slope;

  REEL_HD explicit GeluTanhLogit(T x) {
    constexpr T scale(1.5957691216057307117), cubic(0.044715);
    const T squares = x * x;
    value = scale * x * (T(1) + cubic * squares);
    slope = scale * (T(1) + T(3) * cubic * squares);
  }
};
/// x * sigmoid(v), which keeps its relative precision far below 0, as x * (1 + tanh(v / 2)) / 2 would not.
struct GeluTanh : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const {
    const T y = x < T(-1000) ? T(-1000) : x;  // -infinity would be divided by infinity
    return y / (T(1) + math::exp(-GeluTanhLogit<T>(y).value));
  }
};
struct GeluTanhGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T y = limited(x);
    const GeluTanhLogit<T> v(y);
    const T s = T(1) / (T(1) + math::exp(-v.value));
    return grad * (s * (T(1) + y * (T(1) - s) * v.slope));
  }
};

/// t = tanh(softplus(x)) and its derivative, from e = exp(-|x|): with w = exp(x), t = (w^2 + 2w) / (w^2 + 2w + 2), and
/// for x > 0 numerator and denominator are divided by w^2. Nothing overflows, and no digits cancel.
template <class T> struct TanhSoftplus {
  T value, slope;

  REEL_HD explicit TanhSoftplus(T x) {
    const T e = math::exp(-math::fabs(x)), numerator = x > T(0) ? T(1) + T(2) * e : e * (e + T(2));
    const T denominator = numerator + (x > T(0) ? T(2) * e * e : T(2));
    value = numerator / denominator;
    slope = T(4) * e * (T(1) + e) * (x > T(0) ? e : T(1)) / (denominator * denominator);
  }
};
/// x * tanh(softplus(x)).
struct Mish : Pointwise<1, kFloating> {
  template <class T> REEL_HD T operator()(T x) const { return (x > T(0) ? x : limited(x)) * TanhSoftplus<T>(x).value; }
};
struct MishGrad : Pointwise<2, kFloating> {
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const TanhSoftplus<T> t(x);
    return grad * (t.value + limited(x) * t.slope);
  }
};

/// log(1 + exp(beta x)) / beta as (max(z, 0) + log(1 + exp(-|z|))) / beta with z = beta x.
struct Softplus : Pointwise<1, kFloating> {
  double beta, threshold;
  template <class T> REEL_HD T operator()(T x) const {
    const T b = static_cast<T>(beta), z = b * x;
    const T soft = (positive_part(z) + math::log1p(math::exp(-math::fabs(z)))) / b;
    return z > static_cast<T>(threshold) ? x : soft;
  }
};
struct SoftplusGrad : Pointwise<2, kFloating> {
  double beta, threshold;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    const T z = static_cast<T>(beta) * x;
    const T slope = T(1) / (T(1) + math::exp(-z));
    return grad * (z > static_cast<T>(threshold) ? T(1) : slope);
  }
};

/// 0 where x <= min or x >= max, else grad, also where x is NaN.
struct HardtanhGrad : Pointwise<2, kFloating> {
  double min, max;
  template <class T> REEL_HD T operator()(T grad, T x) const {
    return ((x <= static_cast<T>(min)) | (x >= static_cast<T>(max))) ? T(0) : grad;
  }
};

}  // namespace reel::kernels
