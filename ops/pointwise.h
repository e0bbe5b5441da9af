#pragma once

#include <optional>

#include <reel/tensor/tensor.h>

/// Functions of each element.
namespace reel {

/// |x|; the gradient at 0 is 0. Also integers.
Tensor abs(const Tensor& x);
/// -1, 0 or 1; the gradient is 0. Also integers.
Tensor sign(const Tensor& x);
/// e^x.
Tensor exp(const Tensor& x);
/// e^x - 1, accurate near 0.
Tensor expm1(const Tensor& x);
/// The natural logarithm.
Tensor log(const Tensor& x);
/// log(1 + x), accurate near 0.
Tensor log1p(const Tensor& x);
/// The logarithm to base 2.
Tensor log2(const Tensor& x);
/// The square root.
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
Tensor rsqrt(const Tensor& x);
/// x * x. Also integers.
Tensor square(const Tensor& x);
/// 1 / x.
Tensor reciprocal(const Tensor& x);
/// The sine; arguments of the trigonometric functions are radians.
Tensor sin(const Tensor& x);
/// The cosine.
Tensor cos(const Tensor& x);
/// The tangent.
Tensor tan(const Tensor& x);
/// The inverse sine, in [-pi/2, pi/2].
Tensor asin(const Tensor& x);
/// The inverse cosine, in [0, pi].
Tensor acos(const Tensor& x);
/// The inverse tangent, in [-pi/2, pi/2].
Tensor atan(const Tensor& x);
/// The hyperbolic sine.
Tensor sinh(const Tensor& x);
/// The hyperbolic cosine.
Tensor cosh(const Tensor& x);
/// The hyperbolic tangent.
Tensor tanh(const Tensor& x);
/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.
Tensor erf(const Tensor& x);
/// The largest whole number not above x; the gradient is 0.
Tensor floor(const Tensor& x);
/// The smallest whole number not below x; the gradient is 0.
Tensor ceil(const Tensor& x);
/// The nearest whole number, halves to even; the gradient is 0.
Tensor round(const Tensor& x);
/// x limited to [min, max]; the gradient is 1 inside and on the limits, 0 outside. Also integers.
Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max = std::nullopt);
/// Whether x is NaN; boolean.
Tensor isnan(const Tensor& x);
/// Whether x is infinite; boolean.
Tensor isinf(const Tensor& x);

}  // namespace reel
