#pragma once

#include <string_view>

#include <reel/kernels/conv.h>
#include <reel/tensor/tensor.h>

/// Convolution as three operations. Each is linear in both operands, and its gradients are the other two.
namespace reel::detail {

/// y = x * weight (+ bias, if defined). Operands may have any layout; images come out channels-last.
Tensor conv2d_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const kernels::Conv2dShape& shape);
/// The gradient with respect to x, where y is the gradient of the result. Under autocast y may have been rounded
/// before.
Tensor conv2d_input_grad(const Tensor& y, const Tensor& weight, const kernels::Conv2dShape& shape);
/// The gradient with respect to the weight.
Tensor conv2d_weight_grad(const Tensor& y, const Tensor& x, const kernels::Conv2dShape& shape);

/// Throws unless the weight has rank `rank` and a kernel that is not empty, x, weight and bias (which may be undefined)
/// share a floating dtype and the device, and groups are positive.
void check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias, int rank,
                         std::int64_t groups);
/// Throws unless the bias is undefined or has one element for each output channel.
void check_conv_bias(std::string_view op, const Tensor& bias, std::int64_t out_channels);

}  // namespace reel::detail
