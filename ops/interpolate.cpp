// Resizing of images, nearest or bilinear.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/interpolate.h>
#include <reel/ops/convolution.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>

namespace reel {
using namespace detail;
namespace {

Tensor interpolate_grad(const Tensor& grad, Size2d size, const InterpolateOptions& options);

/// An uninitialised image of another size.
Tensor empty_resized(const Tensor& image, Size2d size) {
  const Shape shape{image.shape()[0], image.shape()[1], size.height, size.width};
  return empty_image(shape, is_channels_last_image(image), image.options());
}

/// The arguments of the resizing from `size` to `out_size`, or of its gradient back.
kernels::InterpolateArgs make_args(const Tensor& from, const Tensor& to, Size2d size, Size2d out_size,
                                   const InterpolateOptions& options) {
  const std::int64_t n = from.shape()[0], channels = from.shape()[1];
  const bool planes = !is_channels_last_image(from);
  return {.dtype = from.dtype(),
          .bilinear = options.mode == InterpolateMode::bilinear,
          .align_corners = options.align_corners,
          .images = planes ? n * channels : n,
          .depth = planes ? 1 : channels,
          .height = size.height,
          .width = size.width,
          .out_height = out_size.height,
          .out_width = out_size.width,
          .from = from.data(),
          .to = to.data()};
}

Size2d image_size(const Tensor& x) { return {x.shape()[2], x.shape()[3]}; }

struct Interpolate {
  static constexpr std::string_view name = "interpolate";
  Size2d from, size;
  InterpolateOptions options;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor image = dense_image(x), out = empty_resized(image, size);
    kernels::interpolate[x.device()](make_args(image, out, from, size, options));
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {interpolate_grad(grad, from, options)}; }
};

/// The transpose: spreads the gradient over the pixels of an image of `size`.
struct InterpolateGrad {
  static constexpr std::string_view name = "interpolate_grad";
  Size2d size, out_size;
  InterpolateOptions options;

  Tensor forward(Context&, const Tensor& grad) const {
    const Tensor image = dense_image(grad), out = empty_resized(image, size);
    kernels::interpolate_grad[grad.device()](make_args(image, out, size, out_size, options));
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& upstream) const {
    return {apply(Interpolate{.from = size, .size = out_size, .options = options}, upstream)};
  }
};

Tensor interpolate_grad(const Tensor& grad, Size2d size, const InterpolateOptions& options) {
  return apply(InterpolateGrad{.size = size, .out_size = image_size(grad), .options = options}, grad);
}

}  // namespace

Tensor interpolate(const Tensor& x, Size2d size, const InterpolateOptions& options) {
  check_dtype("interpolate", x, kFloating);
  check<ShapeError>(x.dim() == 4, "interpolate: expected the image of rank 4, got shape {}{}", x.shape(),
                    x.dim() == 3 ? "; unsqueeze(0) makes a batch of one" : "");
  check<ValueError>(size.height > 0 && size.width > 0, "interpolate: expected a size above 0, got {} x {}", size.height,
                    size.width);
  check<ShapeError>(x.shape()[2] > 0 && x.shape()[3] > 0, "interpolate: expected an image with pixels, got shape {}",
                    x.shape());
  check<ValueError>(!options.align_corners || options.mode == InterpolateMode::bilinear,
                    "interpolate: expected align_corners with bilinear alone, got nearest");
  return apply(Interpolate{.from = image_size(x), .size = size, .options = options}, x);
}

}  // namespace reel
