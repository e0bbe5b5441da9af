#pragma once

#include <optional>
#include <string_view>

#include <reel/tensor/tensor.h>

/// Arithmetic beyond the operators: what rounds towards 0, sums in another scale, what is finite.
namespace reel {

/// The whole number of x, without its fraction; the gradient is 0.
Tensor trunc(const Tensor& x);
/// x - trunc(x), the fraction of x with its sign.
Tensor frac(const Tensor& x);
/// a - b * trunc(a / b): the sign is that of a, as in C. Also integers; their division by 0 is a ValueError.
Tensor fmod(const Tensor& a, const Tensor& b);
/// The same with a number.
Tensor fmod(const Tensor& a, Scalar b);
/// a / b rounded to a whole number: towards 0 ("trunc") or towards minus infinity ("floor", as `floor_divide`); another
/// word is a ValueError. Also integers; their division by 0 is a ValueError. Not differentiable.
Tensor div(const Tensor& a, const Tensor& b, std::string_view rounding_mode);
/// The same with a number.
Tensor div(const Tensor& a, Scalar b, std::string_view rounding_mode);

/// sqrt(a^2 + b^2), right also where the squares are out of range; the gradient at the origin is 0.
Tensor hypot(const Tensor& a, const Tensor& b);
/// log(e^a + e^b), exact for arguments of any size; equal infinities share the gradient.
Tensor logaddexp(const Tensor& a, const Tensor& b);
/// log2(2^a + 2^b), as logaddexp.
Tensor logaddexp2(const Tensor& a, const Tensor& b);

/// Whether x is neither infinite nor NaN; boolean.
Tensor isfinite(const Tensor& x);
/// Whether x is infinity; boolean.
Tensor isposinf(const Tensor& x);
/// Whether x is minus infinity; boolean.
Tensor isneginf(const Tensor& x);
/// x with `nan` in place of NaN, and `posinf` and `neginf` in place of the infinities: the largest and the smallest
/// number of the dtype unless given. The gradient is 0 where x is replaced.
Tensor nan_to_num(const Tensor& x, double nan = 0, std::optional<double> posinf = std::nullopt,
                  std::optional<double> neginf = std::nullopt);

}  // namespace reel
