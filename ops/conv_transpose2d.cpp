// Transposed convolution: the input gradient of conv2d as an operation of its own.

#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/conv2d.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/internal/window.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "conv_transpose2d";

/// The size of the image whose convolution has `in` outputs; no window reaches the last `extra` elements.
std::int64_t image_size(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                        std::int64_t padding, std::int64_t extra) {
  const std::int64_t size = checked_mul(in - 1, stride) + checked_mul(kernel - 1, dilation) + 1 + extra - 2 * padding;
  check<ShapeError>(in > 0 && size > 0, "{}: an input of {} with kernel {} and padding {} gives an empty result", kName,
                    in, kernel, padding);
  return size;
}

/// conv_transpose2d of a batch.
Tensor transpose_batch(const Tensor& x, const Tensor& weight, const Tensor& bias,
                       const ConvTranspose2dOptions& options) {
  const Size2d stride = options.stride, padding = options.padding, extra = options.output_padding,
               dilation = options.dilation;
  check_conv_operands(kName, x, weight, bias, 4, options.groups);
  check_dtype(kName, x, kFloating);
  check_steps(kName, "stride", stride, 1);
  check_steps(kName, "dilation", dilation, 1);
  check_steps(kName, "padding", padding, 0);
  check_steps(kName, "output_padding", extra, 0);
  check<ValueError>(
      extra.height < std::max(stride.height, dilation.height) && extra.width < std::max(stride.width, dilation.width),
      "{}: expected output_padding below stride or dilation, got {} x {}", kName, extra.height, extra.width);
  const Shape &in = x.shape(), &kernel = weight.shape();
  check<ShapeError>(kernel[0] == in[1], "{}: expected input with {} channels for the weight {}, got shape {}", kName,
                    kernel[0], kernel, in);
  check<ShapeError>(in[1] % options.groups == 0, "{}: expected channels that {} groups divide, got {}", kName,
                    options.groups, in[1]);
  const std::int64_t out_channels = checked_mul(kernel[1], options.groups);
  check_conv_bias(kName, bias, out_channels);
  const kernels::Conv2dShape shape{
      .batch = in[0],
      .channels = out_channels,
      .height = image_size(in[2], kernel[2], stride.height, dilation.height, padding.height, extra.height),
      .width = image_size(in[3], kernel[3], stride.width, dilation.width, padding.width, extra.width),
      .out_channels = in[1],
      .kernel_height = kernel[2],
      .kernel_width = kernel[3],
      .out_height = in[2],
      .out_width = in[3],
      .stride_h = stride.height,
      .stride_w = stride.width,
      .dilation_h = dilation.height,
      .dilation_w = dilation.width,
      .pad_top = padding.height,
      .pad_left = padding.width,
      .groups = options.groups};
  const Tensor y = conv2d_input_grad(x, weight, shape);
  return bias.defined() ? y + bias.reshape({1, -1, 1, 1}) : y;
}

}  // namespace

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose2dOptions& options) {
  return over_batch(kName, x, 4, [&](const Tensor& images) { return transpose_batch(images, weight, bias, options); });
}

}  // namespace reel
