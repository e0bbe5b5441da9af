// The residual networks for ImageNet.

#include <reel/nn/models/resnet.h>

#include <algorithm>
#include <array>

#include <reel/nn/init.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/models/blocks.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::models {
namespace {

/// He et al. 2015, for ReLU; as torchvision does.
void init_convolutions(const Module& module) {
  for (const auto& [name, p] : module.named_parameters()) {
    if (p.dim() == 4)
      init::kaiming_normal_(p, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
  }
}

/// `count` blocks, of which the first changes size and channels; `in` becomes the channels that come out.
template <class Block> Sequential blocks_of(std::int64_t& in, std::int64_t channels, int count, std::int64_t stride) {
  Sequential blocks;
  for (int i = 0; i < count; ++i, in = Block::expansion * channels)
    blocks.push_back(Block(in, channels, i ? 1 : stride));
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

ResNet::ResNet(int depth, const ResNetOptions& options) : checkpoint_(options.checkpoint) {
  struct Form {
    int depth;
    bool bottleneck;
    std::array<int, 4> blocks;
  };
  constexpr std::array kForms{Form{18, false, {2, 2, 2, 2}}, Form{34, false, {3, 4, 6, 3}},
                              Form{50, true, {3, 4, 6, 3}}, Form{101, true, {3, 4, 23, 3}},
                              Form{152, true, {3, 8, 36, 3}}};
  const auto* form = std::find_if(kForms.begin(), kForms.end(), [&](const Form& f) { return f.depth == depth; });
  check<ValueError>(form != kForms.end(), "ResNet: expected a depth of 18, 34, 50, 101 or 152, got {}", depth);

  const Conv2dOptions first = options.small_images ? Conv2dOptions{.padding = 1, .bias = false}
                                                   : Conv2dOptions{.stride = 2, .padding = 3, .bias = false};
  stem_.push_back(register_module("conv1", Conv2d(3, 64, options.small_images ? 3 : 7, first)));
  stem_.push_back(register_module("bn1", BatchNorm2d(64, {.relu = true})));
  if (!options.small_images) stem_.push_back(MaxPool2d(3, {.stride = 2, .padding = 1}));
  std::int64_t in = 64, channels = 64;
  for (int stage = 0; stage < 4; ++stage, channels *= 2) {
    const auto index = static_cast<std::size_t>(stage);
    const Sequential blocks = form->bottleneck
                                  ? blocks_of<Bottleneck>(in, channels, form->blocks[index], stage > 0 ? 2 : 1)
                                  : blocks_of<BasicBlock>(in, channels, form->blocks[index], stage > 0 ? 2 : 1);
    register_module("layer" + std::to_string(stage + 1), blocks);
    for (const AnyModule& block : blocks) blocks_.push_back(block);
  }
  fc_ = register_module("fc", Linear(in, options.num_classes));
  init_convolutions(*this);
}

Tensor ResNet::forward(const Tensor& x) const {
  return fc_(flatten(adaptive_avg_pool2d(detail::run_blocks(blocks_, stem_(x), checkpoint_), 1), 1));
}

}  // namespace reel::nn::models
