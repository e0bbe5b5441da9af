// The mean of each window: avg_pool and adaptive_avg_pool of one to three dimensions.

#include <reel/autograd/tape/op.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/pool_volume.h>
#include <reel/ops/internal/unbatched.h>

namespace reel {
using namespace detail;
namespace {

/// The windows, and how their means are taken: what both directions need.
struct Means {
  PoolWindows windows;
  bool count_include_pad;
  std::int64_t divisor;  // 0: the size of the window

  kernels::PoolShape shape(const Tensor& like) const {
    kernels::PoolShape s = pool_shape(windows, like);
    s.count_include_pad = count_include_pad;
    s.divisor = divisor;
    return s;
  }
};

Tensor avg_pool_grad(const Tensor& grad, const Means& means);

struct AvgPool2d {
  static constexpr std::string_view name = "avg_pool2d";
  Means means;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor image = dense_image(x);
    const kernels::PoolShape shape = means.shape(image);
    const Tensor y = empty_pool_image(shape, shape.h.out, shape.w.out, x.options());
    if (y.numel() > 0)
      kernels::avg_pool2d[x.device()]({.dtype = x.dtype(), .shape = shape, .x = image.data(), .y = y.data()});
    return y;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {avg_pool_grad(grad, means)}; }
};

/// The transpose: each window's gradient is divided among its elements.
struct AvgPool2dGrad {
  static constexpr std::string_view name = "avg_pool2d_grad";
  Means means;

  Tensor forward(Context&, const Tensor& grad) const {
    const Tensor g = dense_image(grad);
    const kernels::PoolShape shape = means.shape(g);
    const Tensor x_grad = empty_pool_image(shape, shape.h.in, shape.w.in, g.options());
    if (x_grad.numel() == 0 || g.numel() == 0) return x_grad.zero_();
    kernels::avg_pool2d_grad[g.device()](
        {.dtype = g.dtype(), .shape = shape, .y_grad = g.data(), .x_grad = x_grad.data()});
    return x_grad;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(AvgPool2d{means}, grad)}; }
};

Tensor avg_pool_grad(const Tensor& grad, const Means& means) { return apply(AvgPool2dGrad{means}, grad); }

Tensor adaptive_avg_pool(std::string_view op, const Tensor& x, const Dims& output_size) {
  if (is_half(x))
    return in_f32(
        op, [&](const Tensor& y) { return adaptive_avg_pool(op, y, output_size); }, x);
  return over_batch(op, x, output_size.size() + 2, [&](const Tensor& images) {
    return pool_each_axis(images, adaptive_axes(op, images, output_size),
                          [](const Tensor& planes, const PoolWindows& windows) {
                            return apply(AvgPool2d{{windows, false, 0}}, planes);
                          });
  });
}

}  // namespace

Tensor detail::avg_pool(std::string_view op, const Tensor& x, const PoolSteps& steps, bool count_include_pad,
                        std::optional<std::int64_t> divisor) {
  if (is_half(x)) {
    return in_f32(
        op, [&](const Tensor& y) { return avg_pool(op, y, steps, count_include_pad, divisor); }, x);
  }
  return over_batch(op, x, steps.kernel.size() + 2, [&](const Tensor& images) {
    const PoolAxes axes = pool_axes(op, images, steps);
    check<ValueError>(divisor.value_or(1) > 0 && divisor.value_or(1) <= kLongestStep,
                      "{}: expected divisor_override from 1 to 2^30, got {}", op, divisor.value_or(1));
    int calls = 0;
    return pool_each_axis(images, axes, [&](const Tensor& planes, const PoolWindows& windows) {
      const bool is_last = ++calls == (axes.count == 3 ? 2 : 1);  // of sums of a volume's planes the sums
      return apply(AvgPool2d{{windows, count_include_pad, divisor ? (is_last ? *divisor : 1) : 0}}, planes);
    });
  });
}

Tensor avg_pool1d(const Tensor& x, std::int64_t kernel_size, const AvgPool1dOptions& options) {
  return avg_pool("avg_pool1d", x, pool_steps(kernel_size, options), options.count_include_pad);
}

Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, const AvgPool2dOptions& options) {
  return avg_pool("avg_pool2d", x, pool_steps(kernel_size, options), options.count_include_pad,
                  options.divisor_override);
}

Tensor avg_pool3d(const Tensor& x, Size3d kernel_size, const AvgPool3dOptions& options) {
  return avg_pool("avg_pool3d", x, pool_steps(kernel_size, options), options.count_include_pad,
                  options.divisor_override);
}

Tensor adaptive_avg_pool1d(const Tensor& x, std::int64_t output_size) {
  return adaptive_avg_pool("adaptive_avg_pool1d", x, output_size);
}

Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size) {
  return adaptive_avg_pool("adaptive_avg_pool2d", x, axes(output_size));
}

Tensor adaptive_avg_pool3d(const Tensor& x, Size3d output_size) {
  return adaptive_avg_pool("adaptive_avg_pool3d", x, axes(output_size));
}

}  // namespace reel
