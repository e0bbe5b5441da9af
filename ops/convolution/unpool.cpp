// The partial inverse of max pooling, and power-average pooling.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/internal/pool.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/internal/window.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// The size along each axis: what pooling with these windows makes `pooled` of, or what is asked for, if it may be.
template <class Size, class Options>
Dims unpooled_sizes(std::string_view op, const Shape& pooled, const Size& kernel_size, const Options& options) {
  const Dims in = image_axes(pooled), kernel = axes(kernel_size), padding = axes(options.padding);
  const Dims stride = axes(options.stride.value_or(kernel_size));
  check_steps(op, "kernel_size", kernel, 1);
  check_steps(op, "stride", stride, 1);
  check_steps(op, "padding", padding, 0);
  Dims sizes = in;
  for (int d = 0; d < in.size(); ++d) {
    sizes[d] = checked_mul(in[d] - 1, stride[d]) + kernel[d] - 2 * padding[d];
    if (!options.output_size) {
      check<ShapeError>(sizes[d] > 0, "{}: an input of {} with kernel {} and padding {} gives an empty result", op,
                        in[d], kernel[d], padding[d]);
      continue;
    }
    const std::int64_t asked = axes(*options.output_size)[d];
    check<ValueError>(asked > sizes[d] - stride[d] && asked < sizes[d] + stride[d] && asked > 0,
                      "{}: expected output_size within a stride of {}, got {}", op, sizes[d], asked);
    sizes[d] = asked;
  }
  return sizes;
}

template <class Size, class Options> Tensor unpool(std::string_view op, const Tensor& x, const Tensor& indices,
                                                   const Size& kernel_size, const Options& options) {
  check_defined(op, x);
  check_defined(op, indices, "the indices");
  check_dtype(op, x, kFloating);
  check_same_device(op, x, indices);
  check<ShapeError>(indices.shape() == x.shape(), "{}: expected indices of the input's shape {}, got {}", op, x.shape(),
                    indices.shape());
  const int rank = axes(kernel_size).size() + 2;
  return over_batch(op, x, rank, [&](const Tensor& pooled) {
    const Shape& shape = pooled.shape();
    const Dims sizes = unpooled_sizes(op, shape, kernel_size, options);
    Shape out = {shape[0], shape[1]};
    std::int64_t plane = 1;
    for (const std::int64_t size : sizes) {
      out.push_back(size);
      plane = checked_mul(plane, size);
    }
    const Shape planes{shape[0], shape[1], numel(image_axes(shape))};
    const Tensor places = index_tensor(op, x, indices).reshape(planes);
    check_positions(op, places, 2, plane);
    const Tensor empty_planes = zeros({shape[0], shape[1], plane}, x.options());
    return scatter(empty_planes, 2, places, pooled.reshape(planes)).reshape(out);
  });
}

template <class Size, class Options> Tensor lp_pool(std::string_view op, const Tensor& x, double norm_type,
                                                    const Size& kernel_size, const Options& options) {
  check_defined(op, x);
  check_dtype(op, x, kFloating);
  check_option(op, "norm_type", norm_type, kPositive);
  if (is_half(x)) {
    return in_f32(
        op, [&](const Tensor& y) { return lp_pool(op, y, norm_type, kernel_size, options); }, x);
  }
  const Tensor mean = avg_pool(op, pow(x, norm_type), pool_steps(kernel_size, options));
  double size = 1;
  for (const std::int64_t length : axes(kernel_size)) size *= static_cast<double>(length);
  return pow(sign(mean) * relu(abs(mean)) * size, 1 / norm_type);  // PyTorch's formula
}

}  // namespace

Tensor max_unpool1d(const Tensor& x, const Tensor& indices, std::int64_t kernel_size,
                    const MaxUnpool1dOptions& options) {
  return unpool("max_unpool1d", x, indices, kernel_size, options);
}

Tensor max_unpool2d(const Tensor& x, const Tensor& indices, Size2d kernel_size, const MaxUnpool2dOptions& options) {
  return unpool("max_unpool2d", x, indices, kernel_size, options);
}

Tensor max_unpool3d(const Tensor& x, const Tensor& indices, Size3d kernel_size, const MaxUnpool3dOptions& options) {
  return unpool("max_unpool3d", x, indices, kernel_size, options);
}

Tensor lp_pool1d(const Tensor& x, double norm_type, std::int64_t kernel_size, const LpPool1dOptions& options) {
  return lp_pool("lp_pool1d", x, norm_type, kernel_size, options);
}

Tensor lp_pool2d(const Tensor& x, double norm_type, Size2d kernel_size, const LpPool2dOptions& options) {
  return lp_pool("lp_pool2d", x, norm_type, kernel_size, options);
}

}  // namespace reel
