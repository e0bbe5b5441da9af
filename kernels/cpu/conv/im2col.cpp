// Windows of images as columns and back: the operations im2col and col2im.

#include <reel/kernels/im2col.h>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Calls `body(line of columns, image line or null, first, last, offset)` for the lines of columns of one plane:
/// windows [first, last) of the line take image elements `window * stride_w + offset`, the others lie outside.
template <class Columns, class Image, class F>
void for_each_column_line(const Im2colShape& s, Columns* columns, Image* plane, F&& body) {
  for (std::int64_t k = 0; k < s.kernel_height; ++k) {
    for (std::int64_t l = 0; l < s.kernel_width; ++l) {
      const std::int64_t offset = l * s.dilation_w - s.pad_w;
      const std::int64_t first = std::min(offset >= 0 ? 0 : (-offset + s.stride_w - 1) / s.stride_w, s.out_width);
      const std::int64_t last =
          offset >= s.width ? first : std::clamp((s.width - 1 - offset) / s.stride_w + 1, first, s.out_width);
      for (std::int64_t i = 0; i < s.out_height; ++i, columns += s.out_width) {
        const std::int64_t h = i * s.stride_h + k * s.dilation_h - s.pad_h;
        body(columns, h >= 0 && h < s.height ? plane + h * s.width : nullptr, first, last, offset);
      }
    }
  }
}

template <class T> void run_im2col(const Im2colArgs& args) {
  const Im2colShape& s = args.shape;
  const std::int64_t plane_size = s.height * s.width;
  const std::int64_t column_size = s.kernel_height * s.kernel_width * s.out_height * s.out_width;
  parallel_for(
      s.batch * s.channels, std::max<std::int64_t>(1, kGrain / column_size), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p) {
          for_each_column_line(
              s, static_cast<T*>(args.columns) + p * column_size, static_cast<const T*>(args.image) + p * plane_size,
              [&](T* line, const T* image, std::int64_t first, std::int64_t last, std::int64_t offset) {
                if (!image) first = last = s.out_width;
                std::fill(line, line + first, T(0));
                for (std::int64_t j = first; j < last; ++j) line[j] = image[j * s.stride_w + offset];
                std::fill(line + last, line + s.out_width, T(0));
              });
        }
      });
}

template <class T> void run_col2im(const Col2imArgs& args) {
  const Im2colShape& s = args.shape;
  const std::int64_t plane_size = s.height * s.width;
  const std::int64_t column_size = s.kernel_height * s.kernel_width * s.out_height * s.out_width;
  parallel_for(s.batch * s.channels, std::max<std::int64_t>(1, kGrain / column_size),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t p = begin; p < end; ++p) {
                   T* plane = static_cast<T*>(args.image) + p * plane_size;
                   std::fill_n(plane, plane_size, T(0));
                   for_each_column_line(
                       s, static_cast<const T*>(args.columns) + p * column_size, plane,
                       [&](const T* line, T* image, std::int64_t first, std::int64_t last, std::int64_t offset) {
                         if (!image) return;
                         for (std::int64_t j = first; j < last; ++j) image[j * s.stride_w + offset] += line[j];
                       });
                 }
               });
}

}  // namespace

void im2col(const Im2colArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { run_im2col<T>(args); });
}

void col2im(const Col2imArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { run_col2im<T>(args); });
}

}  // namespace reel::kernels::cpu
