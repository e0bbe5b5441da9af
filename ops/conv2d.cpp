// Convolution: conv2d with its two gradients as operations of their own, and conv1d as conv2d of a single row.

#include <reel/ops/internal/conv2d.h>

#include <reel/autograd/tape/op.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/internal/window.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr bool kChannelsLast = true;  // all images of this file

Shape input_shape(const kernels::Conv2dShape& s) { return {s.batch, s.channels, s.height, s.width}; }
Shape output_shape(const kernels::Conv2dShape& s) { return {s.batch, s.out_channels, s.out_height, s.out_width}; }
Shape weight_shape(const kernels::Conv2dShape& s) {
  return {s.out_channels, s.group_channels(), s.kernel_height, s.kernel_width};
}

/// Whether the result has no elements or each is a sum of none: kernels do not take such shapes.
bool is_empty(const kernels::Conv2dShape& s) {
  return numel(input_shape(s)) == 0 || numel(output_shape(s)) == 0 || numel(weight_shape(s)) == 0;
}

struct Conv2d {
  static constexpr std::string_view name = "conv2d";
  kernels::Conv2dShape shape;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    save_factors(ctx, x, weight);
    const Tensor y = empty_image(output_shape(shape), kChannelsLast, x.options());
    if (is_empty(shape)) {
      y.zero_();
      return bias.defined() ? y.copy_(bias.reshape({1, -1, 1, 1})) : y;
    }
    const Tensor a = rounded_factor(x), b = rounded_factor(weight);
    kernels::conv2d[x.device()]({.dtype = y.dtype(),
                                 .shape = shape,
                                 .x = a.data(),
                                 .weight = b.data(),
                                 .bias = data_or_null(bias),
                                 .y = y.data(),
                                 .factors = a.dtype()});
    return y;
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor g = grad.channels_last();  // converted and rounded once for both gradients
    const Tensor factor = GradMode::enabled() ? g : rounded_factor(g);
    return {ctx.needs_grad(0) ? conv2d_input_grad(factor, ctx.saved(1), shape) : Tensor(),
            ctx.needs_grad(1) ? conv2d_weight_grad(factor, ctx.saved(0), shape) : Tensor(),
            ctx.needs_grad(2) ? sum(g, {0, 2, 3}) : Tensor()};
  }
};

struct Conv2dInputGrad {
  static constexpr std::string_view name = "conv2d_input_grad";
  kernels::Conv2dShape shape;

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& weight) const {
    save_factors(ctx, y, weight);
    const Tensor x = empty_image(input_shape(shape), kChannelsLast, weight.options());
    if (is_empty(shape)) return x.zero_();
    const Tensor a = rounded_factor(y), b = rounded_factor(weight);
    kernels::conv2d_input_grad[y.device()]({.dtype = x.dtype(),
                                            .shape = shape,
                                            .y_grad = a.data(),
                                            .weight = b.data(),
                                            .x_grad = x.data(),
                                            .factors = a.dtype()});
    return x;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor g = grad.channels_last();
    return {ctx.needs_grad(0) ? conv2d_forward(g, ctx.saved(1), {}, shape) : Tensor(),
            ctx.needs_grad(1) ? conv2d_weight_grad(ctx.saved(0), g, shape) : Tensor()};
  }
};

struct Conv2dWeightGrad {
  static constexpr std::string_view name = "conv2d_weight_grad";
  kernels::Conv2dShape shape;

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& x) const {
    save_factors(ctx, y, x);
    const Tensor weight = empty(weight_shape(shape), x.options());
    if (is_empty(shape)) return weight.zero_();
    const Tensor a = rounded_factor(y), b = rounded_factor(x);
    kernels::conv2d_weight_grad[y.device()]({.dtype = weight.dtype(),
                                             .shape = shape,
                                             .y_grad = a.data(),
                                             .x = b.data(),
                                             .weight_grad = weight.data(),
                                             .factors = a.dtype()});
    return weight;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor g = grad.contiguous();
    return {ctx.needs_grad(0) ? conv2d_forward(ctx.saved(1), g, {}, shape) : Tensor(),
            ctx.needs_grad(1) ? conv2d_input_grad(ctx.saved(0), g, shape) : Tensor()};
  }
};

struct Axis {
  std::int64_t before, out;
};

/// The padding before the image and the size of the output along one axis.
Axis resolve_axis(std::string_view op, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                  std::int64_t padding, Padding::Mode mode) {
  const std::int64_t reach = checked_mul(kernel - 1, dilation);
  if (mode == Padding::Mode::same) return {reach / 2, in};
  if (mode == Padding::Mode::full) padding = reach;
  return {padding, count_windows(op, in, kernel, stride, dilation, padding)};
}

