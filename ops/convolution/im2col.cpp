// The windows of an image as columns and back, each the transpose of the other: im2col, col2im.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/im2col.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/internal/window.h>

namespace reel {
using namespace detail;
namespace {

using kernels::Im2colShape;

Shape image_shape(const Im2colShape& s) { return {s.batch, s.channels, s.height, s.width}; }
Shape columns_shape(const Im2colShape& s) {
  return {s.batch, checked_mul(checked_mul(s.channels, s.kernel_height), s.kernel_width),
          checked_mul(s.out_height, s.out_width)};
}

Tensor columns_to_image(const Tensor& columns, const Im2colShape& shape);

struct Im2col {
  static constexpr std::string_view name = "im2col";
  Im2colShape shape;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor image = x.contiguous();
    const Tensor columns = empty(columns_shape(shape), x.options());
    if (columns.numel() > 0)
      kernels::im2col[x.device()](
          {.dtype = x.dtype(), .shape = shape, .image = image.data(), .columns = columns.data()});
    return columns;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {columns_to_image(grad, shape)}; }
};

struct Col2im {
  static constexpr std::string_view name = "col2im";
  Im2colShape shape;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor columns = x.contiguous();
    const Tensor image = empty(image_shape(shape), x.options());
    if (columns.numel() == 0) return image.zero_();
    kernels::col2im[x.device()]({.dtype = x.dtype(), .shape = shape, .columns = columns.data(), .image = image.data()});
    return image;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Im2col{shape}, grad)}; }
};

Tensor columns_to_image(const Tensor& columns, const Im2colShape& shape) { return apply(Col2im{shape}, columns); }

Im2colShape resolve(std::string_view op, std::int64_t batch, std::int64_t channels, Size2d image, Size2d kernel,
                    const WindowOptions& options) {
  check_steps(op, "kernel_size", kernel, 1);
  check_steps(op, "dilation", options.dilation, 1);
  check_steps(op, "padding", options.padding, 0);
  check_steps(op, "stride", options.stride, 1);
  return {.batch = batch,
          .channels = channels,
          .height = image.height,
          .width = image.width,
          .kernel_height = kernel.height,
          .kernel_width = kernel.width,
          .out_height = count_windows(op, image.height, kernel.height, options.stride.height, options.dilation.height,
                                      options.padding.height),
          .out_width = count_windows(op, image.width, kernel.width, options.stride.width, options.dilation.width,
                                     options.padding.width),
          .stride_h = options.stride.height,
          .stride_w = options.stride.width,
          .dilation_h = options.dilation.height,
          .dilation_w = options.dilation.width,
          .pad_h = options.padding.height,
          .pad_w = options.padding.width};
}

/// col2im of a batch.
Tensor batch_to_images(const Tensor& columns, Size2d output_size, Size2d kernel_size, const WindowOptions& options) {
  check_dtype("col2im", columns, kFloating);
  check_steps("col2im", "kernel_size", kernel_size, 1);
  check_steps("col2im", "output_size", output_size, 1);
  const Shape& s = columns.shape();
  const std::int64_t window = kernel_size.height * kernel_size.width;
  check<ShapeError>(s[1] % window == 0, "col2im: expected columns of a multiple of a window's {} x {} elements, got {}",
                    kernel_size.height, kernel_size.width, s[1]);
  const Im2colShape shape = resolve("col2im", s[0], s[1] / window, output_size, kernel_size, options);
  check<ShapeError>(s[2] == shape.out_height * shape.out_width,
                    "col2im: expected columns for an image of {} x {} with {} x {} windows, got {}", output_size.height,
                    output_size.width, shape.out_height, shape.out_width, s[2]);
  return apply_in_f32(Col2im{shape}, columns);
}

}  // namespace

Tensor im2col(const Tensor& x, Size2d kernel_size, const WindowOptions& options) {
  return over_batch("im2col", x, 4, [&](const Tensor& images) {
    check_dtype("im2col", images, kFloating);
    const Shape& s = images.shape();
    return apply_in_f32(Im2col{resolve("im2col", s[0], s[1], {s[2], s[3]}, kernel_size, options)}, images);
  });
}

Tensor col2im(const Tensor& columns, Size2d output_size, Size2d kernel_size, const WindowOptions& options) {
  return over_batch("col2im", columns, 3,
                    [&](const Tensor& batch) { return batch_to_images(batch, output_size, kernel_size, options); });
}

}  // namespace reel
