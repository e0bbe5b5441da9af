#include <algorithm>
#include <cstring>

#include <reel/kernels/copy.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/gemm.h>
#include <reel/tensor/core/dtype.h>

// Every output pixel is a row: its window, [KH, KW, C / groups], times the weights in the same order. Rows are made for
// a chunk of output lines at a time, so that they stay in the cache; chunks do not depend on the number of threads.
namespace reel::kernels::cpu {
namespace {

/// But as many as the weight at least, which each chunk's product reads or writes.
constexpr std::int64_t kChunkElements = 1 << 18;

/// The types of the rows and of the weights, or of their gradient.
template <class Row, class Weight> class Im2col {
 public:
  explicit Im2col(const Conv2dShape& shape)
      : s(shape),
        window_(s.kernel_height * s.kernel_width * s.group_channels()),
        lines_(s.batch * s.out_height),
        chunk_lines_(
            s.is_pointwise()
                ? lines_
                : std::clamp<std::int64_t>(
                      std::max(kChunkElements, s.group_out_channels() * window_) / (window_ * s.out_width), 1, lines_)),
        rows_(s.is_pointwise() ? 0 : chunk_lines_ * s.out_width * window_),
        weight_(s.out_channels * window_) {}

  template <class T> void forward(const Row* x, const Weight* weight, const T* bias, T* y) const {
    weight_to_rows(weight);
    for_each_chunk([&](std::int64_t group, std::int64_t line, std::int64_t lines) {
      gemm({.dtype = dtype_of<T>,
            .factors = dtype_of<Weight>,
            .m = lines * s.out_width,
            .n = s.group_out_channels(),
            .k = window_,
            .a = gather(x, group, line, lines),
            .b = {group_weight(group), {true, window_}},
            .c = y + line * s.out_width * s.out_channels + group * s.group_out_channels(),
            .ldc = s.out_channels,
            .bias = bias ? bias + group * s.group_out_channels() : nullptr});
    });
  }

  void input_grad(const Weight* y_grad, const Weight* weight, Row* x_grad) const {
    weight_to_rows(weight);
    const bool pointwise = s.is_pointwise();
    if (!pointwise) clear(x_grad, s.batch * s.height * s.width * s.channels);
    for_each_chunk([&](std::int64_t group, std::int64_t line, std::int64_t lines) {
      gemm({.dtype = dtype_of<Row>,
            .factors = dtype_of<Weight>,
            .m = lines * s.out_width,
            .n = window_,
            .k = s.group_out_channels(),
            .a = gradient(y_grad, group, line, false),
            .b = {group_weight(group), {false, window_}},
            .c = pointwise ? x_grad + line * s.width * s.channels + group * s.group_channels() : rows_.data(),
            .ldc = pointwise ? s.channels : window_});
      if (!pointwise) scatter(x_grad, group, line, lines);
    });
  }

  void weight_grad(const Row* y_grad, const Row* x, Weight* weight_grad) const {
    for_each_chunk([&](std::int64_t group, std::int64_t line, std::int64_t lines) {
      gemm({.dtype = dtype_of<Weight>,
            .factors = dtype_of<Row>,
            .m = s.group_out_channels(),
            .n = window_,
            .k = lines * s.out_width,
            .a = gradient(y_grad, group, line, true),
            .b = gather(x, group, line, lines),
            .c = group_weight(group),
            .ldc = window_,
            .accumulate = line > 0});
    });
    rows_to_weight(weight_grad);
  }

 private:
  /// `f(group, first line, lines)` over the output's lines [batch, out_height].
  template <class F> void for_each_chunk(F&& f) const {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      for (std::int64_t line = 0; line < lines_; line += chunk_lines_) {
        f(group, line, std::min(chunk_lines_, lines_ - line));
      }
    }
  }

  Weight* group_weight(std::int64_t group) const { return weight_.data() + group * s.group_out_channels() * window_; }

  /// The gradient of a chunk's pixels, [pixels, O / groups], or its transpose.
  template <class T>
  GemmOperand gradient(const T* y_grad, std::int64_t group, std::int64_t line, bool transposed) const {
    return {y_grad + line * s.out_width * s.out_channels + group * s.group_out_channels(),
            {transposed, s.out_channels}};
  }

  /// [O, C / groups, KH, KW] to [O, KH, KW, C / groups].
  void weight_to_rows(const Weight* weight) const {
    exchange(s.group_channels(), s.kernel_height * s.kernel_width, weight, weight_.data());
  }
  void rows_to_weight(Weight* weight) const {
    exchange(s.kernel_height * s.kernel_width, s.group_channels(), weight_.data(), weight);
  }
  /// [O, a, b] to [O, b, a].
  void exchange(std::int64_t a, std::int64_t b, const Weight* from, Weight* to) const {
    CopyArgs args{dtype_of<Weight>, dtype_of<Weight>, {}, to, from};
    args.loop.rank = 3;
    args.loop.sizes = {s.out_channels, b, a};
    args.loop.strides[0] = {a * b, a, 1};
    args.loop.strides[1] = {a * b, 1, b};
    copy(args);
  }

