// GoogLeNet, the paper's and torchvision's.

#include <reel/nn/models/googlenet.h>

#include <reel/nn/layers/activation.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/layers/pooling.h>
#include <reel/nn/layers/shape_layers.h>
#include <reel/nn/models/blocks.h>
#include <reel/nn/models/scaled_width.h>
#include <reel/ops/convolution.h>
#include <reel/ops/indexing.h>
#include <reel/ops/view.h>

namespace reel::nn::models {
namespace {

/// Makes the units of the network: a convolution, what normalises it, and a ReLU.
struct Units {
  const GoogLeNetOptions& options;

  std::int64_t wide(std::int64_t channels) const { return detail::scaled(channels, options.width); }

  /// From `in` to `out` channels, which are final. Padding keeps the size unless there is a stride.
  Sequential convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1) const {
    const bool bias = !options.torchvision;
    const Conv2d conv(in, out, kernel, {.stride = stride, .padding = kernel / 2, .bias = bias});
    if (bias) return Sequential({{"conv", conv}, {"relu", ReLU()}});
    return Sequential({{"conv", conv}, {"bn", BatchNorm2d(out, {.eps = 1e-3, .relu = true})}});
  }
};

/// The channels of the four branches; `before` are those of the 1x1 convolutions in front of the larger ones.
struct Branches {
  std::int64_t one, three_before, three, five_before, five, pool;
};

/// Four ways from the same input whose outputs stand side by side.
class Inception : public Layer<Inception> {
 public:
  Inception(const Units& units, std::int64_t in, const Branches& n)
      : branch1_(register_module("branch1", units.convolution(in, units.wide(n.one), 1))) {
    const auto two = [&](std::int64_t before, std::int64_t out, std::int64_t kernel) {
      return Sequential(units.convolution(in, units.wide(before), 1),
                        units.convolution(units.wide(before), units.wide(out), kernel));
    };
    branch2_ = register_module("branch2", two(n.three_before, n.three, 3));
    branch3_ = register_module("branch3", two(n.five_before, n.five, units.options.torchvision ? 3 : 5));
    branch4_ = register_module("branch4", Sequential(MaxPool2d(3, {.stride = 1, .padding = 1, .ceil_mode = true}),
                                                     units.convolution(in, units.wide(n.pool), 1)));
  }
  Tensor forward(const Tensor& x) const { return cat({branch1_(x), branch2_(x), branch3_(x), branch4_(x)}, 1); }

 private:
  Sequential branch1_, branch2_, branch3_, branch4_;
};

/// A classifier of what the network has found half-way.
Sequential auxiliary(const Units& units, std::int64_t in) {
  const std::int64_t channels = units.wide(128), hidden = units.wide(1024);
  return Sequential({{"pool", AdaptiveAvgPool2d(4)},
                     {"conv", units.convolution(in, channels, 1)},
                     {"flatten", Flatten()},
                     {"fc1", Linear(channels * 4 * 4, hidden)},
                     {"relu", ReLU()},
                     {"dropout", Dropout(0.7)},
                     {"fc2", Linear(hidden, units.options.num_classes)}});
}

}  // namespace

GoogLeNet::GoogLeNet(const GoogLeNetOptions& options) {
  const Units units{options};
  const MaxPool2d half(3, {.stride = 2, .ceil_mode = true});
  std::int64_t channels = 3;
  // Stages run their modules; the names are those of the network's own children.
  const auto convolution = [&](const char* name, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1) {
    stem_.push_back(register_module(name, units.convolution(channels, units.wide(out), kernel, stride)));
    channels = units.wide(out);
  };
  const auto normalize = [&] {
    if (!options.torchvision) stem_.push_back(LocalResponseNorm(5));
  };
  const auto inception = [&](Sequential& stage, const std::string& name, const Branches& n) {
    stage.push_back(register_module("inception" + name, Inception(units, channels, n)));
    channels = units.wide(n.one) + units.wide(n.three) + units.wide(n.five) + units.wide(n.pool);
  };

  convolution("conv1", 64, 7, 2);
  stem_.push_back(half);
  normalize();
  convolution("conv2", 64, 1);
  convolution("conv3", 192, 3);
  normalize();
  stem_.push_back(half);
  inception(inception3_, "3a", {64, 96, 128, 16, 32, 32});
  inception(inception3_, "3b", {128, 128, 192, 32, 96, 64});
  inception3_.push_back(half);
  inception(inception4a_, "4a", {192, 96, 208, 16, 48, 64});
  const std::int64_t channels_4a = channels;
  inception(inception4bcd_, "4b", {160, 112, 224, 24, 64, 64});
  inception(inception4bcd_, "4c", {128, 128, 256, 24, 64, 64});
  inception(inception4bcd_, "4d", {112, 144, 288, 32, 64, 64});
  const std::int64_t channels_4d = channels;
  inception(inception4e_, "4e", {256, 160, 320, 32, 128, 128});
  inception4e_.push_back(options.torchvision ? MaxPool2d(2, {.stride = 2, .ceil_mode = true}) : half);
  inception(inception5_, "5a", {256, 160, 320, 32, 128, 128});
  inception(inception5_, "5b", {384, 192, 384, 48, 128, 128});
  if (options.aux_logits) {
    aux1_ = register_module("aux1", auxiliary(units, channels_4a));
    aux2_ = register_module("aux2", auxiliary(units, channels_4d));
  }
  dropout_ = register_module("dropout", Dropout(options.torchvision ? 0.2 : 0.4));
  fc_ = register_module("fc", Linear(channels, options.num_classes));
  detail::init_for_relu(*this, !options.torchvision);
}

GoogLeNetOutputs GoogLeNet::run(Tensor x, bool aux) const {
  GoogLeNetOutputs outputs;
  x = inception4a_(inception3_(stem_(x)));
  aux = aux && aux1_.size() > 0;
  if (aux) outputs.aux_logits1 = aux1_(x);
  x = inception4bcd_(x);
  if (aux) outputs.aux_logits2 = aux2_(x);
  x = adaptive_avg_pool2d(inception5_(inception4e_(x)), 1);
  outputs.logits = fc_(dropout_(flatten(x, 1)));
  return outputs;
}

}  // namespace reel::nn::models
