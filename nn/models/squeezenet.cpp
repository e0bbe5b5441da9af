// SqueezeNet 1.0.

#include <reel/nn/models/squeezenet.h>

#include <reel/nn/init.h>
#include <reel/nn/layers/activation.h>
#include <reel/nn/layers/conv.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/layers/shape_layers.h>
#include <reel/nn/models/blocks.h>
#include <reel/ops/indexing.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// A 1x1 convolution to few channels, then a 1x1 and a 3x3 one side by side.
class Fire : public Layer<Fire> {
 public:
  Fire(std::int64_t in, std::int64_t squeezed, std::int64_t expanded)
      : squeeze_(register_module("squeeze", Conv2d(in, squeezed, 1))),
        expand1x1_(register_module("expand1x1", Conv2d(squeezed, expanded, 1))),
        expand3x3_(register_module("expand3x3", Conv2d(squeezed, expanded, 3, {.padding = 1}))) {}
  Tensor forward(const Tensor& x) const {
    const Tensor s = relu(squeeze_(x));
    return cat({relu(expand1x1_(s)), relu(expand3x3_(s))}, 1);
  }

 private:
  Conv2d squeeze_, expand1x1_, expand3x3_;
};

Sequential features() {
  const MaxPool2d half(3, {.stride = 2, .ceil_mode = true});
  return Sequential(Conv2d(3, 96, 7, {.stride = 2}), ReLU(), half, Fire(96, 16, 64), Fire(128, 16, 64),
                    Fire(128, 32, 128), half, Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192),
                    Fire(384, 64, 256), half, Fire(512, 64, 256));
}

}  // namespace

SqueezeNet::SqueezeNet(const SqueezeNetOptions& options)
    : features_(register_module("features", reel::nn::models::features())) {
  const Conv2d last(512, options.num_classes, 1, {.padding = options.classifier_padding});
  classifier_ = register_module("classifier", Sequential(detail::dropout_of("SqueezeNet", options.dropout), last,
                                                         ReLU(), AdaptiveAvgPool2d(1), Flatten()));
  for (const auto& [name, p] : named_parameters()) {
    if (name == "classifier.1.weight") init::normal_(p, 0, 0.01);
    else if (p.dim() == 4) init::kaiming_uniform_(p, {.a = 0, .nonlinearity = init::Nonlinearity::relu});
    else init::zeros_(p);
  }
}

Tensor SqueezeNet::forward(const Tensor& x) const { return classifier_(features_(x)); }

}  // namespace reel::nn::models
