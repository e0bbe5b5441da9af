// Whole training steps: forward, cross-entropy, backward, update.

#include <reel/nn/models/alexnet.h>
#include <reel/nn/models/googlenet.h>
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
  // As many operations an image, in 1e9.
  const auto network = [&](const std::string& name, std::int64_t batch, double operations, const auto& make) {
    const Shape x{sizes(batch, 2), 3, sizes(224, 64), sizes(224, 64)};
    add(name + " step, batch " + std::to_string(batch) + ", SGD", kDefault,
        1e9 * operations * static_cast<double>(batch), [=] { return with_sgd(make(), randn(x).channels_last()); });
  };
  const double width = sizes.tiny ? 1.0 / 16 : 1;
  network("ResNet-50", 128, 24.3, [] { return nn::models::ResNet(50); });
  network("VGG-16", 64, 92.65, [=] { return nn::models::VGG(nn::models::VGGNet::D, {.width = width}); });
  network("AlexNet of 2012", 256, 4.136, [=] { return nn::models::AlexNet({.width = width}); });
  network("AlexNet", 256, 4.145, [=] { return nn::models::AlexNetV2({.width = width}); });
  network("VGG-11", 64, 45.48, [=] { return nn::models::VGG(nn::models::VGGNet::A, {.width = width}); });
  network("GoogLeNet", 128, 8.804, [=] { return nn::models::GoogLeNet({.torchvision = true, .width = width}); });
  network("ResNet-152", 64, 68.85, [] { return nn::models::ResNet(152); });
}

}  // namespace reel::bench
