#pragma once

#include <reel/nn/layers/linear.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of CifarResNet.
struct CifarResNetOptions {
  std::int64_t num_classes = 10;  ///< Outputs of the last layer.
  bool plain = false;             ///< Without the shortcuts: the networks that the paper compares with.
  bool checkpoint = false;        ///< As ResNet's.
};

/// The narrow networks for CIFAR of He et al. 2016, section 4.2: a 3x3 convolution and three stages of 16, 32 and 64
/// channels. Where a stage halves the size, the shortcut takes every second pixel, and zeros for the new channels
/// (option A), so that it has no parameters. Depth and parameters: 20 269,722; 32 464,154; 44 658,586; 56 853,018; 110
/// 1,727,962; 1202 19,421,274; as many for the plain networks.
class CifarResNet : public Layer<CifarResNet> {
 public:
  /// A ValueError unless the depth is 6 n + 2. The convolutions start as He et al. 2015 propose (fan-in).
  explicit CifarResNet(int depth, const CifarResNetOptions& options = {});

  /// x [N, 3, H, W], usually 32x32 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential stem_, blocks_;
  Linear fc_{nullptr};
  bool checkpoint_;
};

}  // namespace reel::nn::models
