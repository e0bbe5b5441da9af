// Images at another size, or cropped to it.

#include <reel/data/image.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/check.h>

namespace reel::data {
namespace {

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
  // `interpolate` has neither other ranks nor half floats.
  const std::int64_t rows = images.size(-2), columns = images.size(-1);
  Shape shape = images.shape();
  shape[shape.size() - 2] = height, shape[shape.size() - 1] = width;
  const Tensor planes = images.to(images.dtype() == DType::f64 ? DType::f64 : DType::f32)
                            .reshape({images.numel() / (rows * columns), 1, rows, columns});
  const InterpolateOptions options{.mode = InterpolateMode::bilinear, .antialias = antialias};
  return interpolate(planes, {height, width}, options).reshape(shape).to(images.dtype());
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
