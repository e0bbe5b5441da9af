// The maximum of each window: max_pool, max_pool_with_indices and adaptive_max_pool of one to three dimensions.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/pool_volume.h>
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

/// Whose positions i32 can count, volume by volume.
void check_positions_fit(std::string_view op, const Tensor& x) {
  std::int64_t size = 1;
  for (const std::int64_t axis : image_axes(x.shape())) size = checked_mul(size, axis);
  check<ShapeError>(size <= std::numeric_limits<std::int32_t>::max(),
                    "{}: expected planes of less than 2^31 elements, got shape {}", op, x.shape());
}

Tensor largest(const Tensor& images, const PoolWindows& windows) { return apply(MaxPool2d{windows}, images, Tensor()); }

template <class Size, class Options>
Tensor max_pool(std::string_view op, const Tensor& x, const Size& kernel_size, const Options& options) {
  if (is_half(x))
    return in_f32(
        op, [&](const Tensor& y) { return max_pool(op, y, kernel_size, options); }, x);
  const PoolSteps steps = pool_steps(kernel_size, options);
  return over_batch(op, x, steps.kernel.size() + 2, [&](const Tensor& images) {
    const PoolAxes axes = pool_axes(op, images, steps);
    check_positions_fit(op, images);
    return pool_each_axis(images, axes, largest);
  });
}

Tensor adaptive_max_pool(std::string_view op, const Tensor& x, const Dims& output_size) {
  if (is_half(x))
    return in_f32(
        op, [&](const Tensor& y) { return adaptive_max_pool(op, y, output_size); }, x);
  return over_batch(op, x, output_size.size() + 2, [&](const Tensor& images) {
    const PoolAxes axes = adaptive_axes(op, images, output_size);
    check_positions_fit(op, images);
    return pool_each_axis(images, axes, largest);
  });
}

using ValuesAndIndices = std::tuple<Tensor, Tensor>;

ValuesAndIndices indexed(const Tensor& images, const PoolWindows& windows) {
  const auto [values, indices] = apply(MaxPool2dWithIndices{windows}, images);
  return {values, indices};
}

/// The plane that an element comes from, and where it was found in the plane, make its position in the volume.
ValuesAndIndices indexed_volume(const Tensor& x, const PoolAxes& axes) {
  const auto& [d, h, w] = axes.axis;
  const Tensor dense = dense_image(x);
  const Volume volume(dense);
  const auto [values, places] = indexed(volume.planes(dense), {h, w});
  const auto [largest, planes] = indexed(volume.columns(values), {d, whole_axis(1)});
  const Tensor positions = planes * (h.in * w.in) + gather(volume.columns(places), 2, planes);
  return {volume.volume(largest, h.out, w.out), volume.volume(positions, h.out, w.out)};
}

ValuesAndIndices indexed_axes(const Tensor& x, const PoolAxes& axes) {
  if (axes.count == 3) return indexed_volume(x, axes);
  if (axes.count == 2) return indexed(x, {axes.axis[0], axes.axis[1]});
  const auto [values, indices] = indexed(unsqueeze(x, 2), {whole_axis(1), axes.axis[0]});
  return {squeeze(values, 2), squeeze(indices, 2)};
}

template <class Size, class Options> ValuesAndIndices max_pool_with_indices(std::string_view op, const Tensor& x,
                                                                            const Size& kernel_size,
                                                                            const Options& options) {
  if (is_half(x)) {
    return in_f32(
        op, [&](const Tensor& y) { return max_pool_with_indices(op, y, kernel_size, options); }, x);
  }
  const PoolSteps steps = pool_steps(kernel_size, options);
  Tensor indices;
  Tensor values = over_batch(op, x, steps.kernel.size() + 2, [&](const Tensor& images) {
    const PoolAxes axes = pool_axes(op, images, steps);
    check_positions_fit(op, images);
    const auto [y, at] = indexed_axes(images, axes);
    indices = at;
    return y;
  });
  if (indices.dim() > values.dim()) indices = squeeze(indices, 0);
  return {std::move(values), std::move(indices)};
}

}  // namespace

Tensor max_pool1d(const Tensor& x, std::int64_t kernel_size, const MaxPool1dOptions& options) {
  return max_pool("max_pool1d", x, kernel_size, options);
}

Tensor max_pool2d(const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options) {
  return max_pool("max_pool2d", x, kernel_size, options);
}

Tensor max_pool3d(const Tensor& x, Size3d kernel_size, const MaxPool3dOptions& options) {
  return max_pool("max_pool3d", x, kernel_size, options);
}

std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& x, std::int64_t kernel_size,
                                                   const MaxPool1dOptions& options) {
  return max_pool_with_indices("max_pool1d_with_indices", x, kernel_size, options);
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, Size2d kernel_size,
                                                   const MaxPool2dOptions& options) {
  return max_pool_with_indices("max_pool2d_with_indices", x, kernel_size, options);
}

std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& x, Size3d kernel_size,
                                                   const MaxPool3dOptions& options) {
  return max_pool_with_indices("max_pool3d_with_indices", x, kernel_size, options);
}

Tensor adaptive_max_pool1d(const Tensor& x, std::int64_t output_size) {
  return adaptive_max_pool("adaptive_max_pool1d", x, output_size);
}

Tensor adaptive_max_pool2d(const Tensor& x, Size2d output_size) {
  return adaptive_max_pool("adaptive_max_pool2d", x, axes(output_size));
}

Tensor adaptive_max_pool3d(const Tensor& x, Size3d output_size) {
  return adaptive_max_pool("adaptive_max_pool3d", x, axes(output_size));
}

}  // namespace reel
