// AlexNet in two groups and in one.

#include <reel/nn/models/alexnet.h>

#include <reel/nn/layers/activation.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/models/blocks.h>
#include <reel/nn/models/scaled_width.h>
#include <reel/ops/activation.h>
#include <reel/ops/convolution.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// Overlapping windows.
constexpr std::int64_t kWindow = 3;
const MaxPool2dOptions kOverlapping{.stride = 2};
/// The sides of what the classifier sees, whatever the size of the image.
constexpr std::int64_t kSide = 6;

}  // namespace

AlexNet::AlexNet(const AlexNetOptions& options)
    : norm1_(register_module("norm1", detail::alexnet_response_norm())),
      norm2_(register_module("norm2", detail::alexnet_response_norm())),
      drop6_(register_module("drop6", detail::dropout_of("AlexNet", options.dropout))),
      drop7_(register_module("drop7", detail::dropout_of("AlexNet", options.dropout))) {
  const auto wide = [&](std::int64_t channels) { return detail::scaled(channels, options.width); };
  const std::int64_t c1 = wide(96), c2 = wide(256), c3 = wide(384), c4 = wide(384), c5 = wide(256), hidden = wide(4096);
  conv1_ = register_module("conv1", Conv2d(3, c1, 11, {.stride = 4, .padding = 2}));
  conv2_ = register_module("conv2", Conv2d(c1, c2, 5, {.padding = 2, .groups = 2}));
  conv3_ = register_module("conv3", Conv2d(c2, c3, 3, {.padding = 1}));
  conv4_ = register_module("conv4", Conv2d(c3, c4, 3, {.padding = 1, .groups = 2}));
  conv5_ = register_module("conv5", Conv2d(c4, c5, 3, {.padding = 1, .groups = 2}));
  fc6_ = register_module("fc6", Linear(c5 * kSide * kSide, hidden));
  fc7_ = register_module("fc7", Linear(hidden, hidden));
  fc8_ = register_module("fc8", Linear(hidden, options.num_classes));
  detail::init_for_relu(*this, true);
}

Tensor AlexNet::forward(Tensor x) const {
  x = max_pool2d(norm1_(relu(conv1_(x))), kWindow, kOverlapping);
  x = max_pool2d(norm2_(relu(conv2_(x))), kWindow, kOverlapping);
  x = relu(conv5_(relu(conv4_(relu(conv3_(x))))));
  x = flatten(adaptive_avg_pool2d(max_pool2d(x, kWindow, kOverlapping), kSide), 1);
  return fc8_(drop7_(relu(fc7_(drop6_(relu(fc6_(x)))))));
}

AlexNetV2::AlexNetV2(const AlexNetOptions& options) {
  const auto wide = [&](std::int64_t channels) { return detail::scaled(channels, options.width); };
  const std::int64_t c1 = wide(64), c2 = wide(192), c3 = wide(384), c4 = wide(256), c5 = wide(256), hidden = wide(4096);
  features_ = register_module(
      "features", Sequential(Conv2d(3, c1, 11, {.stride = 4, .padding = 2}), ReLU(), MaxPool2d(kWindow, kOverlapping),
                             Conv2d(c1, c2, 5, {.padding = 2}), ReLU(), MaxPool2d(kWindow, kOverlapping),
                             Conv2d(c2, c3, 3, {.padding = 1}), ReLU(), Conv2d(c3, c4, 3, {.padding = 1}), ReLU(),
                             Conv2d(c4, c5, 3, {.padding = 1}), ReLU(), MaxPool2d(kWindow, kOverlapping)));
  classifier_ = register_module(
      "classifier", Sequential(detail::dropout_of("AlexNetV2", options.dropout), Linear(c5 * kSide * kSide, hidden),
                               ReLU(), detail::dropout_of("AlexNetV2", options.dropout), Linear(hidden, hidden), ReLU(),
                               Linear(hidden, options.num_classes)));
}

Tensor AlexNetV2::forward(const Tensor& x) const {
  return classifier_(flatten(adaptive_avg_pool2d(features_(x), kSide), 1));
}

}  // namespace reel::nn::models
