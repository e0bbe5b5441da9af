#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/positional.h>
#include <reel/ops/options.h>

/// The poolings as layers: [N, C, H, W] -> [N, C, H', W'], or both without N.
namespace reel::nn {

/// `max_pool2d`.
class MaxPool2d : public Layer<MaxPool2d> {
 public:
  MaxPool2d(NullPointer auto null) : Layer(null) {}
  /// The pooling with these sizes; `forward` applies it.
  explicit MaxPool2d(Size2d kernel_size, const MaxPool2dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MaxPool2dOptions, Values...> MaxPool2d(Size2d kernel_size, const Values&... options)
      : MaxPool2d(kernel_size, MaxPool2dOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  Size2d kernel_size_ = 1;
  MaxPool2dOptions options_;
};

/// `avg_pool2d`.
class AvgPool2d : public Layer<AvgPool2d> {
 public:
  AvgPool2d(NullPointer auto null) : Layer(null) {}
  /// The pooling with these sizes; `forward` applies it.
  explicit AvgPool2d(Size2d kernel_size, const AvgPool2dOptions& options = {});
  template <class... Values>
  requires PositionalOptions<AvgPool2dOptions, Values...> AvgPool2d(Size2d kernel_size, const Values&... options)
      : AvgPool2d(kernel_size, AvgPool2dOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  Size2d kernel_size_ = 1;
  AvgPool2dOptions options_;
};

/// `adaptive_avg_pool2d`.
class AdaptiveAvgPool2d : public Layer<AdaptiveAvgPool2d> {
 public:
  AdaptiveAvgPool2d(NullPointer auto null) : Layer(null) {}
  /// The pooling with these sizes; `forward` applies it.
  explicit AdaptiveAvgPool2d(Size2d output_size);
  Tensor forward(const Tensor& x) const;

 private:
  Size2d output_size_ = 1;
};

/// `adaptive_max_pool2d`.
class AdaptiveMaxPool2d : public Layer<AdaptiveMaxPool2d> {
 public:
  AdaptiveMaxPool2d(NullPointer auto null) : Layer(null) {}
  /// The pooling with these sizes; `forward` applies it.
  explicit AdaptiveMaxPool2d(Size2d output_size);
  Tensor forward(const Tensor& x) const;

 private:
  Size2d output_size_ = 1;
};

}  // namespace reel::nn
