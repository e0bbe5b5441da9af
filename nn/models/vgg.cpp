// VGG-16.

#include <reel/nn/models/vgg.h>

#include <array>

#include <reel/nn/activation.h>
#include <reel/nn/conv.h>
#include <reel/nn/dropout.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>
#include <reel/nn/pooling.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/convolution.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/normalization.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

struct Group {
  int convolutions;
  std::int64_t channels;
};
constexpr std::array kGroups{Group{2, 64}, Group{2, 128}, Group{3, 256}, Group{3, 512}, Group{3, 512}};

Sequential features() {
  Sequential layers;
  std::int64_t in = 3;
  for (const Group& group : kGroups) {
    for (int i = 0; i < group.convolutions; ++i) {
      layers.push_back(Conv2d(in, group.channels, 3, {.padding = 1}));
      layers.push_back(ReLU());
      in = group.channels;
    }
    layers.push_back(MaxPool2d(2));
  }
  return layers;
}

Sequential classifier(std::int64_t num_classes) {
  return Sequential(Linear(512 * 7 * 7, 4096), ReLU(), Dropout(), Linear(4096, 4096), ReLU(), Dropout(),
                    Linear(4096, num_classes));
}

}  // namespace

VGG16::VGG16(std::int64_t num_classes)
    : features_(register_module("features", features())),
      classifier_(register_module("classifier", classifier(num_classes))) {
  for (const auto& [name, p] : named_parameters()) {
    if (p.dim() == 4)
      init::kaiming_normal_(p, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
    else if (p.dim() == 2) init::normal_(p, 0, 0.01);
    else init::zeros_(p);
  }
}

Tensor VGG16::forward(const Tensor& x) const { return classifier_(flatten(adaptive_avg_pool2d(features_(x), 7), 1)); }

}  // namespace reel::nn::models
