// Images at another size, with antialiasing by one product with a matrix of weights for the rows, one for the columns.

#include <algorithm>
#include <cmath>

#include <reel/data/image.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

/// The weights [to, from] of the old pixels in each new one. A triangle whose half width is the distance of two new
/// pixels, but at least that of two old ones, around the new pixel's centre, cut off at the edges.
Tensor weights(std::int64_t from, std::int64_t to, const Tensor& images) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
  const Tensor values = zeros({to, from}, {.dtype = DType::f64, .device = Device::cpu()});
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale - 0.5;
    double* row = static_cast<double*>(values.data()) + i * from;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(centre - reach)));
    const auto last = std::min(from - 1, static_cast<std::int64_t>(std::floor(centre + reach)));
    double sum = 0;
    for (std::int64_t j = first; j <= last; ++j) {
      row[j] = std::max(0.0, 1 - std::abs(static_cast<double>(j) - centre) / reach);
      sum += row[j];
    }
    for (std::int64_t j = first; j <= last; ++j) row[j] /= sum;
  }
  return values.to(images.device()).to(images.dtype());
}

/// By `interpolate`, which has neither other ranks nor half floats.
Tensor interpolated(const Tensor& images, std::int64_t height, std::int64_t width) {
  const std::int64_t rows = images.size(-2), columns = images.size(-1);
  Shape shape = images.shape();
  shape[shape.size() - 2] = height, shape[shape.size() - 1] = width;
  const Tensor planes = images.to(images.dtype() == DType::f64 ? DType::f64 : DType::f32)
                            .reshape({images.numel() / (rows * columns), 1, rows, columns});
  const Tensor resized = interpolate(planes, {height, width}, {.mode = InterpolateMode::bilinear});
  return resized.reshape(shape).to(images.dtype());
}

void check_sizes(std::string_view op, const Tensor& images, std::int64_t height, std::int64_t width) {
  check<ShapeError>(images.dim() >= 2, "{}: expected images [..., height, width], got shape {}", op, images.shape());
  check<ValueError>(height >= 1 && width >= 1, "{}: expected a size of at least 1 x 1, got {} x {}", op, height, width);
}

}  // namespace

Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, bool antialias) {
  check_sizes("resize", images, height, width);
  check<DTypeError>(is_floating(images.dtype()),
                    "resize: expected a floating dtype, got {}; convert with to(DType::f32)", images.dtype());
  check<ShapeError>(images.size(-2) >= 1 && images.size(-1) >= 1, "resize: expected images with pixels, got shape {}",
                    images.shape());
  if (!antialias) return interpolated(images, height, width);
  const Tensor columns = matmul(images, weights(images.size(-1), width, images).transpose(0, 1));
  return matmul(weights(images.size(-2), height, images), columns);
}

Tensor center_crop(const Tensor& images, std::int64_t height, std::int64_t width) {
  check_sizes("center_crop", images, height, width);
  const std::int64_t rows = images.size(-2), columns = images.size(-1);
  check<ShapeError>(rows >= height && columns >= width,
                    "center_crop: expected images of at least {} x {}, got shape {}", height, width, images.shape());
  const auto begin = [](std::int64_t rest) { return (rest + (rest % 4 == 3 ? 1 : 0)) / 2; };  // half to even
  return images.narrow(-2, begin(rows - height), height).narrow(-1, begin(columns - width), width);
}

}  // namespace reel::data
