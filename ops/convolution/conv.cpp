// Convolution: conv2d and conv3d, each with its two gradients as operations of their own, and conv1d as conv2d of a
// single row.

#include <reel/ops/internal/conv.h>

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

/// [first, second, ...] with the axes of images (rank 2), or of volumes.
template <int kRank>
Shape shape_of(std::int64_t first, std::int64_t second, std::int64_t d, std::int64_t h, std::int64_t w) {
  return kRank == 2 ? Shape{first, second, h, w} : Shape{first, second, d, h, w};
}
template <int kRank> Shape input_shape(const kernels::ConvShape& s) {
  return shape_of<kRank>(s.batch, s.channels, s.depth, s.height, s.width);
}
template <int kRank> Shape output_shape(const kernels::ConvShape& s) {
  return shape_of<kRank>(s.batch, s.out_channels, s.out_depth, s.out_height, s.out_width);
}
template <int kRank> Shape weight_shape(const kernels::ConvShape& s) {
  return shape_of<kRank>(s.out_channels, s.group_channels(), s.kernel_depth, s.kernel_height, s.kernel_width);
}

/// Whether the result has no elements or each is a sum of none: kernels do not take such shapes.
bool is_empty(const kernels::ConvShape& s) {
  return numel(input_shape<3>(s)) == 0 || numel(output_shape<3>(s)) == 0 || numel(weight_shape<3>(s)) == 0;
}

template <int kRank> struct Conv {
  static constexpr std::string_view name = kRank == 2 ? "conv2d" : "conv3d";
  kernels::ConvShape shape;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    save_factors(ctx, x, weight);
    const Tensor y = empty_image(output_shape<kRank>(shape), kChannelsLast, x.options());
    if (is_empty(shape)) {
      y.zero_();
      return bias.defined() ? y.copy_(bias.reshape(shape_of<kRank>(1, -1, 1, 1, 1))) : y;
    }
    const Tensor a = rounded_factor(x), b = rounded_factor(weight);
    kernels::conv[x.device()]({.dtype = y.dtype(),
                               .shape = shape.flattened(),
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
    return {ctx.needs_grad(0) ? conv_input_grad(factor, ctx.saved(1), shape) : Tensor(),
            ctx.needs_grad(1) ? conv_weight_grad(factor, ctx.saved(0), shape) : Tensor(),
            ctx.needs_grad(2) ? sum(g, kRank == 2 ? Dims{0, 2, 3} : Dims{0, 2, 3, 4}) : Tensor()};
  }
};

template <int kRank> struct ConvInputGrad {
  static constexpr std::string_view name = kRank == 2 ? "conv2d_input_grad" : "conv3d_input_grad";
  kernels::ConvShape shape;

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& weight) const {
    save_factors(ctx, y, weight);
    const Tensor x = empty_image(input_shape<kRank>(shape), kChannelsLast, weight.options());
    if (is_empty(shape)) return x.zero_();
    const Tensor a = rounded_factor(y), b = rounded_factor(weight);
    kernels::conv_input_grad[y.device()]({.dtype = x.dtype(),
                                          .shape = shape.flattened(),
                                          .y_grad = a.data(),
                                          .weight = b.data(),
                                          .x_grad = x.data(),
                                          .factors = a.dtype()});
    return x;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor g = grad.channels_last();
    return {ctx.needs_grad(0) ? conv_forward(g, ctx.saved(1), {}, shape) : Tensor(),
            ctx.needs_grad(1) ? conv_weight_grad(ctx.saved(0), g, shape) : Tensor()};
  }
};

template <int kRank> struct ConvWeightGrad {
  static constexpr std::string_view name = kRank == 2 ? "conv2d_weight_grad" : "conv3d_weight_grad";
  kernels::ConvShape shape;

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& x) const {
    save_factors(ctx, y, x);
    const Tensor weight = empty(weight_shape<kRank>(shape), x.options());
    if (is_empty(shape)) return weight.zero_();
    const Tensor a = rounded_factor(y), b = rounded_factor(x);
    kernels::conv_weight_grad[y.device()]({.dtype = weight.dtype(),
                                           .shape = shape.flattened(),
                                           .y_grad = a.data(),
                                           .x = b.data(),
                                           .weight_grad = weight.data(),
                                           .factors = a.dtype()});
    return weight;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor g = grad.contiguous();
    return {ctx.needs_grad(0) ? conv_forward(ctx.saved(1), g, {}, shape) : Tensor(),
            ctx.needs_grad(1) ? conv_input_grad(ctx.saved(0), g, shape) : Tensor()};
  }
};

/// A convolution's options along its axes.
struct Steps {
  Dims stride, padding, dilation;
  PaddingMode mode;
  std::int64_t groups;
};

template <class Options> Steps steps_of(const Options& o) {
  return {axes(o.stride), axes(o.padding.numbers()), axes(o.dilation), o.padding.mode(), o.groups};
}
Steps steps_of(const Conv1dOptions& o) {
  return {o.stride, o.padding.numbers().width, o.dilation, o.padding.mode(), o.groups};
}

