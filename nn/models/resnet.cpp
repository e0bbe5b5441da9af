// ResNet-18 and ResNet-50.

#include <reel/nn/models/resnet.h>

#include <reel/nn/init.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/factories.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// He et al. 2015, for ReLU; as torchvision does.
void init_convolutions(const Module& module) {
  for (const auto& [name, p] : module.named_parameters()) {
    if (p.dim() == 4)
      init::kaiming_normal_(p, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
  }
}

/// `count` blocks, of which the first changes size and channels.
Sequential bottlenecks(std::int64_t in, std::int64_t channels, int count, std::int64_t stride) {
  Sequential blocks(Bottleneck(in, channels, stride));
  while (--count > 0) blocks.push_back(Bottleneck(Bottleneck::expansion * channels, channels));
  return blocks;
}

/// The shortcut past a block that changes the shape.
Sequential projection(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return Sequential(Conv2d(in, out, 1, {.stride = stride, .bias = false}), BatchNorm2d(out));
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
    : conv1_(register_module("conv1", Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}))),
      bn1_(register_module("bn1", BatchNorm2d(out, {.relu = true}))),
      conv2_(register_module("conv2", Conv2d(out, out, 3, {.padding = 1, .bias = false}))),
      bn2_(register_module("bn2", BatchNorm2d(out))) {
  if (stride != 1 || in != out) downsample_ = register_module("downsample", projection(in, out, stride));
}

Tensor BasicBlock::forward(const Tensor& x) const {
  const Tensor y = bn2_(conv2_(bn1_(conv1_(x))));
  return relu(y + downsample_(x));
}

Bottleneck::Bottleneck(std::int64_t in, std::int64_t channels, std::int64_t stride)
    : conv1_(register_module("conv1", Conv2d(in, channels, 1, {.bias = false}))),
      bn1_(register_module("bn1", BatchNorm2d(channels, {.relu = true}))),
      conv2_(register_module("conv2", Conv2d(channels, channels, 3, {.stride = stride, .padding = 1, .bias = false}))),
      bn2_(register_module("bn2", BatchNorm2d(channels, {.relu = true}))),
      conv3_(register_module("conv3", Conv2d(channels, expansion * channels, 1, {.bias = false}))),
      bn3_(register_module("bn3", BatchNorm2d(expansion * channels))) {
  const std::int64_t out = expansion * channels;
  if (stride != 1 || in != out) downsample_ = register_module("downsample", projection(in, out, stride));
}

Tensor Bottleneck::forward(const Tensor& x) const {
  const Tensor y = bn2_(conv2_(bn1_(conv1_(x))));
  return relu(bn3_(conv3_(y)) + downsample_(x));
}

ResNet18::ResNet18(std::int64_t num_classes) : fc_(register_module("fc", Linear(512, num_classes))) {
  init_convolutions(*this);
}

Tensor ResNet18::forward(Tensor x) const {
  x = bn1_(conv1_(x));
  x = layer4_(layer3_(layer2_(layer1_(x))));
  return fc_(flatten(adaptive_avg_pool2d(x, 1), 1));
}

ResNet50::ResNet50(std::int64_t num_classes)
    : layer1_(register_module("layer1", bottlenecks(64, 64, 3, 1))),
      layer2_(register_module("layer2", bottlenecks(256, 128, 4, 2))),
      layer3_(register_module("layer3", bottlenecks(512, 256, 6, 2))),
      layer4_(register_module("layer4", bottlenecks(1024, 512, 3, 2))),
      fc_(register_module("fc", Linear(2048, num_classes))) {
  init_convolutions(*this);
}

Tensor ResNet50::forward(Tensor x) const {
  x = max_pool2d(bn1_(conv1_(x)), 3, {.stride = 2, .padding = 1});
  x = layer4_(layer3_(layer2_(layer1_(x))));
  return fc_(flatten(adaptive_avg_pool2d(x, 1), 1));
}

}  // namespace reel::nn::models
