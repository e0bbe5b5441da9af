#pragma once

#include <string_view>

#include <reel/kernels/conv.h>
#include <reel/tensor/tensor.h>

/// Convolution as three operations, each linear in both operands, each one's gradients the other two.
namespace reel::detail {

/// y = x * weight (+ bias, if defined). Operands may have any layout; images come out channels-last.
Tensor conv2d_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const kernels::Conv2dShape& shape);
/// The gradient with respect to x of a convolution whose result has the gradient y, which under autocast may have been
/// rounded already.
Tensor conv2d_input_grad(const Tensor& y, const Tensor& weight, const kernels::Conv2dShape& shape);
/// The same with respect to the weight.
Tensor conv2d_weight_grad(const Tensor& y, const Tensor& x, const kernels::Conv2dShape& shape);

/// x and weight have rank `rank`; they and the bias (may be undefined) share a floating dtype and the device; the
/// kernel is not empty, groups are positive.
void check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias, int rank,
                         std::int64_t groups);
/// The bias, if defined, has one element for each output channel.
void check_conv_bias(std::string_view op, const Tensor& bias, std::int64_t out_channels);

}  // namespace reel::detail
