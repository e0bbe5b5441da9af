#pragma once

#include <reel/tensor/tensor.h>

/// Arithmetic, also of integers.
namespace reel {

/// a + alpha * b.
Tensor add(const Tensor& a, const Tensor& b, Scalar alpha = 1);
Tensor add(const Tensor& a, Scalar b);
/// a - alpha * b.
Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha = 1);
Tensor sub(const Tensor& a, Scalar b);
/// a * b, element by element.
Tensor mul(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, Scalar b);
/// a / b; floating dtypes only (integers: convert first, or `floor_divide`).
Tensor div(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, Scalar b);
/// floor(a / b), rounding towards minus infinity; not differentiable. Integer division by 0 is a ValueError.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor floor_divide(const Tensor& a, Scalar b);
/// a - b * floor(a / b): the sign is that of b, as in Python. Integer division by 0 is a ValueError.
Tensor remainder(const Tensor& a, const Tensor& b);
Tensor remainder(const Tensor& a, Scalar b);
/// a to the power b. Of integers, which wrap around, b >= 0; else a ValueError.
Tensor pow(const Tensor& a, const Tensor& b);
Tensor pow(const Tensor& a, Scalar b);
Tensor pow(Scalar a, const Tensor& b);
/// The larger of a and b; equal operands share the gradient, NaN wins. Also boolean.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of a and b; equal operands share the gradient, NaN wins. Also boolean.
Tensor minimum(const Tensor& a, const Tensor& b);
/// The angle of the point (x, y) in (-pi, pi].
Tensor atan2(const Tensor& y, const Tensor& x);
/// start + weight * (end - start).
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);
Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight);
/// -x.
Tensor neg(const Tensor& x);

/// The operators: add, sub, mul, div, remainder and neg.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, Scalar b);
Tensor operator+(Scalar a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, Scalar b);
Tensor operator-(Scalar a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, Scalar b);
Tensor operator*(Scalar a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, Scalar b);
Tensor operator/(Scalar a, const Tensor& b);
Tensor operator%(const Tensor& a, const Tensor& b);
Tensor operator%(const Tensor& a, Scalar b);
Tensor operator-(const Tensor& x);

}  // namespace reel
