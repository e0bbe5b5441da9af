#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Two-dimensional convolution and its two gradients. Each is linear in both of its operands, and the gradients of any
/// of the three are the other two, so these kernels serve derivatives of every order.
namespace reel::kernels {

/// Sizes and steps of y = x * w (a cross-correlation, as everywhere in deep learning):
/// y[n, o, i, j] = sum over c, k, l of w[o, c, k, l] x[n, group(o) channels / groups + c, i stride_h + k dilation_h -
/// pad_top, j stride_w + l dilation_w - pad_left], where x is 0 outside. What lies below and to the right of x is
/// padded as far as the output reaches. f32, f64 and, summed in f32 and rounded once, half floats; or factors in bf16,
/// and the result and the bias in f32. No size is 0.
struct Conv2dShape {
  std::int64_t batch, channels, height, width;             // x
  std::int64_t out_channels, kernel_height, kernel_width;  // w: [out_channels, channels / groups, kernel]
  std::int64_t out_height, out_width;                      // y
  std::int64_t stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  std::int64_t groups;

  /// How many elements x, w and y have.
  constexpr std::int64_t x_size() const { return batch * channels * height * width; }
  constexpr std::int64_t weight_size() const { return out_channels * group_channels() * kernel_height * kernel_width; }
  constexpr std::int64_t y_size() const { return batch * out_channels * out_height * out_width; }

  constexpr std::int64_t group_channels() const { return channels / groups; }
  constexpr std::int64_t group_out_channels() const { return out_channels / groups; }
  /// Whether y is a plain matrix product of x's pixels and w.
  constexpr bool is_pointwise() const {
    return kernel_height == 1 && kernel_width == 1 && stride_h == 1 && stride_w == 1 && pad_top == 0 && pad_left == 0 &&
           out_height == height && out_width == width;
  }
};

/// A convolution, or its gradient by one of its operands.
enum class ConvOp : std::uint8_t { forward, input_grad, weight_grad };

/// "conv2d", "conv2d_input_grad" or "conv2d_weight_grad".
constexpr const char* to_string(ConvOp op) {
  return op == ConvOp::forward ? "conv2d" : op == ConvOp::input_grad ? "conv2d_input_grad" : "conv2d_weight_grad";
}

// Images lie in memory as [N, H, W, C], weights as [O, C / groups, KH, KW].

struct Conv2dArgs {
  static constexpr ConvOp op = ConvOp::forward;
  DType dtype;  // of the result and the bias
  Conv2dShape shape;
  const void* x;
  const void* weight;
  const void* bias;  // [O], or null
  void* y;
  DType factors = dtype;  // the same, or bf16 under f32
};

struct Conv2dInputGradArgs {
  static constexpr ConvOp op = ConvOp::input_grad;
  DType dtype;
  Conv2dShape shape;
  const void* y_grad;
  const void* weight;
  void* x_grad;
  DType factors = dtype;
};

struct Conv2dWeightGradArgs {
  static constexpr ConvOp op = ConvOp::weight_grad;
  DType dtype;
  Conv2dShape shape;
  const void* y_grad;
  const void* x;
  void* weight_grad;
  DType factors = dtype;
};

namespace cpu {
void conv2d(const Conv2dArgs& args);
void conv2d_input_grad(const Conv2dInputGradArgs& args);
void conv2d_weight_grad(const Conv2dWeightGradArgs& args);
}  // namespace cpu
namespace cuda {
void conv2d(const Conv2dArgs& args);
void conv2d_input_grad(const Conv2dInputGradArgs& args);
void conv2d_weight_grad(const Conv2dWeightGradArgs& args);
}  // namespace cuda

/// With `deterministic()` results on the CPU do not depend on the number of threads.
inline constexpr KernelTable<void(const Conv2dArgs&)> conv2d{&cpu::conv2d, &cuda::conv2d};
inline constexpr KernelTable<void(const Conv2dInputGradArgs&)> conv2d_input_grad{&cpu::conv2d_input_grad,
                                                                                 &cuda::conv2d_input_grad};
inline constexpr KernelTable<void(const Conv2dWeightGradArgs&)> conv2d_weight_grad{&cpu::conv2d_weight_grad,
                                                                                   &cuda::conv2d_weight_grad};

}  // namespace reel::kernels
