// The maximum of each window: max_pool2d, max_pool2d_with_indices, adaptive_max_pool2d.

#include <reel/autograd/tape/op.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/pool.h>
#include <reel/ops/internal/unbatched.h>

namespace reel {
using namespace detail;
namespace {

struct Pooled {
  Tensor values, indices;
};

/// The maxima and, if `indexed`, their positions in the H x W planes (i32).
Pooled pool(const Tensor& x, const PoolWindows& windows, bool indexed) {
  const Tensor image = dense_image(x);
  const kernels::PoolShape shape = pool_shape(windows, image);
  Pooled out;
  out.values = empty_pool_image(shape, windows.h.out, windows.w.out, x.options());
  if (indexed)
    out.indices = empty_pool_image(shape, windows.h.out, windows.w.out, {.dtype = DType::i32, .device = x.device()});
  if (out.values.numel() == 0) return out;
  kernels::max_pool2d[x.device()]({.dtype = x.dtype(),
                                   .shape = shape,
                                   .x = image.data(),
                                   .y = out.values.data(),
                                   .indices = indexed ? out.indices.data_ptr<std::int32_t>() : nullptr});
  return out;
}

/// The elements at the indices: the linear map that pooling is once the maxima are known.
Tensor gather_pooled(const Tensor& x, const Tensor& indices, const PoolWindows& windows) {
  const kernels::PoolShape shape = pool_shape(windows, indices);
  const Tensor image = dense_image(x, shape.channels_last);
  const Tensor y = empty_pool_image(shape, windows.h.out, windows.w.out, x.options());
  if (y.numel() == 0) return y;
  kernels::pool_gather[x.device()]({.dtype = x.dtype(),
                                    .shape = shape,
                                    .x = image.data(),
                                    .indices = indices.data_ptr<std::int32_t>(),
                                    .y = y.data()});
  return y;
}

Tensor max_pool_grad(const Tensor& grad, const Tensor& indices, const PoolWindows& windows);

struct MaxPool2d {
  static constexpr std::string_view name = "max_pool2d";
  PoolWindows windows;

  /// With indices the elements there, else the maxima.
  Tensor forward(Context& ctx, const Tensor& x, const Tensor& indices) const {
    if (indices.defined()) {
      ctx.save(indices);
      return gather_pooled(x, indices, windows);
    }
    const Pooled out = pool(x, windows, ctx.needs_grad(0));
    if (out.indices.defined()) ctx.save(out.indices);
    return out.values;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {max_pool_grad(grad, ctx.saved(0), windows), Tensor()};
  }
};

/// Adds the gradient of each window to the element that was its maximum: the transpose of gather_pooled.
struct MaxPool2dGrad {
  static constexpr std::string_view name = "max_pool2d_grad";
  PoolWindows windows;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& indices) const {
    ctx.save(indices);
    const kernels::PoolShape shape = pool_shape(windows, indices);
    const Tensor g = dense_image(grad, shape.channels_last);
    const Tensor x_grad = empty_pool_image(shape, windows.h.in, windows.w.in, g.options());
    if (x_grad.numel() == 0 || g.numel() == 0) return x_grad.zero_();
    kernels::max_pool2d_grad[g.device()]({.dtype = g.dtype(),
                                          .shape = shape,
                                          .y_grad = g.data(),
                                          .indices = indices.data_ptr<std::int32_t>(),
                                          .x_grad = x_grad.data()});
    return x_grad;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(MaxPool2d{windows}, grad, ctx.saved(0)), Tensor()};
  }
};

Tensor max_pool_grad(const Tensor& grad, const Tensor& indices, const PoolWindows& windows) {
  return apply(MaxPool2dGrad{windows}, grad, indices);
}

struct MaxPool2dWithIndices {
  static constexpr std::string_view name = "max_pool2d_with_indices";
  PoolWindows windows;

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x) const {
    const Pooled out = pool(x, windows, true);
    ctx.save(out.indices);
    return {out.values, out.indices.to(DType::i64)};
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    return {max_pool_grad(grads[0], ctx.saved(0), windows)};
  }
};

void check_plane(std::string_view op, const Tensor& x) {
  check<ShapeError>(checked_mul(x.shape()[2], x.shape()[3]) <= std::numeric_limits<std::int32_t>::max(),
                    "{}: expected planes of less than 2^31 elements, got shape {}", op, x.shape());
}

PoolWindows windows_of(std::string_view op, const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options) {
  const PoolWindows windows = pool_windows(op, x, kernel_size, options.stride.value_or(kernel_size), options.padding,
                                           options.dilation, options.ceil_mode);
  check_plane(op, x);
  return windows;
}

}  // namespace

Tensor max_pool2d(const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options) {
  constexpr std::string_view op = "max_pool2d";
  return over_batch(op, x, 4, [&](const Tensor& images) {
    return apply(MaxPool2d{windows_of(op, images, kernel_size, options)}, images, Tensor());
  });
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, Size2d kernel_size,
                                                   const MaxPool2dOptions& options) {
  constexpr std::string_view op = "max_pool2d_with_indices";
  Tensor indices;
  Tensor values = over_batch(op, x, 4, [&](const Tensor& images) {
    const auto out = apply(MaxPool2dWithIndices{windows_of(op, images, kernel_size, options)}, images);
    indices = out[1];
    return out[0];
  });
  if (x.dim() == 3) indices = squeeze(indices, 0);
  return {std::move(values), std::move(indices)};
}

Tensor adaptive_max_pool2d(const Tensor& x, Size2d output_size) {
  constexpr std::string_view op = "adaptive_max_pool2d";
  return over_batch(op, x, 4, [&](const Tensor& images) {
    const PoolWindows windows = adaptive_windows(op, images, output_size);
    check_plane(op, images);
    return apply(MaxPool2d{windows}, images, Tensor());
  });
}

}  // namespace reel
