// Transposed convolution: the input gradient of a convolution as an operation of its own.

#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/conv.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/internal/window.h>

namespace reel {
using namespace detail;
namespace {

/// The sizes of the image whose convolution has `a.in` outputs; no window reaches the last `extra` elements.
Dims image_sizes(std::string_view op, const ConvAxes& a, const Dims& extra) {
  Dims sizes = a.in;
  for (int d = 0; d < sizes.size(); ++d) {
    const std::int64_t in = a.in[d], reach = checked_mul(a.kernel[d] - 1, a.dilation[d]);
    sizes[d] = checked_mul(in - 1, a.stride[d]) + reach + 1 + extra[d] - 2 * a.before[d];
    check<ShapeError>(in > 0 && sizes[d] > 0, "{}: an input of {} with kernel {} and padding {} gives an empty result",
                      op, in, a.kernel[d], a.before[d]);
  }
  return sizes;
}

/// The transposed convolution of a batch.
template <class Options> Tensor transpose_batch(std::string_view op, const Tensor& x, const Tensor& weight,
                                                const Tensor& bias, const Options& options) {
  check_conv_operands(op, x, weight, bias, x.dim(), options.groups);
  if (is_half(x) && bias.defined()) {  // rounded after the bias
    const auto f = [&](const Tensor& y, const Tensor& w, const Tensor& b) {
      return transpose_batch(op, y, w, b, options);
    };
    return in_f32(op, f, x, weight, bias);
  }
  ConvAxes a{.in = image_axes(x.shape()),
             .kernel = image_axes(weight.shape()),
             .stride = axes(options.stride),
             .dilation = axes(options.dilation),
             .before = axes(options.padding)};
  const Dims extra = axes(options.output_padding);
  check_steps(op, "stride", a.stride, 1);
  check_steps(op, "dilation", a.dilation, 1);
  check_steps(op, "padding", a.before, 0);
  check_steps(op, "output_padding", extra, 0);
  for (int d = 0; d < extra.size(); ++d) {
    check<ValueError>(extra[d] < std::max(a.stride[d], a.dilation[d]),
                      "{}: expected output_padding below stride or dilation, got {}", op, by(extra));
  }
  const Shape &in = x.shape(), &kernel = weight.shape();
  check<ShapeError>(kernel[0] == in[1], "{}: expected input with {} channels for the weight {}, got shape {}", op,
                    kernel[0], kernel, in);
  check<ShapeError>(in[1] % options.groups == 0, "{}: expected channels that {} groups divide, got {}", op,
                    options.groups, in[1]);
  const std::int64_t out_channels = checked_mul(kernel[1], options.groups);
  check_conv_bias(op, bias, out_channels);
  a.out = a.in;
  a.in = image_sizes(op, a, extra);
  const kernels::ConvShape shape = a.shape(in[0], out_channels, in[1], options.groups);
  const bool line = x.dim() == 3;  // a row of an image
  const Tensor image =
      line ? conv_input_grad(unsqueeze(x, 2), unsqueeze(weight, 2), shape) : conv_input_grad(x, weight, shape);
  const Tensor y = line ? squeeze(image, 2) : image;
  if (!bias.defined()) return y;
  Shape along_channels = Dims::filled(y.dim(), 1);
  along_channels[1] = -1;
  return y + bias.reshape(along_channels);
}

}  // namespace

Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose1dOptions& options) {
  constexpr std::string_view op = "conv_transpose1d";
  return over_batch(op, x, 3, [&](const Tensor& lines) { return transpose_batch(op, lines, weight, bias, options); });
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose2dOptions& options) {
  constexpr std::string_view op = "conv_transpose2d";
  return over_batch(op, x, 4, [&](const Tensor& images) { return transpose_batch(op, images, weight, bias, options); });
}

Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const ConvTranspose3dOptions& options) {
  constexpr std::string_view op = "conv_transpose3d";
  return over_batch(op, x, 5,
                    [&](const Tensor& volumes) { return transpose_batch(op, volumes, weight, bias, options); });
}

}  // namespace reel
