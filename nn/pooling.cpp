// Pooling layers.

#include <reel/nn/pooling.h>

#include <reel/nn/text.h>
#include <reel/ops/convolution.h>
#include <reel/ops/options.h>

namespace reel::nn {

MaxPool2d::MaxPool2d(Size2d kernel_size, const MaxPool2dOptions& options)
    : kernel_size_(kernel_size), options_(options) {
  set_extra_text(fmt::format("kernel_size={}, stride={}, padding={}, dilation={}, ceil_mode={}", text::of(kernel_size),
                             text::of(options.stride.value_or(kernel_size)), text::of(options.padding),
                             text::of(options.dilation), text::of(options.ceil_mode)));
}

Tensor MaxPool2d::forward(const Tensor& x) const { return max_pool2d(x, kernel_size_, options_); }

AvgPool2d::AvgPool2d(Size2d kernel_size, const AvgPool2dOptions& options)
    : kernel_size_(kernel_size), options_(options) {
  set_extra_text(fmt::format("kernel_size={}, stride={}, padding={}", text::of(kernel_size),
                             text::of(options.stride.value_or(kernel_size)), text::of(options.padding)));
}

Tensor AvgPool2d::forward(const Tensor& x) const { return avg_pool2d(x, kernel_size_, options_); }

AdaptiveAvgPool2d::AdaptiveAvgPool2d(Size2d output_size) : output_size_(output_size) {
  set_extra_text("output_size=" + text::of(output_size));
}

Tensor AdaptiveAvgPool2d::forward(const Tensor& x) const { return adaptive_avg_pool2d(x, output_size_); }

AdaptiveMaxPool2d::AdaptiveMaxPool2d(Size2d output_size) : output_size_(output_size) {
  set_extra_text("output_size=" + text::of(output_size));
}

Tensor AdaptiveMaxPool2d::forward(const Tensor& x) const { return adaptive_max_pool2d(x, output_size_); }

}  // namespace reel::nn
