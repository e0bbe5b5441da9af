#pragma once

#include <reel/nn/batch_norm.h>
#include <reel/nn/conv.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Two 3x3 convolutions and a shortcut past them (He et al. 2016, figure 2); where the size or the number of channels
/// changes, the shortcut is a 1x1 convolution.
class BasicBlock : public Layer<BasicBlock> {
 public:
  /// The first convolution has the stride; `forward` keeps [N, C, H, W] for stride 1.
  BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride = 1);
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

/// ResNet-18 for small images (CIFAR, 32x32): the stem is one 3x3 convolution, without the stride and the pooling that
/// the network for ImageNet has. The names of its parameters are torchvision's.
class ResNet18 : public Layer<ResNet18> {
 public:
  /// The last layer has `num_classes` outputs; the convolutions start as He et al. 2015 propose (fan-out).
  explicit ResNet18(std::int64_t num_classes = 10);

  /// x [N, 3, H, W] -> logits [N, classes].
  Tensor forward(Tensor x) const;

 private:
  Conv2d conv1_ = register_module("conv1", Conv2d(3, 64, 3, {.padding = 1, .bias = false}));
  BatchNorm2d bn1_ = register_module("bn1", BatchNorm2d(64, {.relu = true}));
  Sequential layer1_ = register_module("layer1", Sequential(BasicBlock(64, 64), BasicBlock(64, 64)));
  Sequential layer2_ = register_module("layer2", Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128)));
  Sequential layer3_ = register_module("layer3", Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256)));
  Sequential layer4_ = register_module("layer4", Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512)));
  Linear fc_;
};

/// ResNet-50 for images of ImageNet's size. Architecture, initialisation and names are torchvision's.
class ResNet50 : public Layer<ResNet50> {
 public:
  /// The last layer has `num_classes` outputs; the convolutions start as He et al. 2015 propose (fan-out).
  explicit ResNet50(std::int64_t num_classes = 1000);

  /// x [N, 3, H, W], usually 224x224 -> logits [N, classes].
  Tensor forward(Tensor x) const;

 private:
  Conv2d conv1_ = register_module("conv1", Conv2d(3, 64, 7, {.stride = 2, .padding = 3, .bias = false}));
  BatchNorm2d bn1_ = register_module("bn1", BatchNorm2d(64, {.relu = true}));
  Sequential layer1_, layer2_, layer3_, layer4_;
  Linear fc_;
};

}  // namespace reel::nn::models
