// The mean of each window: avg_pool2d, adaptive_avg_pool2d.

#include <reel/autograd/tape/op.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/pool.h>
#include <reel/ops/internal/unbatched.h>

namespace reel {
using namespace detail;
namespace {

/// The windows, and how their means are taken: what both directions need.
struct Means {
  PoolWindows windows;
  bool count_include_pad;

  kernels::PoolShape shape(const Tensor& like) const {
    kernels::PoolShape s = pool_shape(windows, like);
    s.count_include_pad = count_include_pad;
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

}  // namespace

Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, const AvgPool2dOptions& options) {
  constexpr std::string_view op = "avg_pool2d";
  return over_batch(op, x, 4, [&](const Tensor& images) {
    const PoolWindows windows = pool_windows(op, images, kernel_size, options.stride.value_or(kernel_size),
                                             options.padding, 1, options.ceil_mode);
    return apply(AvgPool2d{{windows, options.count_include_pad}}, images);
  });
}

Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size) {
  constexpr std::string_view op = "adaptive_avg_pool2d";
  return over_batch(op, x, 4, [&](const Tensor& images) {
    return apply(AvgPool2d{{adaptive_windows(op, images, output_size), false}}, images);
  });
}

}  // namespace reel
