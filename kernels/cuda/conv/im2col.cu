// Windows of images as columns and back.

#include <reel/kernels/im2col.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// One axis: tap k of window o takes image element o * stride + k * dilation - padding.
template <class Int> struct Axis {
  Int in, out, kernel;
  Divisor<Int> stride;
  Int dilation, padding;

  Axis(std::int64_t image, std::int64_t windows, std::int64_t taps, std::int64_t window_stride,
       std::int64_t tap_dilation, std::int64_t image_padding)
      : in(static_cast<Int>(image)),
        out(static_cast<Int>(windows)),
        kernel(static_cast<Int>(taps)),
        stride(window_stride),
        dilation(static_cast<Int>(tap_dilation)),
        padding(static_cast<Int>(image_padding)) {}
};

/// Planes, and the columns of each: [kernel_height, kernel_width, out_height, out_width].
template <class Int> struct Columns {
  Axis<Int> h, w;
  Divisor<Int> height, width;  // of what has a thread for each element: the windows, or the image

  Columns(const Im2colShape& s, std::int64_t thread_height, std::int64_t thread_width)
      : h(s.height, s.out_height, s.kernel_height, s.stride_h, s.dilation_h, s.pad_h),
        w(s.width, s.out_width, s.kernel_width, s.stride_w, s.dilation_w, s.pad_w),
        height(thread_height),
        width(thread_width) {}

  struct Position {
    Int plane, row, column;
  };
  __device__ Position position(Int i) const {
    const Int line = i / width, plane = line / height;
    return {plane, line - plane * height, i - line * width};
  }
  /// From one tap to the next.
  __device__ Int tap_size() const { return h.out * w.out; }
  __device__ Int column_size() const { return h.kernel * w.kernel * tap_size(); }
};

/// A thread has a window.
template <class T, class Int> __global__ void __launch_bounds__(kThreads)
    spread_windows(Columns<Int> c, Int n, const T* image, T* columns) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [plane, row, column] = c.position(i);
  const Int top = row * c.h.stride - c.h.padding, left = column * c.w.stride - c.w.padding;
  image += plane * c.h.in * c.w.in;
  columns += plane * c.column_size() + row * c.w.out + column;
  for (Int k = 0; k < c.h.kernel; ++k) {
    const Int at_h = top + k * c.h.dilation;
    const bool inside_h = at_h >= 0 && at_h < c.h.in;
    const T* line = image + at_h * c.w.in;
#pragma unroll 3
    for (Int l = 0; l < c.w.kernel; ++l, columns += c.tap_size()) {
      const Int at_w = left + l * c.w.dilation;
      *columns = inside_h && at_w >= 0 && at_w < c.w.in ? line[at_w] : T(0);
    }
  }
}

/// A thread has a pixel and collects what the windows have of it.
template <class T, class Int> __global__ void __launch_bounds__(kThreads)
    collect_windows(Columns<Int> c, Int n, const T* columns, T* image) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [plane, row, column] = c.position(i);
  columns += plane * c.column_size();
  T sum = 0;
  for (Int k = 0; k < c.h.kernel; ++k) {
    const Int from_top = row + c.h.padding - k * c.h.dilation;
    if (from_top < 0) break;
    const Int window_h = from_top / c.h.stride;
    if (window_h * c.h.stride != from_top || window_h >= c.h.out) continue;
    const T* line = columns + k * c.w.kernel * c.tap_size() + window_h * c.w.out;
    for (Int l = 0; l < c.w.kernel; ++l) {
      const Int from_left = column + c.w.padding - l * c.w.dilation;
      if (from_left < 0) break;
      const Int window_w = from_left / c.w.stride;
      if (window_w * c.w.stride == from_left && window_w < c.w.out) sum += line[l * c.tap_size() + window_w];
    }
  }
  image[i] = sum;
}

/// Calls `f.template operator()<Int>()` with the type of all positions.
template <class F> void with_shape(const Im2colShape& s, F&& f) {
  const std::int64_t planes = s.batch * s.channels;
  const std::int64_t columns = planes * s.kernel_height * s.kernel_width * s.out_height * s.out_width;
  const std::int64_t extent = s.height + s.width + 2 * (s.pad_h + s.pad_w) + s.kernel_height * s.dilation_h +
                              s.kernel_width * s.dilation_w + s.stride_h + s.stride_w;
  with_positions(std::max({planes * s.height * s.width, columns, extent}), f);
}

}  // namespace

void im2col(const Im2colArgs& args) {
  const Im2colShape& s = args.shape;
  const std::int64_t n = s.batch * s.channels * s.out_height * s.out_width;
  if (n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_shape(s, [&]<class Int>() {
      launch(spread_windows<T, Int>, blocks_for(n, kThreads), kThreads, 0, Columns<Int>(s, s.out_height, s.out_width),
             static_cast<Int>(n), static_cast<const T*>(args.image), static_cast<T*>(args.columns));
    });
  });
}

void col2im(const Col2imArgs& args) {
  const Im2colShape& s = args.shape;
  const std::int64_t n = s.batch * s.channels * s.height * s.width;
  if (n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_shape(s, [&]<class Int>() {
      launch(collect_windows<T, Int>, blocks_for(n, kThreads), kThreads, 0, Columns<Int>(s, s.height, s.width),
             static_cast<Int>(n), static_cast<const T*>(args.columns), static_cast<T*>(args.image));
    });
  });
}

}  // namespace reel::kernels::cuda