kernels::Conv2dShape resolve(std::string_view op, const Shape& x, const Shape& weight, const Conv2dOptions& options) {
  const Size2d stride = options.stride, dilation = options.dilation, padding = options.padding.numbers();
  const std::int64_t groups = options.groups;
  check_steps(op, "stride", stride, 1);
  check_steps(op, "dilation", dilation, 1);
  check_steps(op, "padding", padding, 0);
  check<ShapeError>(weight[1] * groups == x[1],
                    "{}: expected input with {} channels for the weight {} and {} groups, got shape {}", op,
                    weight[1] * groups, weight, groups, x);
  check<ShapeError>(weight[0] % groups == 0, "{}: expected output channels that {} groups divide, got weight {}", op,
                    groups, weight);
  const Padding::Mode mode = options.padding.mode();
  check<ValueError>(mode != Padding::Mode::same || stride == Size2d(1),
                    "{}: expected stride 1 for padding \"same\", got {} x {}", op, stride.height, stride.width);
  const Axis h = resolve_axis(op, x[2], weight[2], stride.height, dilation.height, padding.height, mode);
  const Axis w = resolve_axis(op, x[3], weight[3], stride.width, dilation.width, padding.width, mode);
  return {.batch = x[0],
          .channels = x[1],
          .height = x[2],
          .width = x[3],
          .out_channels = weight[0],
          .kernel_height = weight[2],
          .kernel_width = weight[3],
          .out_height = h.out,
          .out_width = w.out,
          .stride_h = stride.height,
          .stride_w = stride.width,
          .dilation_h = dilation.height,
          .dilation_w = dilation.width,
          .pad_top = h.before,
          .pad_left = w.before,
          .groups = groups};
}

/// conv2d; errors name `op`.
Tensor conv2d_as(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                 const Conv2dOptions& options) {
  check_conv_operands(op, x, weight, bias, 4, options.groups);
  check_conv_bias(op, bias, weight.shape()[0]);
  return conv2d_forward(x, weight, bias, resolve(op, x.shape(), weight.shape(), options));
}

}  // namespace

Tensor detail::conv2d_forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                              const kernels::Conv2dShape& shape) {
  // Converted before the op, so that the tape saves what the gradients need and nothing is converted twice.
  return apply(Conv2d{shape}, x.channels_last(), weight.contiguous(), contiguous_if_defined(bias));
}

Tensor detail::conv2d_input_grad(const Tensor& y, const Tensor& weight, const kernels::Conv2dShape& shape) {
  return apply(Conv2dInputGrad{shape}, y.channels_last(), weight.contiguous());
}

Tensor detail::conv2d_weight_grad(const Tensor& y, const Tensor& x, const kernels::Conv2dShape& shape) {
  return apply(Conv2dWeightGrad{shape}, y.channels_last(), x.channels_last());
}

void detail::check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                 int rank, std::int64_t groups) {
  check_defined(op, x);
  check_defined(op, weight, "the weight");
  check_dtype(op, x, kFloatingAndHalf);
  for (const Tensor* operand : {&weight, &bias}) {
    if (!operand->defined()) continue;
    check_same_dtype(op, x, *operand);
    check_same_device(op, x, *operand);
  }
  check_rank(op, "the weight", weight, rank);
  for (int d = 2; d < rank; ++d) {
    check<ShapeError>(weight.shape()[d] > 0 && weight.shape()[d] <= kLongestStep,
                      "{}: expected a kernel of at least one element, got weight {}", op, weight.shape());
  }
  check<ValueError>(groups > 0 && groups <= kLongestStep, "{}: expected groups of at least 1, got {}", op, groups);
}

void detail::check_conv_bias(std::string_view op, const Tensor& bias, std::int64_t out_channels) {
  if (!bias.defined()) return;
  check<ShapeError>(bias.shape() == Shape{out_channels}, "{}: expected the bias of shape [{}], got {}", op,
                    out_channels, bias.shape());
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  return over_batch("conv2d", x, 4,
                    [&](const Tensor& images) { return conv2d_as("conv2d", images, weight, bias, options); });
}

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  check_conv_operands("conv1d", x, weight, bias, 3, options.groups);
  const bool numbers = options.padding.mode() == Padding::Mode::numbers;
  const Conv2dOptions image{.stride = {1, options.stride},
                            .padding = numbers ? Padding(0, options.padding.numbers().width) : options.padding,
                            .dilation = {1, options.dilation},
                            .groups = options.groups};
  return over_batch("conv1d", x, 3, [&](const Tensor& lines) {
    return squeeze(conv2d_as("conv1d", unsqueeze(lines, 2), unsqueeze(weight, 2), bias, image), 2);
  });
}

}  // namespace reel
