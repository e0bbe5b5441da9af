#pragma once

#include <reel/tensor/tensor.h>

/// Comparisons, which give boolean, logic and choices between elements; also of integers and boolean.
namespace reel {

/// Whether a == b, element by element.
Tensor eq(const Tensor& a, const Tensor& b);
Tensor eq(const Tensor& a, Scalar b);
/// Whether a != b.
Tensor ne(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, Scalar b);
/// Whether a < b.
Tensor lt(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, Scalar b);
/// Whether a <= b.
Tensor le(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, Scalar b);
/// Whether a > b.
Tensor gt(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, Scalar b);
/// Whether a >= b.
Tensor ge(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, Scalar b);
/// The operators: eq, ne, lt, le, gt and ge.
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, Scalar b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, Scalar b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, Scalar b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, Scalar b);
Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, Scalar b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, Scalar b);
Tensor operator==(Scalar a, const Tensor& b);
Tensor operator!=(Scalar a, const Tensor& b);
Tensor operator<(Scalar a, const Tensor& b);
Tensor operator<=(Scalar a, const Tensor& b);
Tensor operator>(Scalar a, const Tensor& b);
Tensor operator>=(Scalar a, const Tensor& b);
/// a and b, counting anything but 0 as true.
Tensor logical_and(const Tensor& a, const Tensor& b);
/// a or b.
Tensor logical_or(const Tensor& a, const Tensor& b);
/// Exactly one of a and b.
Tensor logical_xor(const Tensor& a, const Tensor& b);
/// Not x.
Tensor logical_not(const Tensor& x);
/// The bits that both have, of integers; of booleans, a and b.
Tensor bitwise_and(const Tensor& a, const Tensor& b);
/// The bits that a or b has.
Tensor bitwise_or(const Tensor& a, const Tensor& b);
/// The bits that exactly one has.
Tensor bitwise_xor(const Tensor& a, const Tensor& b);
/// All bits turned over; of booleans, not x.
Tensor bitwise_not(const Tensor& x);
/// The operators: bitwise_and, bitwise_or, bitwise_xor, bitwise_not, and logical_not.
Tensor operator&(const Tensor& a, const Tensor& b);
Tensor operator|(const Tensor& a, const Tensor& b);
Tensor operator^(const Tensor& a, const Tensor& b);
Tensor operator~(const Tensor& x);
Tensor operator!(const Tensor& x);
/// a where the boolean condition holds, else b. Of two numbers the result is i64 if both are integers, else f32.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, Scalar b);
Tensor where(const Tensor& condition, Scalar a, const Tensor& b);
Tensor where(const Tensor& condition, Scalar a, Scalar b);
/// x with `value` wherever the boolean mask holds.
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value);
/// Whether |a - b| <= atol + rtol * |b|, element by element.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether all elements are close.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
/// Whether shape and all elements are the same.
bool equal(const Tensor& a, const Tensor& b);

}  // namespace reel
