// The VGG networks.

#include <reel/nn/models/vgg.h>

#include <array>
#include <utility>
#include <vector>

#include <reel/nn/init.h>
#include <reel/nn/layers/activation.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/models/blocks.h>
#include <reel/nn/models/scaled_width.h>
#include <reel/ops/convolution.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::models {
namespace {

constexpr std::array kChannels{64, 128, 256, 512, 512};
/// The sides of what the classifier sees, whatever the size of the image.
constexpr std::int64_t kSide = 7;
/// The sides of the kernels of each of the five groups.
std::vector<std::vector<int>> kernels_of(VGGNet net) {
  switch (net) {
    case VGGNet::A:
    case VGGNet::A_LRN:
      return {{3}, {3}, {3, 3}, {3, 3}, {3, 3}};
    case VGGNet::B:
      return {{3, 3}, {3, 3}, {3, 3}, {3, 3}, {3, 3}};
    case VGGNet::C:
      return {{3, 3}, {3, 3}, {3, 3, 1}, {3, 3, 1}, {3, 3, 1}};
    case VGGNet::D:
      return {{3, 3}, {3, 3}, {3, 3, 3}, {3, 3, 3}, {3, 3, 3}};
    case VGGNet::E:
      return {{3, 3}, {3, 3}, {3, 3, 3, 3}, {3, 3, 3, 3}, {3, 3, 3, 3}};
  }
  fail<ValueError>("VGG: expected a network of A to E, got number {}", static_cast<int>(net));
}

Sequential features(VGGNet net, double width) {
  Sequential layers;
  std::int64_t in = 3;
  std::size_t group = 0;
  for (const std::vector<int>& kernels : kernels_of(net)) {
    const std::int64_t out = detail::scaled(kChannels[group++], width);
    for (const int side : kernels) {
      layers.push_back(Conv2d(in, out, side, {.padding = side / 2}));
      layers.push_back(ReLU());
      if (net == VGGNet::A_LRN && in == 3) layers.push_back(detail::alexnet_response_norm());
      in = out;
    }
    layers.push_back(MaxPool2d(2));
  }
  return layers;
}

Sequential classifier(const VGGOptions& options) {
  const std::int64_t channels = detail::scaled(kChannels.back(), options.width),
                     hidden = detail::scaled(4096, options.width);
  return Sequential(Linear(channels * kSide * kSide, hidden), ReLU(), detail::dropout_of("VGG", options.dropout),
                    Linear(hidden, hidden), ReLU(), detail::dropout_of("VGG", options.dropout),
                    Linear(hidden, options.num_classes));
}

}  // namespace

VGG::VGG(VGGNet net, const VGGOptions& options)
    : features_(register_module("features", features(net, options.width))),
      classifier_(register_module("classifier", classifier(options))) {
  for (const auto& [name, p] : named_parameters()) {
    if (p.dim() == 4)
      init::kaiming_normal_(p, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
    else if (p.dim() == 2) init::normal_(p, 0, 0.01);
    else init::zeros_(p);
  }
}

Tensor VGG::forward(const Tensor& x) const { return classifier_(flatten(adaptive_avg_pool2d(features_(x), kSide), 1)); }

}  // namespace reel::nn::models
