#pragma once

#include <string_view>

#include <reel/tensor/tensor.h>

/// What matmul, linear and einsum share.
namespace reel::detail {

/// a @ b + bias, off the tape: a [batch..., m, k], b [batch..., k, n] with equal batch dimensions, bias [n] or
/// undefined. Expanded batch dimensions and transposed matrices are not copied. Autocast rounds f32 factors; one that
/// is used several times may come from `rounded_factor`.
Tensor matrix_product(const Tensor& a, const Tensor& b, const Tensor& bias = {});

/// Throws unless both are defined and share the device and a dtype that products take.
void check_factors(std::string_view op, const Tensor& a, const Tensor& b);

}  // namespace reel::detail
