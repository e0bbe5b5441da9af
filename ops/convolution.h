#pragma once

#include <concepts>
#include <cstdint>
#include <tuple>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Convolution, pooling and resizing. Images are [N, C, H, W]; results have channels-last strides. All but
/// `interpolate` also take one image without N, and then the result has none either.
namespace reel {

/// Cross-correlation of [N, C, L] with weight [out, C / groups, K]. Also of half floats, summed in f32.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv1dOptions& options = {});
/// Cross-correlation of [N, C, H, W] with weight [out, C / groups, KH, KW]. Also of half floats, summed in f32. A NaN,
/// an infinity or a huge pixel reaches the outputs that see it and no others (on GPUs that is cuDNN's choice, which may
/// be an algorithm that works by tiles). Errors of f32 on the CPU: `set_winograd`.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv2dOptions& options = {});
/// The gradient of conv2d with respect to its input, as an operation: weight [in, out / groups, KH, KW].
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose2dOptions& options = {});
/// The windows of an image as columns: [N, C * KH * KW, windows] (PyTorch's nn.functional.unfold).
Tensor im2col(const Tensor& x, Size2d kernel_size, const WindowOptions& options = {});
/// Adds columns back into an image of size `output_size`: the transpose of im2col.
Tensor col2im(const Tensor& columns, Size2d output_size, Size2d kernel_size, const WindowOptions& options = {});
/// The largest element of each window; the first of equals gets the gradient. A ShapeError for a window that dilation
/// and padding leave without an element of the image.
Tensor max_pool2d(const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options = {});
/// The same, and where each was found (i64, the position in its H x W plane).
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, Size2d kernel_size,
                                                   const MaxPool2dOptions& options = {});
/// The mean of each window.
Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, const AvgPool2dOptions& options = {});
/// The same with stride and padding by position, as in PyTorch: `max_pool2d(x, 2, 2)`, `conv2d(x, w, bias, 1, 2)`.
Tensor max_pool2d(const Tensor& x, Size2d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return max_pool2d(x, kernel_size, MaxPool2dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return avg_pool2d(x, kernel_size, AvgPool2dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, std::integral auto stride,
              std::int64_t padding = 0) {
  return conv2d(x, weight, bias, Conv2dOptions{.stride = stride, .padding = padding});
}
/// The means of windows chosen so that the result has `output_size`.
Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size);
/// The maxima of windows chosen so that the result has `output_size`.
Tensor adaptive_max_pool2d(const Tensor& x, Size2d output_size);
/// Resized by `options.mode`, nearest or bilinear.
Tensor interpolate(const Tensor& x, Size2d size, const InterpolateOptions& options = {});

}  // namespace reel