  static void clear(Row* data, std::int64_t count) {
    parallel_for(count, kGrain,
                 [&](std::int64_t begin, std::int64_t end) { std::fill(data + begin, data + end, Row(0)); });
  }

  /// The windows of the pixels of `lines` output lines; of a pointwise convolution the image itself.
  GemmOperand gather(const Row* x, std::int64_t group, std::int64_t line, std::int64_t lines) const {
    const Row* group_x = x + group * s.group_channels();
    if (s.is_pointwise()) return {group_x + line * s.width * s.channels, {false, s.channels}};
    parallel_for(lines, grain_lines(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        gather_line(group_x, line + i, rows_.data() + i * s.out_width * window_);
    });
    return {rows_.data(), {false, window_}};
  }

  void gather_line(const Row* x, std::int64_t line, Row* row) const {
    const std::int64_t channels = s.group_channels();
    const std::int64_t n = line / s.out_height, top = line % s.out_height * s.stride_h - s.pad_top;
    for (std::int64_t j = 0; j < s.out_width; ++j) {
      const std::int64_t left = j * s.stride_w - s.pad_left;
      for (std::int64_t k = 0; k < s.kernel_height; ++k) {
        const std::int64_t h = top + k * s.dilation_h;
        const bool inside = h >= 0 && h < s.height;
        const Row* image_line = x + (n * s.height + (inside ? h : 0)) * s.width * s.channels;
        for_each_tap_run(left, [&](std::int64_t tap, std::int64_t taps, std::int64_t w) {
          Row* to = row + tap * channels;
          if (inside && w >= 0) std::copy_n(image_line + w * s.channels, taps * channels, to);
          else std::fill_n(to, taps * channels, Row(0));
        });
        row += s.kernel_width * channels;
      }
    }
  }

  /// Adds the rows of `lines` output lines to the image lines they came from: every image line collects its own, so
  /// that lines can be done in parallel.
  void scatter(Row* x_grad, std::int64_t group, std::int64_t line, std::int64_t lines) const {
    const std::int64_t first_sample = line / s.out_height, last_sample = (line + lines - 1) / s.out_height;
    parallel_for((last_sample - first_sample + 1) * s.height, grain_lines(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t n = first_sample + i / s.height, h = i % s.height;
        Row* image_line = x_grad + (n * s.height + h) * s.width * s.channels + group * s.group_channels();
        for (std::int64_t k = 0; k < s.kernel_height; ++k) {
          const std::int64_t from = h + s.pad_top - k * s.dilation_h;
          const std::int64_t out_line = n * s.out_height + from / s.stride_h - line;
          if (from < 0 || from % s.stride_h || from / s.stride_h >= s.out_height || out_line < 0 || out_line >= lines) {
            continue;
          }
          add_line(rows_.data() + out_line * s.out_width * window_ + k * s.kernel_width * s.group_channels(),
                   image_line);
        }
      }
    });
  }

  void add_line(const Row* row, Row* image_line) const {
    const std::int64_t channels = s.group_channels();
    for (std::int64_t j = 0; j < s.out_width; ++j, row += window_) {
      for_each_tap_run(j * s.stride_w - s.pad_left, [&](std::int64_t tap, std::int64_t taps, std::int64_t w) {
        if (w < 0) return;
        Row* pixel = image_line + w * s.channels;
        const Row* from = row + tap * channels;
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

  const Conv2dShape& s;
  std::int64_t window_;       // elements of a row
  std::int64_t lines_;        // of the output
  std::int64_t chunk_lines_;  // done at a time
  Scratch<Row> rows_;         // [chunk_lines, out_width, window]
  Scratch<Weight> weight_;    // [O, window]
};

/// Calls `f` with the types of factors and result.
template <class Args, class F> void dispatch_types(const Args& args, F&& f) {
  if (args.factors == DType::bf16) return f.template operator()<BFloat16, float>();
  dispatch<kFloating>(args.dtype, [&]<class T>() { f.template operator()<T, T>(); });
}

}  // namespace

void conv2d_im2col(const Conv2dArgs& args) {
  dispatch_types(args, [&]<class Factor, class T>() {
    Im2col<Factor, Factor>(args.shape)
        .forward(static_cast<const Factor*>(args.x), static_cast<const Factor*>(args.weight),
                 static_cast<const T*>(args.bias), static_cast<T*>(args.y));
  });
}

void conv2d_input_grad_im2col(const Conv2dInputGradArgs& args) {
  dispatch_types(args, [&]<class Factor, class T>() {
    Im2col<T, Factor>(args.shape)
        .input_grad(static_cast<const Factor*>(args.y_grad), static_cast<const Factor*>(args.weight),
                    static_cast<T*>(args.x_grad));
  });
}

void conv2d_weight_grad_im2col(const Conv2dWeightGradArgs& args) {
  dispatch_types(args, [&]<class Factor, class T>() {
    Im2col<Factor, T>(args.shape)
        .weight_grad(static_cast<const Factor*>(args.y_grad), static_cast<const Factor*>(args.x),
                     static_cast<T*>(args.weight_grad));
  });
}

}  // namespace reel::kernels::cpu
