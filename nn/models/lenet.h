#pragma once

#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/linear.h>

namespace reel::nn::models {

/// A convolutional network for 28x28 digits after LeCun's LeNet-5: convolution (32, 5x5) - ReLU - pool 2 - convolution
/// (64, 5x5) - ReLU - pool 2 - 1024 - ReLU - 10 (X. Hu, lecture on multi-layer perceptrons and convolutional networks,
/// Tsinghua University, 2017).
class LeNet : public Layer<LeNet> {
 public:
  /// The last layer has `num_classes` outputs; `dropout` is the probability with which a unit before it is dropped.
  explicit LeNet(std::int64_t num_classes = 10, double dropout = 0);

  /// x [N, 1, 28, 28] -> logits [N, classes].
  Tensor forward(Tensor x) const;

 private:
  Conv2d conv1_ = register_module("conv1", Conv2d(1, 32, 5, {.padding = 2}));
  Conv2d conv2_ = register_module("conv2", Conv2d(32, 64, 5, {.padding = 2}));
  Linear fc1_ = register_module("fc1", Linear(64 * 7 * 7, 1024));
  Dropout dropout_;
  Linear fc2_;
};

}  // namespace reel::nn::models
