#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>

#include <reel/kernels/pool.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/window.h>

/// What max and average pooling share.
namespace reel::detail {

/// The windows of an image, as kernels take them.
struct PoolWindows {
  kernels::PoolAxis h, w;
};

/// The windows along each axis of a line, an image or a volume, from the outermost.
struct PoolAxes {
  int count = 0;
  std::array<kernels::PoolAxis, 3> axis{};
};

/// A pooling's options along its axes, from the outermost.
struct PoolSteps {
  Dims kernel, stride, padding, dilation;
  bool ceil_mode;
};

/// The options of any pooling; what it does not have is usual.
template <class Size, class Options> PoolSteps pool_steps(const Size& kernel_size, const Options& o) {
  const Dims kernel = axes(kernel_size);
  PoolSteps steps{.kernel = kernel,
                  .stride = axes(o.stride.value_or(kernel_size)),
                  .padding = Dims::filled(kernel.size(), 0),
                  .dilation = Dims::filled(kernel.size(), 1),
                  .ceil_mode = o.ceil_mode};
  if constexpr (requires { o.padding; }) steps.padding = axes(o.padding);
  if constexpr (requires { o.dilation; }) steps.dilation = axes(o.dilation);
  return steps;
}

/// The axis of `n` elements that are windows of their own.
inline kernels::PoolAxis whole_axis(std::int64_t n) { return {.in = n, .out = n, .kernel = 1}; }

inline void check_pool_input(std::string_view op, const Tensor& x) {
  check_defined(op, x);
  check_dtype(op, x, kFloating);
}

/// The windows along one axis, each of which has an element of the image.
inline kernels::PoolAxis pool_axis(std::string_view op, std::string_view side, std::int64_t in, std::int64_t kernel,
                                   std::int64_t stride, std::int64_t padding, std::int64_t dilation, bool ceil_mode) {
  const kernels::PoolAxis axis{.in = in,
                               .out = count_windows(op, in, kernel, stride, dilation, padding, ceil_mode),
                               .kernel = kernel,
                               .stride = stride,
                               .padding = padding,
                               .dilation = dilation};
  // Padding is at most half of a kernel, so only elements that are apart can all miss the image.
  for (std::int64_t o = 0; dilation > 1 && o < axis.out; ++o) {
    check<ShapeError>(axis.begin(o) < axis.end(o),
                      "{}: expected windows with an element of the image, got only padding in window {} along the {} "
                      "(size {}, kernel {}, stride {}, padding {}, dilation {}); reduce padding or dilation",
                      op, o, side, in, kernel, stride, padding, dilation);
  }
  return axis;
}

/// The windows of fixed size over the image x.
inline PoolAxes pool_axes(std::string_view op, const Tensor& x, const PoolSteps& steps) {
  constexpr std::string_view sides[] = {"depth", "height", "width"};
  check_pool_input(op, x);
  check_steps(op, "kernel_size", steps.kernel, 1);
  check_steps(op, "stride", steps.stride, 1);
  check_steps(op, "padding", steps.padding, 0);
  check_steps(op, "dilation", steps.dilation, 1);
  const Dims in = image_axes(x.shape());
  PoolAxes axes{.count = in.size()};
  for (int d = 0; d < axes.count; ++d) {
    check<ValueError>(steps.padding[d] <= steps.kernel[d] / 2,
                      "{}: expected padding of at most half of the kernel {}, got {}", op, by(steps.kernel),
                      by(steps.padding));
    check<ShapeError>(in[d] > 0, "{}: expected an image with pixels, got {}", op, by(in));
  }
  for (int d = 0; d < axes.count; ++d) {
    axes.axis[static_cast<std::size_t>(d)] =
        pool_axis(op, sides[3 - axes.count + d], in[d], steps.kernel[d], steps.stride[d], steps.padding[d],
                  steps.dilation[d], steps.ceil_mode);
  }
  return axes;
}

/// The windows for a result of `size`.
inline PoolAxes adaptive_axes(std::string_view op, const Tensor& x, const Dims& size) {
  check_pool_input(op, x);
  check_steps(op, "output_size", size, 0);
  const Dims in = image_axes(x.shape());
  PoolAxes axes{.count = in.size()};
  for (int d = 0; d < axes.count; ++d) {
    check<ShapeError>(in[d] > 0 || size[d] == 0, "{}: expected an image with pixels, got {}", op, by(in));
    kernels::PoolAxis& axis = axes.axis[static_cast<std::size_t>(d)];
    axis = {.in = in[d], .out = size[d]};
    // Kernels are fastest with windows of fixed size.
    if (size[d] > 0 && in[d] % size[d] == 0) axis.kernel = axis.stride = in[d] / size[d];
  }
  return axes;
}

/// avg_pool of as many dimensions as the steps have; errors name `op`.
Tensor avg_pool(std::string_view op, const Tensor& x, const PoolSteps& steps, bool count_include_pad = true,
                std::optional<std::int64_t> divisor = std::nullopt);

/// The shape for a kernel call whose images all have the layout of the dense image `like`.
inline kernels::PoolShape pool_shape(const PoolWindows& windows, const Tensor& like) {
  return {.batch = like.shape()[0],
          .channels = like.shape()[1],
          .h = windows.h,
          .w = windows.w,
          .channels_last = is_channels_last_image(like)};
}

/// An uninitialised image of this size in the layout of the call.
inline Tensor empty_pool_image(const kernels::PoolShape& s, std::int64_t height, std::int64_t width,
                               const TensorOptions& options) {
  return empty_image({s.batch, s.channels, height, width}, s.channels_last, options);
}

}  // namespace reel::detail
