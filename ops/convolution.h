#pragma once

#include <concepts>
#include <cstdint>
#include <tuple>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Convolution and pooling of lines [N, C, L], images [N, C, H, W] and volumes [N, C, D, H, W]; results have
/// channels-last strides, those of pooling if the input has. All take one line, image or volume without N, too, and
/// then the result has none either.
namespace reel {

/// Cross-correlation of [N, C, L] with weight [out, C / groups, K]. Also of half floats, summed in f32.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv1dOptions& options = {});
/// Cross-correlation of [N, C, H, W] with weight [out, C / groups, KH, KW]. Also of half floats, summed in f32. A NaN,
/// an infinity or a huge pixel reaches the outputs that see it and no others (on GPUs that is cuDNN's choice, which may
/// be an algorithm that works by tiles). Errors of f32 on the CPU: `set_winograd`.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv2dOptions& options = {});
/// Cross-correlation of [N, C, D, H, W] with weight [out, C / groups, KD, KH, KW]. Also of half floats, summed in f32.
Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv3dOptions& options = {});
/// The gradient of conv1d with respect to its input, as an operation: weight [in, out / groups, K].
Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose1dOptions& options = {});
/// The gradient of conv2d with respect to its input, as an operation: weight [in, out / groups, KH, KW].
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose2dOptions& options = {});
/// The gradient of conv3d with respect to its input, as an operation: weight [in, out / groups, KD, KH, KW].
Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose3dOptions& options = {});
/// The windows of an image as columns: [N, C * KH * KW, windows] (PyTorch's nn.functional.unfold).
Tensor im2col(const Tensor& x, Size2d kernel_size, const WindowOptions& options = {});
/// Adds columns back into an image of size `output_size`: the transpose of im2col.
Tensor col2im(const Tensor& columns, Size2d output_size, Size2d kernel_size, const WindowOptions& options = {});
/// The largest element of each window; the first of equals gets the gradient. A ShapeError for a window that dilation
/// and padding leave without an element of the image.
Tensor max_pool1d(const Tensor& x, std::int64_t kernel_size, const MaxPool1dOptions& options = {});
/// The same for images.
Tensor max_pool2d(const Tensor& x, Size2d kernel_size, const MaxPool2dOptions& options = {});
/// The same for volumes.
Tensor max_pool3d(const Tensor& x, Size3d kernel_size, const MaxPool3dOptions& options = {});
/// max_pool1d, and where each maximum was found (i64, the position in its line).
std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& x, std::int64_t kernel_size,
                                                   const MaxPool1dOptions& options = {});
/// max_pool2d, and where each maximum was found (i64, the position in its H x W plane).
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& x, Size2d kernel_size,
                                                   const MaxPool2dOptions& options = {});
/// max_pool3d, and where each maximum was found (i64, the position in its D x H x W volume).
std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& x, Size3d kernel_size,
                                                   const MaxPool3dOptions& options = {});
/// The mean of each window.
Tensor avg_pool1d(const Tensor& x, std::int64_t kernel_size, const AvgPool1dOptions& options = {});
/// The same for images.
Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, const AvgPool2dOptions& options = {});
/// The same for volumes.
Tensor avg_pool3d(const Tensor& x, Size3d kernel_size, const AvgPool3dOptions& options = {});
/// The same with stride and padding by position, as in PyTorch: `max_pool2d(x, 2, 2)`, `conv2d(x, w, bias, 1, 2)`.
Tensor max_pool1d(const Tensor& x, std::int64_t kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return max_pool1d(x, kernel_size, MaxPool1dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor max_pool2d(const Tensor& x, Size2d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return max_pool2d(x, kernel_size, MaxPool2dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor max_pool3d(const Tensor& x, Size3d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return max_pool3d(x, kernel_size, MaxPool3dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor avg_pool1d(const Tensor& x, std::int64_t kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return avg_pool1d(x, kernel_size, AvgPool1dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor avg_pool2d(const Tensor& x, Size2d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return avg_pool2d(x, kernel_size, AvgPool2dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor avg_pool3d(const Tensor& x, Size3d kernel_size, std::integral auto stride, std::int64_t padding = 0) {
  return avg_pool3d(x, kernel_size, AvgPool3dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, std::integral auto stride,
              std::int64_t padding = 0) {
  return conv1d(x, weight, bias, Conv1dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, std::integral auto stride,
              std::int64_t padding = 0) {
  return conv2d(x, weight, bias, Conv2dOptions{.stride = stride, .padding = padding});
}
/// The same.
Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias, std::integral auto stride,
              std::int64_t padding = 0) {
  return conv3d(x, weight, bias, Conv3dOptions{.stride = stride, .padding = padding});
}
/// The means of windows chosen so that the result has `output_size`.
Tensor adaptive_avg_pool1d(const Tensor& x, std::int64_t output_size);
/// The same for images.
Tensor adaptive_avg_pool2d(const Tensor& x, Size2d output_size);
/// The same for volumes.
Tensor adaptive_avg_pool3d(const Tensor& x, Size3d output_size);
/// The maxima of windows chosen so that the result has `output_size`.
Tensor adaptive_max_pool1d(const Tensor& x, std::int64_t output_size);
/// The same for images.
Tensor adaptive_max_pool2d(const Tensor& x, Size2d output_size);
/// The same for volumes.
Tensor adaptive_max_pool3d(const Tensor& x, Size3d output_size);
/// Puts pooled elements back where max_pool1d_with_indices found them, into zeros: its partial inverse. Where windows
/// overlap and an index repeats, the last one wins. An IndexError for an index beyond the result.
Tensor max_unpool1d(const Tensor& x, const Tensor& indices, std::int64_t kernel_size,
                    const MaxUnpool1dOptions& options = {});
/// The same for images.
Tensor max_unpool2d(const Tensor& x, const Tensor& indices, Size2d kernel_size, const MaxUnpool2dOptions& options = {});
/// The same for volumes.
Tensor max_unpool3d(const Tensor& x, const Tensor& indices, Size3d kernel_size, const MaxUnpool3dOptions& options = {});
/// (sum of x^norm_type over each window)^(1 / norm_type); of a negative sum the root of its amount, with its sign. As
/// in PyTorch a window of zeros has no gradient: it is NaN.
Tensor lp_pool1d(const Tensor& x, double norm_type, std::int64_t kernel_size, const LpPool1dOptions& options = {});
/// The same for images.
Tensor lp_pool2d(const Tensor& x, double norm_type, Size2d kernel_size, const LpPool2dOptions& options = {});

}  // namespace reel
