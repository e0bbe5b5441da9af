// Convolutions on the CPU through im2col: windows copied into rows, and back.

#include <algorithm>

#include <reel/kernels/conv_im2col.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu::convolution {
namespace {

/// Moves windows of images of T to rows and back. The lines of a chunk are shared out to threads.
template <class T> class Windows {
 public:
  Windows(const ConvShape& shape, const ConvChunk& chunk)
      : s(shape), chunk_(chunk), window_(s.taps() * s.group_channels()) {}

  void to_rows(const T* x, T* rows) const {
    const T* group_x = x + chunk_.group * s.group_channels();
    parallel_for(chunk_.lines, grain_lines(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        gather_line(group_x, chunk_.line + i, rows + i * s.out_width * window_);
    });
  }

  /// Adds the rows to the image lines they came from: every image line collects its own, so that lines can be done in
  /// parallel.
  void add_rows(const T* rows, T* x_grad) const {
    const std::int64_t line = chunk_.line, lines = chunk_.lines;
    const std::int64_t sample_lines = s.out_depth * s.out_height, image_lines = s.depth * s.height;
    const std::int64_t first_sample = line / sample_lines, last_sample = (line + lines - 1) / sample_lines;
    parallel_for(
        (last_sample - first_sample + 1) * image_lines, grain_lines(), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t n = first_sample + i / image_lines, d = i % image_lines / s.height;
            T* image_line =
                x_grad + (first_sample * image_lines + i) * s.width * s.channels + chunk_.group * s.group_channels();
            for (std::int64_t k = 0; k < s.kernel_depth * s.kernel_height; ++k) {
              const std::int64_t tap_d = k / s.kernel_height, tap_h = k % s.kernel_height;
              const std::int64_t plane = window_at(d + s.pad_front - tap_d * s.dilation_d, s.stride_d, s.out_depth);
              const std::int64_t window =
                  window_at(i % s.height + s.pad_top - tap_h * s.dilation_h, s.stride_h, s.out_height);
              const std::int64_t out_line = (n * s.out_depth + plane) * s.out_height + window - line;
              if (plane < 0 || window < 0 || out_line < 0 || out_line >= lines) continue;
              add_line(rows + out_line * s.out_width * window_ + k * s.kernel_width * s.group_channels(), image_line);
            }
          }
        });
  }

 private:
  /// The window, of `windows`, that begins at element `from` of the padded axis; -1 if none does.
  static std::int64_t window_at(std::int64_t from, std::int64_t stride, std::int64_t windows) {
    return from >= 0 && from % stride == 0 && from / stride < windows ? from / stride : -1;
  }

  void gather_line(const T* x, std::int64_t line, T* row) const {
    const std::int64_t channels = s.group_channels();
    const std::int64_t out_plane = line / s.out_height, top = line % s.out_height * s.stride_h - s.pad_top;
    const std::int64_t n = out_plane / s.out_depth, front = out_plane % s.out_depth * s.stride_d - s.pad_front;
    for (std::int64_t j = 0; j < s.out_width; ++j) {
      const std::int64_t left = j * s.stride_w - s.pad_left;
      for (std::int64_t k = 0; k < s.kernel_depth * s.kernel_height; ++k) {
        const std::int64_t d = front + k / s.kernel_height * s.dilation_d;
        const std::int64_t h = top + k % s.kernel_height * s.dilation_h;
        const bool inside = d >= 0 && d < s.depth && h >= 0 && h < s.height;
        const T* image_line = x + (inside ? (n * s.depth + d) * s.height + h : 0) * s.width * s.channels;
        for_each_tap_run(left, [&](std::int64_t tap, std::int64_t taps, std::int64_t w) {
          T* to = row + tap * channels;
          if (inside && w >= 0) std::copy_n(image_line + w * s.channels, taps * channels, to);
          else std::fill_n(to, taps * channels, T(0));
        });
        row += s.kernel_width * channels;
      }
    }
  }

  void add_line(const T* row, T* image_line) const {
    const std::int64_t channels = s.group_channels();
    for (std::int64_t j = 0; j < s.out_width; ++j, row += window_) {
      for_each_tap_run(j * s.stride_w - s.pad_left, [&](std::int64_t tap, std::int64_t taps, std::int64_t w) {
        if (w < 0) return;
        T* pixel = image_line + w * s.channels;
        const T* from = row + tap * channels;
        for (std::int64_t c = 0; c < taps * channels; ++c) pixel[c] += from[c];
      });
    }
  }

  /// `f(first tap, taps, column)` for the taps of a window's line that begins at column `left`: runs of taps whose
  /// pixels lie side by side in memory, or outside the image, for which the column is -1.
  template <class F> void for_each_tap_run(std::int64_t left, F&& f) const {
    if (s.dilation_w > 1 || s.groups > 1) {
      for (std::int64_t l = 0; l < s.kernel_width; ++l) {
        const std::int64_t w = left + l * s.dilation_w;
        f(l, std::int64_t{1}, w < s.width ? std::max<std::int64_t>(w, -1) : -1);
      }
      return;
    }
    const std::int64_t first = std::clamp<std::int64_t>(-left, 0, s.kernel_width);
    const std::int64_t end = std::clamp(s.width - left, first, s.kernel_width);
    if (first > 0) f(std::int64_t{0}, first, std::int64_t{-1});
    if (end > first) f(first, end - first, left + first);
    if (end < s.kernel_width) f(end, s.kernel_width - end, std::int64_t{-1});
  }

  std::int64_t grain_lines() const { return std::max<std::int64_t>(1, kGrain / (s.out_width * window_)); }

  const ConvShape& s;
  const ConvChunk& chunk_;
  std::int64_t window_;  // elements of a row
};

struct Backend {
  using Memory = Scratch<char>;
  static constexpr auto gemm = &cpu::gemm;
  static constexpr auto copy = &cpu::copy;

  static void clear(DType dtype, void* data, std::int64_t count) {
    dispatch<kWideFloating>(dtype, [&]<class T>() {
      T* elements = static_cast<T*>(data);
      parallel_for(count, kGrain,
                   [&](std::int64_t begin, std::int64_t end) { std::fill(elements + begin, elements + end, T(0)); });
    });
  }

  /// What stays in the second-level cache, but as many as the weight at least, which each chunk's product reads or
  /// writes. Chunks do not depend on the number of threads.
  static std::int64_t chunk_elements(const ConvShape& s, DType) {
    return std::max<std::int64_t>(1 << 18, s.weight_size() / s.groups);
  }

  static void windows_to_rows(DType dtype, const ConvShape& s, const ConvChunk& chunk, const void* x, void* rows) {
    dispatch<kWideFloating | DTypeSet{DType::bf16}>(
        dtype, [&]<class T>() { Windows<T>(s, chunk).to_rows(static_cast<const T*>(x), static_cast<T*>(rows)); });
  }

  static void add_rows_to_windows(DType dtype, const ConvShape& s, const ConvChunk& chunk, const void* rows,
                                  void* x_grad) {
    dispatch<kWideFloating>(
        dtype, [&]<class T>() { Windows<T>(s, chunk).add_rows(static_cast<const T*>(rows), static_cast<T*>(x_grad)); });
  }
};

}  // namespace

void run_im2col(const ConvArgs& args) { kernels::run_im2col<Backend>(args); }
void run_im2col(const ConvInputGradArgs& args) { kernels::run_im2col<Backend>(args); }
void run_im2col(const ConvWeightGradArgs& args) { kernels::run_im2col<Backend>(args); }

}  // namespace reel::kernels::cpu::convolution
