#pragma once

#include <string_view>

#include <reel/kernels/conv.h>
#include <reel/ops/internal/window.h>
#include <reel/tensor/tensor.h>

/// Convolution as three operations. Each is linear in both operands, and its gradients are the other two.
namespace reel::detail {

/// y = x * weight (+ bias, if defined), of images [N, C, H, W] or volumes [N, C, D, H, W]. Operands may have any
/// layout; images come out channels-last.
Tensor conv_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, const kernels::ConvShape& shape);
/// The gradient with respect to x, where y is the gradient of the result. Under autocast y may have been rounded
/// before.
Tensor conv_input_grad(const Tensor& y, const Tensor& weight, const kernels::ConvShape& shape);
/// The gradient with respect to the weight.
Tensor conv_weight_grad(const Tensor& y, const Tensor& x, const kernels::ConvShape& shape);

/// Throws unless the weight has rank `rank` and a kernel that is not empty, x, weight and bias (which may be undefined)
/// share a floating dtype and the device, and groups are positive.
void check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias, int rank,
                         std::int64_t groups);
/// Throws unless the bias, if defined, has one element for each output channel.
void check_conv_bias(std::string_view op, const Tensor& bias, std::int64_t out_channels);

/// The sizes of a convolution along its axes, from the outermost: one, two or three.
struct ConvAxes {
  Dims in = {}, kernel = {}, out = {}, stride = {}, dilation = {}, before = {};

  /// As kernels take them: a line is an image of height 1, an image a volume of depth 1.
  kernels::ConvShape shape(std::int64_t batch, std::int64_t channels, std::int64_t out_channels,
                           std::int64_t groups) const;
};

}  // namespace reel::detail
