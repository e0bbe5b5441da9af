#pragma once

#include <limits>
#include <string_view>

#include <reel/kernels/pool.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/window.h>

/// What max and average pooling share.
namespace reel::detail {

struct PoolWindows {
  kernels::PoolAxis h, w;
};

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
inline PoolWindows pool_windows(std::string_view op, const Tensor& x, Size2d kernel, Size2d stride, Size2d padding,
                                Size2d dilation, bool ceil_mode) {
  check_pool_input(op, x);
  check_steps(op, "kernel_size", kernel, 1);
  check_steps(op, "stride", stride, 1);
  check_steps(op, "padding", padding, 0);
  check_steps(op, "dilation", dilation, 1);
  check<ValueError>(padding.height <= kernel.height / 2 && padding.width <= kernel.width / 2,
                    "{}: expected padding of at most half of the kernel {} x {}, got {} x {}", op, kernel.height,
                    kernel.width, padding.height, padding.width);
  const std::int64_t height = x.shape()[2], width = x.shape()[3];
  check<ShapeError>(height > 0 && width > 0, "{}: expected an image with pixels, got {} x {}", op, height, width);
  return {pool_axis(op, "height", height, kernel.height, stride.height, padding.height, dilation.height, ceil_mode),
          pool_axis(op, "width", width, kernel.width, stride.width, padding.width, dilation.width, ceil_mode)};
}

/// The windows for a result of `size`.
inline PoolWindows adaptive_windows(std::string_view op, const Tensor& x, Size2d size) {
  check_pool_input(op, x);
  check_steps(op, "output_size", size, 0);
  const auto axis = [&](std::int64_t in, std::int64_t out) -> kernels::PoolAxis {
    check<ShapeError>(in > 0 || out == 0, "{}: expected an image with pixels, got {} x {}", op, x.shape()[2],
                      x.shape()[3]);
    // Kernels are fastest with windows of fixed size.
    if (out > 0 && in % out == 0) return {.in = in, .out = out, .kernel = in / out, .stride = in / out};
    return {.in = in, .out = out};
  };
  return {axis(x.shape()[2], size.height), axis(x.shape()[3], size.width)};
}

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
