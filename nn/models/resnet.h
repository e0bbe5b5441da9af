#pragma once

#include <reel/nn/layers/batch_norm.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Two 3x3 convolutions and a shortcut past them (He et al. 2016, figure 2); where the size or the number of channels
/// changes, the shortcut is a 1x1 convolution.
class BasicBlock : public Layer<BasicBlock> {
 public:
  /// Outputs over the channels of the convolutions.
  static constexpr std::int64_t expansion = 1;

  /// The first convolution has the stride; `forward` keeps [N, C, H, W] for stride 1.
  BasicBlock(std::int64_t in_channels, std::int64_t channels, std::int64_t stride = 1);
  Tensor forward(const Tensor& x) const;

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  Sequential downsample_;  // empty: the input itself
};

/// A 1x1 convolution down to `channels`, a 3x3 one, and a 1x1 one up to four times as many, with a shortcut past them
/// (He et al. 2016, figure 5); where the size or the number of channels changes, the shortcut is a 1x1 convolution.
class Bottleneck : public Layer<Bottleneck> {
 public:
  /// Outputs over the channels of the 3x3 convolution.
  static constexpr std::int64_t expansion = 4;

  /// The 3x3 convolution has the stride, as in torchvision (the paper gives it to the first 1x1).
  Bottleneck(std::int64_t in_channels, std::int64_t channels, std::int64_t stride = 1);
  /// [N, in_channels, H, W] -> [N, 4 channels, H / stride, W / stride].
  Tensor forward(const Tensor& x) const;

 private:
  Conv2d conv1_;
  BatchNorm2d bn1_;
  Conv2d conv2_;
  BatchNorm2d bn2_;
  Conv2d conv3_;
  BatchNorm2d bn3_;
  Sequential downsample_;  // empty: the input itself
};

/// Options of ResNet.
struct ResNetOptions {
  std::int64_t num_classes = 1000;  ///< Outputs of the last layer.
  /// For images of CIFAR's size: the stem is one 3x3 convolution, without the stride and the pooling that images of
  /// ImageNet's size need.
  bool small_images = false;
  /// Whether blocks are computed again in backward (`reel::checkpoint`): a step takes a third longer, and of its
  /// activations only what passes from block to block is kept.
  bool checkpoint = false;
};

/// The residual networks of He et al. 2016. Architecture, initialisation and names are torchvision's. Depth and
/// parameters: 18 11,689,512; 34 21,797,672; 50 25,557,032; 101 44,549,160; 152 60,192,808.
class ResNet : public Layer<ResNet> {
 public:
  /// A ValueError for another depth. The convolutions start as He et al. 2015 propose (fan-out).
  explicit ResNet(int depth, const ResNetOptions& options = {});

  /// x [N, 3, H, W], usually 224x224 -> logits [N, classes].
  Tensor forward(const Tensor& x) const;

 private:
  Sequential stem_, blocks_;
  Linear fc_{nullptr};
  bool checkpoint_;
};

}  // namespace reel::nn::models
