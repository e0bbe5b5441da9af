// The training steps that are measured, on Reel's own models.

#include "training_steps.h"

#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>

namespace reel::bench {
namespace {

template <class Model> TrainingStep with_adam(std::string name, Model model, const Tensor& x) {
  const auto adam = std::make_shared<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-3});
  return {std::move(name), training_step(std::move(model), adam, x, 10)};
}

}  // namespace

std::vector<TrainingStep> training_steps() {
  std::vector<TrainingStep> steps;
  for (const std::int64_t batch : {64, 256}) {
    steps.push_back(with_adam("MLP 784-500-10 step, batch " + std::to_string(batch), nn::models::MLP({784, 500, 10}),
                              randn({batch, 784})));
  }
  steps.push_back(with_adam("CNN step, batch 64", nn::models::LeNet(), randn({64, 1, 28, 28})));
  nn::models::ResNet resnet(18, {.num_classes = 10, .small_images = true});
  const auto sgd = std::make_shared<optim::SGD>(resnet.parameters(), optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
  steps.push_back(
      {"ResNet-18 step, 32x32, batch 32", training_step(std::move(resnet), sgd, randn({32, 3, 32, 32}), 10)});
  return steps;
}

}  // namespace reel::bench