kernels::ConvShape resolve(std::string_view op, const Shape& x, const Shape& weight, const Steps& steps) {
  check_steps(op, "stride", steps.stride, 1);
  check_steps(op, "dilation", steps.dilation, 1);
  check_steps(op, "padding", steps.padding, 0);
  check<ShapeError>(weight[1] * steps.groups == x[1],
                    "{}: expected input with {} channels for the weight {} and {} groups, got shape {}", op,
                    weight[1] * steps.groups, weight, steps.groups, x);
  check<ShapeError>(weight[0] % steps.groups == 0, "{}: expected output channels that {} groups divide, got weight {}",
                    op, steps.groups, weight);
  ConvAxes a{.in = image_axes(x), .kernel = image_axes(weight), .stride = steps.stride, .dilation = steps.dilation};
  check<ValueError>(steps.mode != PaddingMode::same || a.stride == Dims::filled(a.in.size(), 1),
                    "{}: expected stride 1 for padding \"same\", got {}", op, by(a.stride));
  for (int d = 0; d < a.in.size(); ++d) {
    const std::int64_t reach = checked_mul(a.kernel[d] - 1, a.dilation[d]);
    const bool same = steps.mode == PaddingMode::same;
    const std::int64_t padding = steps.mode == PaddingMode::full ? reach : steps.padding[d];
    a.before.push_back(same ? reach / 2 : padding);
    a.out.push_back(same ? a.in[d] : count_windows(op, a.in[d], a.kernel[d], a.stride[d], a.dilation[d], padding));
  }
  return a.shape(x[0], x[1], weight[0], steps.groups);
}

/// A convolution along as many axes as the weight has; errors name `op`.
template <class Options> Tensor convolve(std::string_view op, int axis_count, const Tensor& x, const Tensor& weight,
                                         const Tensor& bias, const Options& options) {
  const int rank = axis_count + 2;
  return over_batch(op, x, rank, [&](const Tensor& images) {
    check_conv_operands(op, images, weight, bias, rank, options.groups);
    check_conv_bias(op, bias, weight.shape()[0]);
    const kernels::ConvShape shape = resolve(op, images.shape(), weight.shape(), steps_of(options));
    if (axis_count > 1) return conv_forward(images, weight, bias, shape);
    return squeeze(conv_forward(unsqueeze(images, 2), unsqueeze(weight, 2), bias, shape), 2);  // of one row
  });
}

}  // namespace

// Operands are converted before the op, so that the tape saves what the gradients need and nothing is converted twice.

Tensor detail::conv_forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                            const kernels::ConvShape& shape) {
  const Tensor a = x.channels_last(), b = weight.contiguous(), c = contiguous_if_defined(bias);
  return weight.dim() == 4 ? apply(Conv<2>{shape}, a, b, c) : apply(Conv<3>{shape}, a, b, c);
}

Tensor detail::conv_input_grad(const Tensor& y, const Tensor& weight, const kernels::ConvShape& shape) {
  const Tensor a = y.channels_last(), b = weight.contiguous();
  return weight.dim() == 4 ? apply(ConvInputGrad<2>{shape}, a, b) : apply(ConvInputGrad<3>{shape}, a, b);
}

Tensor detail::conv_weight_grad(const Tensor& y, const Tensor& x, const kernels::ConvShape& shape) {
  const Tensor a = y.channels_last(), b = x.channels_last();
  return x.dim() == 4 ? apply(ConvWeightGrad<2>{shape}, a, b) : apply(ConvWeightGrad<3>{shape}, a, b);
}

kernels::ConvShape detail::ConvAxes::shape(std::int64_t batch, std::int64_t channels, std::int64_t out_channels,
                                           std::int64_t groups) const {
  kernels::ConvShape s{};
  s.batch = batch, s.channels = channels, s.out_channels = out_channels, s.groups = groups;
  const int w = in.size() - 1, h = w - 1, d = h - 1;
  s.width = in[w], s.kernel_width = kernel[w], s.out_width = out[w];
  s.stride_w = stride[w], s.dilation_w = dilation[w], s.pad_left = before[w];
  s.height = s.kernel_height = s.out_height = s.stride_h = s.dilation_h = 1;
  if (h >= 0) {
    s.height = in[h], s.kernel_height = kernel[h], s.out_height = out[h];
    s.stride_h = stride[h], s.dilation_h = dilation[h], s.pad_top = before[h];
  }
  if (d >= 0) {
    s.depth = in[d], s.kernel_depth = kernel[d], s.out_depth = out[d];
    s.stride_d = stride[d], s.dilation_d = dilation[d], s.pad_front = before[d];
  }
  return s;
}

void detail::check_conv_operands(std::string_view op, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                 int rank, std::int64_t groups) {
  check_defined(op, x);
  check_defined(op, weight, "the weight");
  check_dtype(op, x, kFloating);
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

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& options) {
  const Size2d padding = options.padding.numbers();
  check<ValueError>(padding.height == padding.width, "conv1d: expected one number as padding, got {} and {}",
                    padding.height, padding.width);
  return convolve("conv1d", 1, x, weight, bias, options);
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
  return convolve("conv2d", 2, x, weight, bias, options);
}

Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv3dOptions& options) {
  return convolve("conv3d", 3, x, weight, bias, options);
}

}  // namespace reel
