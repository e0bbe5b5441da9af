// Whole training steps: forward, cross-entropy, backward, update.

#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>
#include <reel/nn/models/vgg.h>

#include "../training_steps.h"
#include "row.h"

namespace reel::bench {
namespace {

template <class Model, class Optimizer, class Options>
Work step(Model model, const Options& options, const Tensor& x, std::int64_t classes) {
  const auto optimizer = std::make_shared<Optimizer>(model.parameters(), options);
  return {[run = training_step(std::move(model), optimizer, x, classes)](std::size_t) { run(); }};
}

template <class Model> Work with_adam(Model model, const Tensor& x) {
  return step<Model, optim::Adam>(std::move(model), optim::AdamOptions{}, x, 10);
}

template <class Model> Work with_sgd(Model model, const Tensor& x) {
  return step<Model, optim::SGD>(std::move(model), optim::SGDOptions{.lr = 0.01, .momentum = 0.9}, x, 1000);
}

}  // namespace

void add_step_rows(Rows& rows, Sizes sizes) {
  // Operations: forward, and backward but for the gradient of the images, of products and convolutions.
  const auto add = [&](std::string name, const Precision& precision, double operations, std::function<Work()> prepare) {
    rows.push_back({.name = std::move(name),
                    .group = "step",
                    .precision = precision,
                    .operations = sizes.tiny ? 0 : operations,
                    .prepare = std::move(prepare)});
  };
  for (const Precision& precision : {kIeee, kTf32}) {
    add("MLP 784-500-10 step, batch 256, Adam, " + std::string(precision.label), precision, 0.409e9, [=] {
      return with_adam(nn::models::MLP({784, 500, 10}), randn({sizes(256, 2), 784}));
    });
  }
  add("CNN step, batch 256, Adam", kDefault, 21.0e9, [=] {
    return with_adam(nn::models::LeNet(), randn({sizes(256, 2), 1, 28, 28}));
  });
  const std::int64_t side = sizes(224, 32);
  add("ResNet-50 step, batch 128, SGD", kDefault, 3110e9, [=] {
    return with_sgd(nn::models::ResNet(50), randn({sizes(128, 2), 3, side, side}).channels_last());
  });
  add("VGG-16 step, batch 64, SGD", kDefault, 5930e9, [=] {
    return with_sgd(nn::models::VGG16(), randn({sizes(64, 1), 3, side, side}).channels_last());
  });
}

}  // namespace reel::bench
