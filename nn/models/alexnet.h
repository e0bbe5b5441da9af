#pragma once

#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of AlexNet and AlexNetV2.
struct AlexNetOptions {
  std::int64_t num_classes = 1000;  ///< Outputs of the last layer.
  double dropout = 0.5;             ///< With this probability a hidden unit of the classifier is dropped.
  double width = 1;                 ///< Factor of the channels and hidden units (see `scaled`).
};

/// AlexNet (Krizhevsky et al. 2012): five convolutions, of which the second, the fourth and the fifth have two groups,
/// local response normalisation after the first two, and three linear layers. 60,965,224 parameters. Parameters have
/// the names of Caffe's model, conv1 to conv5 and fc6 to fc8.
class AlexNet : public Layer<AlexNet> {
 public:
  /// Weights start as He et al. 2015 propose (fan-in), not with the paper's standard deviation of 0.01, biases at 0.
  explicit AlexNet(const AlexNetOptions& options = {});

  /// x [N, 3, H, W] of at least 63x63, usually 224x224 -> logits [N, classes].
  Tensor forward(Tensor x) const;

 private:
  Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr}, conv4_{nullptr}, conv5_{nullptr};
  Linear fc6_{nullptr}, fc7_{nullptr}, fc8_{nullptr};
  LocalResponseNorm norm1_, norm2_;
  Dropout drop6_, drop7_;
};

/// AlexNet in one column and without normalisation (Krizhevsky 2014, "One weird trick for parallelizing convolutional
/// neural networks"), which is torchvision's `alexnet`, with its names. 61,100,840 parameters.
class AlexNetV2 : public Layer<AlexNetV2> {
 public:
  /// The parameters start as those of Conv2d and Linear do.
  explicit AlexNetV2(const AlexNetOptions& options = {});

  /// x [N, 3, H, W] of at least 63x63, usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential features_, classifier_;
};

}  // namespace reel::nn::models
