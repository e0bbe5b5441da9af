#pragma once

#include <cstdint>
#include <optional>

#include <reel/tensor/tensor.h>

/// The rarer functions of each element: inverse hyperbolic, exponential, and those of statistics.
namespace reel {

/// The inverse hyperbolic sine.
Tensor asinh(const Tensor& x);
/// The inverse hyperbolic cosine; NaN below 1.
Tensor acosh(const Tensor& x);
/// The inverse hyperbolic tangent; NaN outside [-1, 1].
Tensor atanh(const Tensor& x);
/// 2^x.
Tensor exp2(const Tensor& x);
/// The logarithm to base 10.
Tensor log10(const Tensor& x);
/// 1 - erf(x), with its relative precision far above 0.
Tensor erfc(const Tensor& x);
/// The inverse of erf; infinite at -1 and 1, NaN outside.
Tensor erfinv(const Tensor& x);
/// sin(pi x) / (pi x), 1 at 0.
Tensor sinc(const Tensor& x);
/// log(x / (1 - x)), the inverse of the sigmoid. With eps, in [0, 0.5], x is first limited to [eps, 1 - eps]; the
/// gradient is 0 outside.
Tensor logit(const Tensor& x, std::optional<double> eps = std::nullopt);
/// x * log(y), and 0 where x is 0 and y is not NaN.
Tensor xlogy(const Tensor& x, const Tensor& y);
/// The same with a number.
Tensor xlogy(const Tensor& x, Scalar y);
Tensor xlogy(Scalar x, const Tensor& y);
/// x * log(1 + y), precise for small y, and 0 where x is 0 and y is not NaN.
Tensor xlog1py(const Tensor& x, const Tensor& y);
/// The same with a number.
Tensor xlog1py(const Tensor& x, Scalar y);
Tensor xlog1py(Scalar x, const Tensor& y);
/// -x * log(x), what a probability adds to an entropy; 0 at 0, minus infinity below.
Tensor entr(const Tensor& x);
/// exp(x^2) * erfc(x), with its relative precision far above 0.
Tensor erfcx(const Tensor& x);
/// The share of a standard normal distribution below x, with its relative precision far below 0.
Tensor ndtr(const Tensor& x);
/// Its logarithm, also where the share itself is too small for the dtype.
Tensor log_ndtr(const Tensor& x);
/// The inverse of `ndtr`; infinite at 0 and 1, NaN outside.
Tensor ndtri(const Tensor& p);
/// The modified Bessel function of the first kind, of order 0.
Tensor i0(const Tensor& x);
/// exp(-|x|) * i0(x), which is finite for every x.
Tensor i0e(const Tensor& x);
/// The modified Bessel function of the first kind, of order 1.
Tensor i1(const Tensor& x);
/// exp(-|x|) * i1(x).
Tensor i1e(const Tensor& x);
/// log |gamma(x)|; infinite at 0 and the negative integers.
Tensor lgamma(const Tensor& x);
/// The derivative of `lgamma`; NaN at the negative integers, minus infinity at 0 (infinity at -0).
Tensor digamma(const Tensor& x);
/// The n-th derivative of `digamma`, n >= 0; infinite at 0 and the negative integers for n > 0.
Tensor polygamma(std::int64_t n, const Tensor& x);

}  // namespace reel
