#include <reel/nn/models/resnet.h>

#include <reel/nn/init.h>
#include <reel/ops/ops.h>

namespace reel::nn::models {

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride)
    : conv1_(register_module("conv1", Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}))),
      bn1_(register_module("bn1", BatchNorm2d(out))),
      conv2_(register_module("conv2", Conv2d(out, out, 3, {.padding = 1, .bias = false}))),
      bn2_(register_module("bn2", BatchNorm2d(out))) {
  if (stride != 1 || in != out) {
    downsample_ = register_module("downsample",
                                  Sequential(Conv2d(in, out, 1, {.stride = stride, .bias = false}), BatchNorm2d(out)));
  }
}

Tensor BasicBlock::forward(const Tensor& x) const {
  const Tensor y = bn2_(conv2_(relu(bn1_(conv1_(x)))));
  return relu(y + downsample_(x));
}

ResNet18::ResNet18(std::int64_t num_classes) : fc_(register_module("fc", Linear(512, num_classes))) {
  // He et al. 2015, for ReLU; as torchvision does.
  for (const auto& [name, p] : named_parameters()) {
    if (p.dim() == 4)
      init::kaiming_normal_(p, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
  }
}

Tensor ResNet18::forward(Tensor x) const {
  x = relu(bn1_(conv1_(x)));
  x = layer4_(layer3_(layer2_(layer1_(x))));
  return fc_(flatten(adaptive_avg_pool2d(x, 1), 1));
}

}  // namespace reel::nn::models
