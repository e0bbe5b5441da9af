#include "training_steps.h"

#include <memory>

#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>
#include <reel/reel.h>

namespace reel::bench {
namespace {

template <class Model, class Optimizer>
TrainingStep training_step(std::string name, Model model, std::shared_ptr<Optimizer> optimizer, const Tensor& x) {
  const Tensor labels = randint(0, 10, {x.size(0)});
  return {std::move(name), [=] {
            optimizer->zero_grad();
            cross_entropy(model(x), labels).backward();
            optimizer->step();
          }};
}

template <class Model> TrainingStep with_adam(std::string name, Model model, const Tensor& x) {
  const auto adam = std::make_shared<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-3});
  return training_step(std::move(name), model, adam, x);
}

}  // namespace

std::vector<TrainingStep> training_steps() {
  std::vector<TrainingStep> steps;
  for (const std::int64_t batch : {64, 256}) {
    steps.push_back(with_adam("MLP 784-500-10 step, batch " + std::to_string(batch), nn::models::MLP({784, 500, 10}),
                              randn({batch, 784})));
  }
  steps.push_back(with_adam("CNN step, batch 64", nn::models::LeNet(), randn({64, 1, 28, 28})));
  nn::models::ResNet18 resnet;
  const auto sgd = std::make_shared<optim::SGD>(resnet.parameters(), optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
  steps.push_back(training_step("ResNet-18 step, 32x32, batch 32", resnet, sgd, randn({32, 3, 32, 32})));
  return steps;
}

}  // namespace reel::bench
