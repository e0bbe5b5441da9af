#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Convolution in two or three dimensions and its two gradients. Each is linear in both of its operands, and the
/// gradients of any of the three are the other two, so these kernels serve derivatives of every order.
namespace reel::kernels {

/// Sizes and steps of y = x * w (a cross-correlation, as everywhere in deep learning):
/// y[n, o, i, j] = sum over c, k, l of w[o, c, k, l] x[n, group(o) channels / groups + c, i stride_h + k dilation_h -
/// pad_top, j stride_w + l dilation_w - pad_left], where x is 0 outside. What lies below and to the right of x is
/// padded as far as the output reaches. Volumes have a third axis, the depth, which is of the same kind; images have a
/// depth of 1. f32, f64 and, summed in f32 and rounded once, half floats; or factors in bf16,
/// and the result and the bias in f32. No size is 0.
struct ConvShape {
  std::int64_t batch, channels, height, width;             // x
  std::int64_t out_channels, kernel_height, kernel_width;  // w: [out_channels, channels / groups, kernel]
  std::int64_t out_height, out_width;                      // y
  std::int64_t stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  std::int64_t groups;
  std::int64_t depth = 1, kernel_depth = 1, out_depth = 1, stride_d = 1, dilation_d = 1, pad_front = 0;

  /// How many elements x, w and y have.
  constexpr std::int64_t x_size() const { return batch * channels * depth * height * width; }
  constexpr std::int64_t weight_size() const { return out_channels * group_channels() * taps(); }
  constexpr std::int64_t y_size() const { return batch * out_channels * out_depth * out_height * out_width; }
  /// The elements of a window in one channel.
  constexpr std::int64_t taps() const { return kernel_depth * kernel_height * kernel_width; }

  constexpr std::int64_t group_channels() const { return channels / groups; }
  constexpr std::int64_t group_out_channels() const { return out_channels / groups; }
  /// Whether x, w and y have two dimensions.
  constexpr bool is_flat() const { return depth == 1 && kernel_depth == 1 && out_depth == 1 && pad_front == 0; }
  /// The same convolution, if windows are one plane deep as one of the planes, which then count as samples.
  constexpr ConvShape flattened() const {
    ConvShape flat = *this;
    if (kernel_depth > 1 || stride_d > 1 || pad_front > 0 || out_depth != depth) return flat;
    flat.batch *= depth;
    flat.depth = flat.out_depth = 1;
    return flat;
  }
  /// Whether y is a plain matrix product of x's pixels and w.
  constexpr bool is_pointwise() const {
    return is_flat() && kernel_height == 1 && kernel_width == 1 && stride_h == 1 && stride_w == 1 && pad_top == 0 &&
           pad_left == 0 && out_height == height && out_width == width;
  }
};

/// A convolution, or its gradient by one of its operands.
enum class ConvOp : std::uint8_t { forward, input_grad, weight_grad };

/// "conv2d", "conv2d_input_grad" or "conv2d_weight_grad"; "conv3d" and so on for volumes.
constexpr const char* to_string(ConvOp op, const ConvShape& shape) {
  constexpr const char* names[2][3] = {{"conv3d", "conv3d_input_grad", "conv3d_weight_grad"},
                                       {"conv2d", "conv2d_input_grad", "conv2d_weight_grad"}};
  return names[shape.is_flat() ? 1 : 0][static_cast<std::size_t>(op)];
}

// Images lie in memory as [N, D, H, W, C], weights as [O, C / groups, KD, KH, KW].

struct ConvArgs {
  static constexpr ConvOp op = ConvOp::forward;
  DType dtype;  // of the result and the bias
  ConvShape shape;
  const void* x;
  const void* weight;
  const void* bias;  // [O], or null
  void* y;
  DType factors = dtype;  // the same, or bf16 under f32
};

struct ConvInputGradArgs {
  static constexpr ConvOp op = ConvOp::input_grad;
  DType dtype;
  ConvShape shape;
  const void* y_grad;
  const void* weight;
  void* x_grad;
  DType factors = dtype;
};

struct ConvWeightGradArgs {
  static constexpr ConvOp op = ConvOp::weight_grad;
  DType dtype;
  ConvShape shape;
  const void* y_grad;
  const void* x;
  void* weight_grad;
  DType factors = dtype;
};

namespace cpu {
void conv(const ConvArgs& args);
void conv_input_grad(const ConvInputGradArgs& args);
void conv_weight_grad(const ConvWeightGradArgs& args);
}  // namespace cpu
namespace cuda {
void conv(const ConvArgs& args);
void conv_input_grad(const ConvInputGradArgs& args);
void conv_weight_grad(const ConvWeightGradArgs& args);
}  // namespace cuda

/// With `deterministic()` results on the CPU do not depend on the number of threads.
inline constexpr KernelTable<void(const ConvArgs&)> conv{&cpu::conv, &cuda::conv};
inline constexpr KernelTable<void(const ConvInputGradArgs&)> conv_input_grad{&cpu::conv_input_grad,
                                                                             &cuda::conv_input_grad};
inline constexpr KernelTable<void(const ConvWeightGradArgs&)> conv_weight_grad{&cpu::conv_weight_grad,
                                                                               &cuda::conv_weight_grad};

}  // namespace reel::kernels
