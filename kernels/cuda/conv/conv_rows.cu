// Moves the windows of images into the rows of a matrix and back.

#include <reel/kernels/cuda/conv/conv_rows.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>

namespace reel::kernels::cuda::convolution {
namespace {

/// The coordinates of an element of the rows: [line, out column, tap plane, tap row, tap column, step
/// of channels].
struct RowPosition {
  std::int64_t line, column, tap_plane, tap_row, tap_column, channel;
};

/// The sizes that positions are found with. Channels move in steps of `width`.
struct RowSizes {
  Divisor<std::int64_t> columns, tap_planes, tap_rows, tap_columns, channels;

  RowSizes(const ConvShape& shape, int width)
      : columns(shape.out_width),
        tap_planes(shape.kernel_depth),
        tap_rows(shape.kernel_height),
        tap_columns(shape.kernel_width),
        channels(shape.group_channels() / width) {}

  __device__ RowPosition at(std::int64_t i) const {
    const std::int64_t l = i / channels, k = l / tap_columns, d = k / tap_rows, j = d / tap_planes;
    return {j / columns, j % columns, d % tap_planes, k % tap_rows, l % tap_columns, i % channels};
  }
};

template <class T, int W> __global__ void __launch_bounds__(kThreads)
    gather_windows(const T* x, T* rows, ConvShape s, RowSizes sizes, Divisor<std::int64_t> out_height,
                   Divisor<std::int64_t> out_depth, std::int64_t first_line, std::int64_t count) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const RowPosition p = sizes.at(i);
  const std::int64_t line = first_line + p.line, out_plane = line / out_height, sample = out_plane / out_depth;
  const std::int64_t d = out_plane % out_depth * s.stride_d - s.pad_front + p.tap_plane * s.dilation_d;
  const std::int64_t h = line % out_height * s.stride_h - s.pad_top + p.tap_row * s.dilation_h;
  const std::int64_t w = p.column * s.stride_w - s.pad_left + p.tap_column * s.dilation_w;
  Vector<T, W> value{};
  if (d >= 0 && d < s.depth && h >= 0 && h < s.height && w >= 0 && w < s.width) {
    const std::int64_t pixel = ((sample * s.depth + d) * s.height + h) * s.width + w;
    value = *reinterpret_cast<const Vector<T, W>*>(x + pixel * s.channels + p.channel * W);
  }
  reinterpret_cast<Vector<T, W>*>(rows)[i] = value;
}

/// The window, of `windows`, that begins at element `from` of the padded axis; -1 if none does.
__device__ std::int64_t window_at(std::int64_t from, std::int64_t stride, std::int64_t windows) {
  const std::int64_t window = from / stride;
  return from >= 0 && window * stride == from && window < windows ? window : -1;
}

/// A thread for each element of the samples' gradient; it collects the taps that the chunk holds.
template <class T> __global__ void __launch_bounds__(kThreads)
    add_taps(const T* rows, T* x_grad, ConvShape s, ConvChunk chunk, Divisor<std::int64_t> channels,
             Divisor<std::int64_t> width, Divisor<std::int64_t> height, Divisor<std::int64_t> depth,
             std::int64_t first_sample, std::int64_t count) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const std::int64_t pixel = i / channels, line_of_pixels = pixel / width;
  const std::int64_t plane = line_of_pixels / height;
  const std::int64_t c = i % channels, w = pixel % width, h = line_of_pixels % height, d = plane % depth;
  const std::int64_t n = first_sample + plane / depth;
  const std::int64_t window = s.taps() * s.group_channels();
  T sum = 0;
  std::int64_t front = 0, row = 0;  // of the tap
  for (std::int64_t k = 0; k < s.kernel_depth * s.kernel_height; ++k, ++row) {
    if (row == s.kernel_height) ++front, row = 0;
    const std::int64_t out_plane = window_at(d + s.pad_front - front * s.dilation_d, s.stride_d, s.out_depth);
    const std::int64_t out_row = window_at(h + s.pad_top - row * s.dilation_h, s.stride_h, s.out_height);
    const std::int64_t line = (n * s.out_depth + out_plane) * s.out_height + out_row - chunk.line;
    if (out_plane < 0 || out_row < 0 || line < 0 || line >= chunk.lines) continue;
    for (std::int64_t l = 0; l < s.kernel_width; ++l) {
      const std::int64_t out_column = window_at(w + s.pad_left - l * s.dilation_w, s.stride_w, s.out_width);
      if (out_column < 0) continue;
      sum += rows[(line * s.out_width + out_column) * window + (k * s.kernel_width + l) * s.group_channels() + c];
    }
  }
  x_grad[(((n * s.depth + d) * s.height + h) * s.width + w) * s.channels + chunk.group * s.group_channels() + c] += sum;
}

}  // namespace

void windows_to_rows(DType dtype, const ConvShape& s, const ConvChunk& chunk, const void* x, void* rows) {
  dispatch<kFloating>(dtype, [&]<class T>() {
    constexpr int width = kPerAccess<T>;
    const T* from = static_cast<const T*>(x) + chunk.group * s.group_channels();
    const bool wide = s.group_channels() % width == 0 && s.channels % width == 0 && is_aligned(from);
    const int step = wide ? width : 1;
    const std::int64_t count = chunk.lines * s.out_width * s.taps() * (s.group_channels() / step);
    launch(wide ? gather_windows<T, width> : gather_windows<T, 1>, blocks_for(count, kThreads), kThreads, 0, from,
           static_cast<T*>(rows), s, RowSizes(s, step), Divisor<std::int64_t>(s.out_height),
           Divisor<std::int64_t>(s.out_depth), chunk.line, count);
  });
}

void add_rows_to_windows(DType dtype, const ConvShape& s, const ConvChunk& chunk, const void* rows, void* x_grad) {
  dispatch<kWideFloating>(dtype, [&]<class T>() {
    const std::int64_t sample_lines = s.out_depth * s.out_height;
    const std::int64_t first = chunk.line / sample_lines, last = (chunk.line + chunk.lines - 1) / sample_lines;
    const std::int64_t count = (last - first + 1) * s.depth * s.height * s.width * s.group_channels();
    launch(add_taps<T>, blocks_for(count, kThreads), kThreads, 0, static_cast<const T*>(rows), static_cast<T*>(x_grad),
           s, chunk, Divisor<std::int64_t>(s.group_channels()), Divisor<std::int64_t>(s.width),
           Divisor<std::int64_t>(s.height), Divisor<std::int64_t>(s.depth), first, count);
  });
}

}  // namespace reel::kernels::cuda::convolution
