// Convolutions as products: every output pixel is a row, its window, times the weights in the same order. The rows are
// made for a chunk of output lines at a time, small enough to stay in the second-level cache on their way to the
// product (all of them would take gigabytes and, at that size, most of the time). A 1x1 convolution needs no rows at
// all.

#include <reel/kernels/conv.h>

#include <algorithm>
#include <memory>

#include <reel/kernels/conv_widened.h>
#include <reel/kernels/copy.h>
#include <reel/kernels/cuda/conv/conv_algorithms.h>
#include <reel/kernels/cuda/conv/conv_rows.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/gemm.h>

namespace reel::kernels::cuda {
namespace {

constexpr std::int64_t kChunkBytes = 16 << 20;

const char* at(const void* data, std::int64_t elements, DType dtype) {
  return static_cast<const char*>(data) + elements * static_cast<std::int64_t>(size_of(dtype));
}
char* at(void* data, std::int64_t elements, DType dtype) {
  return static_cast<char*>(data) + elements * static_cast<std::int64_t>(size_of(dtype));
}

std::int64_t bytes(DType dtype) { return static_cast<std::int64_t>(size_of(dtype)); }

/// What the three products have in common.
class Im2col {
 public:
  /// The dtypes of the rows and of the weight, or of its gradient.
  Im2col(const Conv2dShape& shape, DType rows, DType weight)
      : s(shape),
        row_dtype_(rows),
        weight_dtype_(weight),
        window_(s.kernel_height * s.kernel_width * s.group_channels()),
        lines_(s.batch * s.out_height),
        chunk_lines_(s.is_pointwise()
                         ? lines_
                         : std::clamp<std::int64_t>(kChunkBytes / (window_ * s.out_width * bytes(rows)), 1, lines_)),
        rows_(s.is_pointwise() ? 1 : chunk_lines_ * s.out_width * window_ * bytes(rows)),
        weight_(s.out_channels * window_ * bytes(weight)) {}

  void forward(const Conv2dArgs& args) const {
    weight_to_rows(weight_dtype_, s, args.weight, weight_.get());
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, chunk.lines * s.out_width, s.group_out_channels(), window_);
      product.a = windows(args.x, chunk);
      product.b = {group_weight(chunk), {true, window_}};
      product.c = at(args.y, output_offset(chunk), args.dtype);
      product.ldc = s.out_channels;
      if (args.bias) product.bias = at(args.bias, chunk.group * s.group_out_channels(), args.dtype);
      gemm(product);
    });
  }

  void input_grad(const Conv2dInputGradArgs& args) const {
    weight_to_rows(weight_dtype_, s, args.weight, weight_.get());
    const bool pointwise = s.is_pointwise();
    if (!pointwise) clear(args.dtype, args.x_grad, s.batch * s.height * s.width * s.channels);
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, chunk.lines * s.out_width, window_, s.group_out_channels());
      product.a = gradient(args, chunk, false);
      product.b = {group_weight(chunk), {false, window_}};
      product.c = pointwise ? at(args.x_grad, image_offset(chunk), args.dtype) : rows_.get();
      product.ldc = pointwise ? s.channels : window_;
      gemm(product);
      if (!pointwise) add_rows_to_windows(args.dtype, s, chunk, rows_.get(), args.x_grad);
    });
  }

  void weight_grad(const Conv2dWeightGradArgs& args) const {
    for_each_chunk([&](const ConvChunk& chunk) {
      GemmArgs product = start(args, s.group_out_channels(), window_, chunk.lines * s.out_width);
      product.a = gradient(args, chunk, true);
      product.b = windows(args.x, chunk);
      product.c = group_weight(chunk);
      product.ldc = window_;
      product.accumulate = chunk.line > 0;
      gemm(product);
    });
    rows_to_weight(weight_dtype_, s, weight_.get(), args.weight_grad);
  }

 private:
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
    return weight_.get() + chunk.group * s.group_out_channels() * window_ * bytes(weight_dtype_);
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
    windows_to_rows(row_dtype_, s, chunk, x, rows_.get());
    return {rows_.get(), {false, window_}};
  }

  /// The gradient of a chunk's pixels, [pixels, O / groups], or its transpose.
  template <class Args> GemmOperand gradient(const Args& args, const ConvChunk& chunk, bool transposed) const {
    return {at(args.y_grad, output_offset(chunk), args.factors), {transposed, s.out_channels}};
  }

  static void clear(DType dtype, void* data, std::int64_t count) {
    FillArgs args{dtype, {}, data, 0};
    args.loop.rank = 1;
    args.loop.sizes[0] = count;
    args.loop.strides[0][0] = 1;
    fill(args);
  }

  const Conv2dShape& s;
  DType row_dtype_, weight_dtype_;
  std::int64_t window_;       // elements of a row
  std::int64_t lines_;        // of the output
  std::int64_t chunk_lines_;  // done at a time
  Scratch<char> rows_;        // [chunk_lines, out_width, window]
  Scratch<char> weight_;      // [O, window]
};

struct Floats : Scratch<float> {
  using Scratch::Scratch;
  float* data() const { return get(); }
};
using InF32 = Widened<Floats, &copy>;

/// The gradients add rows, or chunks, up in the result, which must not round each sum. A 1x1 convolution has only one.
template <class Args> bool adds_up_halves(const Args& args) {
  return kHalf.contains(args.dtype) && !args.shape.is_pointwise();
}

}  // namespace

void conv2d_im2col(const Conv2dArgs& args) { Im2col(args.shape, args.factors, args.factors).forward(args); }

void conv2d_input_grad_im2col(const Conv2dInputGradArgs& args) {
  if (adds_up_halves(args)) return conv2d_input_grad_widened<InF32>(args, &conv2d_input_grad_im2col);
  Im2col(args.shape, args.dtype, args.factors).input_grad(args);
}

void conv2d_weight_grad_im2col(const Conv2dWeightGradArgs& args) {
  if (adds_up_halves(args)) return conv2d_weight_grad_widened<InF32>(args, &conv2d_weight_grad_im2col);
  Im2col(args.shape, args.factors, args.dtype).weight_grad(args);
}

}  // namespace reel::kernels::cuda
