#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// VGG-16 (Simonyan and Zisserman 2015, configuration D): thirteen 3x3 convolutions in five groups with a pooling after
/// each, then three linear layers with dropout. Architecture, initialisation and names are torchvision's.
class VGG16 : public Layer<VGG16> {
 public:
  /// The last layer has `num_classes` outputs.
  explicit VGG16(std::int64_t num_classes = 1000);

  /// x [N, 3, H, W] of at least 32x32, usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential features_, classifier_;
};

}  // namespace reel::nn::models
