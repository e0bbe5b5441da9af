#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/conv.h>
#include <reel/kernels/copy.h>
#include <reel/kernels/float32_precision.h>
#include <reel/kernels/gemm.h>
#include <reel/tensor/core/dtype.h>

/// Convolutions as matrix products: every output pixel is a row, its window [KD, KH, KW, C / groups], times the weights
/// in the same order. The rows are made for a chunk of output lines at a time, small enough to stay in a cache on their
/// way to the product (all of them would take gigabytes and, at that size, most of the time). A 1x1 convolution needs
/// no rows at all.
namespace reel::kernels {

/// A range of lines of the output, counted through all samples, of one group.
struct ConvChunk {
  std::int64_t group, line, lines;
};

/// The copy that makes [O, b, a] of [O, a, b].
inline CopyArgs swap_last_dims(DType dtype, std::int64_t out_channels, std::int64_t a, std::int64_t b, const void* from,
                               void* to) {
  CopyArgs args{.to = dtype, .from = dtype, .loop = {}, .destination = to, .source = from};
  args.loop.rank = 3;
  args.loop.sizes = {out_channels, b, a};
  args.loop.strides[0] = {a * b, a, 1};
  args.loop.strides[1] = {a * b, 1, b};
  return args;
}

/// The copies that put a weight [O, C / groups, KD, KH, KW] into the order of the rows, [O, KD, KH, KW, C / groups],
/// and back.
inline CopyArgs weight_to_rows(DType dtype, const ConvShape& s, const void* weight, void* rows) {
  return swap_last_dims(dtype, s.out_channels, s.group_channels(), s.taps(), weight, rows);
}
inline CopyArgs rows_to_weight(DType dtype, const ConvShape& s, const void* rows, void* weight) {
  return swap_last_dims(dtype, s.out_channels, s.taps(), s.group_channels(), rows, weight);
}

/// A convolution and its gradients by im2col. `Backend` is the device's part:
///
/// - Memory(n): n bytes at `data()` for the time of a call
/// - gemm(args), copy(args): the device's kernels
/// - clear(dtype, data, count): zeros
/// - chunk_elements(shape, rows): how many elements of rows of that dtype a chunk may have
/// - windows_to_rows(dtype, shape, chunk, x, rows): rows [lines * out_width, KD, KH, KW, C / groups] = windows of x
/// - add_rows_to_windows(dtype, shape, chunk, rows, x_grad): the transpose, x_grad += what the rows hold of each pixel
template <class Backend> class Im2col {
 public:
  /// The dtypes of the rows and of the weight, or of its gradient.
  Im2col(const ConvShape& shape, DType rows, DType weight)
      : s(shape),
        row_dtype_(rows),
        weight_dtype_(weight),
        window_(s.taps() * s.group_channels()),
        lines_(s.batch * s.out_depth * s.out_height),
        chunk_lines_(s.is_pointwise() ? lines_
                                      : std::clamp<std::int64_t>(
                                            Backend::chunk_elements(s, rows) / (window_ * s.out_width), 1, lines_)),
        rows_(s.is_pointwise() ? 0 : chunk_lines_ * s.out_width * window_ * bytes(rows)),
        weight_(s.out_channels * window_ * bytes(weight)) {}

  void run(const ConvArgs& args) const {
    Backend::copy(weight_to_rows(weight_dtype_, s, args.weight, weight_.data()));
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, chunk.lines * s.out_width, s.group_out_channels(), window_);
      product.a = windows(args.x, chunk);
      product.b = {group_weight(chunk), {true, window_}};
      product.c = at(args.y, output_offset(chunk), args.dtype);
      product.ldc = s.out_channels;
      if (args.bias) product.bias = at(args.bias, chunk.group * s.group_out_channels(), args.dtype);
      Backend::gemm(product);
    });
  }

  void run(const ConvInputGradArgs& args) const {
    Backend::copy(weight_to_rows(weight_dtype_, s, args.weight, weight_.data()));
    const bool pointwise = s.is_pointwise();
    if (!pointwise) Backend::clear(args.dtype, args.x_grad, s.x_size());
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, chunk.lines * s.out_width, window_, s.group_out_channels());
      product.a = gradient(args, chunk, false);
      product.b = {group_weight(chunk), {false, window_}};
      product.c = pointwise ? at(args.x_grad, image_offset(chunk), args.dtype) : rows_.data();
      product.ldc = pointwise ? s.channels : window_;
      Backend::gemm(product);
      if (!pointwise) Backend::add_rows_to_windows(args.dtype, s, chunk, rows_.data(), args.x_grad);
    });
  }

  void run(const ConvWeightGradArgs& args) const {
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, s.group_out_channels(), window_, chunk.lines * s.out_width);
      product.a = gradient(args, chunk, true);
      product.b = windows(args.x, chunk);
      product.c = group_weight(chunk);
      product.ldc = window_;
      product.accumulate = chunk.line > 0;
      Backend::gemm(product);
    });
    Backend::copy(rows_to_weight(weight_dtype_, s, weight_.data(), args.weight_grad));
  }

 private:
  static std::int64_t bytes(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }
  static const char* at(const void* data, std::int64_t elements, DType dtype) {
    return static_cast<const char*>(data) + elements * bytes(dtype);
  }
  static char* at(void* data, std::int64_t elements, DType dtype) {
    return static_cast<char*>(data) + elements * bytes(dtype);
  }

  template <class F> void for_each_chunk(F&& f) const {
    for (std::int64_t group = 0; group < s.groups; ++group) {
      for (std::int64_t line = 0; line < lines_; line += chunk_lines_) {
        f(ConvChunk{group, line, std::min(chunk_lines_, lines_ - line)});
      }
    }
  }

  template <class Args> static GemmArgs start(const Args& args, std::int64_t m, std::int64_t n, std::int64_t k) {
    GemmArgs product{};
    product.dtype = args.dtype;
    product.factors = args.factors;
    product.m = m;
    product.n = n;
    product.k = k;
    product.precision = float32_precision(Float32Op::conv);
    return product;
  }

  char* group_weight(const ConvChunk& chunk) const {
    return at(weight_.data(), chunk.group * s.group_out_channels() * window_, weight_dtype_);
  }
  std::int64_t output_offset(const ConvChunk& chunk) const {
    return chunk.line * s.out_width * s.out_channels + chunk.group * s.group_out_channels();
  }
  /// Of a pointwise convolution, whose lines are those of the image.
  std::int64_t image_offset(const ConvChunk& chunk) const {
    return chunk.line * s.width * s.channels + chunk.group * s.group_channels();
  }

  /// The windows of a chunk as rows; of a pointwise convolution the image itself.
  GemmOperand windows(const void* x, const ConvChunk& chunk) const {
    if (s.is_pointwise()) return {at(x, image_offset(chunk), row_dtype_), {false, s.channels}};
    Backend::windows_to_rows(row_dtype_, s, chunk, x, rows_.data());
    return {rows_.data(), {false, window_}};
  }

  /// The gradient of a chunk's pixels, [pixels, O / groups], or its transpose.
  template <class Args> GemmOperand gradient(const Args& args, const ConvChunk& chunk, bool transposed) const {
    return {at(args.y_grad, output_offset(chunk), args.factors), {transposed, s.out_channels}};
  }

  const ConvShape& s;
  DType row_dtype_, weight_dtype_;
  std::int64_t window_;              // elements of a row
  std::int64_t lines_;               // of the output
  std::int64_t chunk_lines_;         // done at a time
  typename Backend::Memory rows_;    // [chunk_lines, out_width, window]
  typename Backend::Memory weight_;  // [O, window]
};

template <class Backend> void run_im2col(const ConvArgs& args) {
  Im2col<Backend>(args.shape, args.factors, args.factors).run(args);
}
template <class Backend> void run_im2col(const ConvInputGradArgs& args) {
  Im2col<Backend>(args.shape, args.dtype, args.factors).run(args);
}
template <class Backend> void run_im2col(const ConvWeightGradArgs& args) {
  Im2col<Backend>(args.shape, args.factors, args.dtype).run(args);
}

}  // namespace reel::kernels
