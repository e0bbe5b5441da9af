#pragma once

#include <string_view>

#include <reel/ops/ops.h>

/// What matmul, linear and einsum share.
namespace reel::detail {

/// a @ b (+ bias on each row), off the tape: a [batch..., m, k], b [batch..., k, n] with equal batch dimensions (which
/// may be expanded: nothing is copied for that), bias [n] or undefined. Transposed matrices are taken as they are.
/// Autocast rounds f32 factors; a factor that is used often may come as `rounded_factor` made it.
Tensor matrix_product(const Tensor& a, const Tensor& b, const Tensor& bias = {});

/// Throws unless both are defined, of one dtype that products take and on one device.
void check_factors(std::string_view op, const Tensor& a, const Tensor& b);

}  // namespace reel::detail
