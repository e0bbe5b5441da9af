#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of SqueezeNet.
struct SqueezeNetOptions {
  std::int64_t num_classes = 1000;  ///< Outputs.
  double dropout = 0.5;             ///< With this probability a channel's value is dropped before the last convolution.
  /// Around the last convolution, which is 1x1. torchvision has 0. The authors' own network has 1, so that the mean of
  /// a class also counts a border of biases.
  std::int64_t classifier_padding = 0;
};

/// SqueezeNet 1.0 (Iandola et al. 2016): a convolution, eight "fire" modules, a convolution that has a channel for each
/// class, and the mean of each channel. A fire module squeezes its input to few channels by a 1x1 convolution, which a
/// 1x1 and a 3x3 convolution side by side expand. 1,248,424 parameters. Initialisation and names are torchvision's.
class SqueezeNet : public Layer<SqueezeNet> {
 public:
  explicit SqueezeNet(const SqueezeNetOptions& options = {});

  /// x [N, 3, H, W] of at least 21x21, usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;
  /// All but the classifier: ReLUs, pools and fire modules by torchvision's numbers, 1 (the first ReLU), 3, 4, 5 and 7
  /// to 10 and 12 (fire modules), for those who want what one of them sees.
  const Sequential& features() const { return features_; }

 private:
  Sequential features_, classifier_;
};

}  // namespace reel::nn::models
