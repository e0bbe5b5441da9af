#pragma once

#include <reel/tensor/tensor.h>

/// Shifts of the bits of integers. Unlike in C++ all distances are defined: one below 0, or of all bits and more,
/// shifts everything out.
namespace reel {

/// a with its bits moved up by b places: a * 2^b, wrapping around.
Tensor bitwise_left_shift(const Tensor& a, const Tensor& b);
Tensor bitwise_left_shift(const Tensor& a, Scalar b);
/// a with its bits moved down by b places: a / 2^b, rounded towards minus infinity.
Tensor bitwise_right_shift(const Tensor& a, const Tensor& b);
Tensor bitwise_right_shift(const Tensor& a, Scalar b);
/// The operators: bitwise_left_shift and bitwise_right_shift.
Tensor operator<<(const Tensor& a, const Tensor& b);
Tensor operator<<(const Tensor& a, Scalar b);
Tensor operator>>(const Tensor& a, const Tensor& b);
Tensor operator>>(const Tensor& a, Scalar b);

}  // namespace reel
