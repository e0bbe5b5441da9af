#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// The configurations of Simonyan and Zisserman 2015, table 1.
enum class VGGNet : std::uint8_t {
  A,      ///< 8 convolutions, "VGG-11". 132,863,336 parameters.
  A_LRN,  ///< A with local response normalisation after the first convolution. As many parameters.
  B,      ///< 10 convolutions, "VGG-13". 133,047,848 parameters.
  C,      ///< 13 convolutions, of which three are 1x1. 133,638,952 parameters.
  D,      ///< 13 convolutions, "VGG-16". 138,357,544 parameters.
  E,      ///< 16 convolutions, "VGG-19". 143,667,240 parameters.
};

/// Options of VGG.
struct VGGOptions {
  std::int64_t num_classes = 1000;  ///< Outputs of the last layer.
  double dropout = 0.5;             ///< With this probability a hidden unit of the classifier is dropped.
  double width = 1;                 ///< Factor of the channels and hidden units (see `scaled`).
};

/// 3x3 convolutions in five groups with a pooling after each, then three linear layers with dropout (Simonyan and
/// Zisserman 2015). Initialisation and names are torchvision's.
class VGG : public Layer<VGG> {
 public:
  explicit VGG(VGGNet net, const VGGOptions& options = {});

  /// x [N, 3, H, W] of at least 32x32, usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential features_, classifier_;
};

/// VGG-16, the configuration D.
class VGG16 : public VGG {
 public:
  /// The last layer has `num_classes` outputs.
  explicit VGG16(std::int64_t num_classes = 1000) : VGG(VGGNet::D, {.num_classes = num_classes}) {}
};

}  // namespace reel::nn::models
