#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <reel/nn/models/googlenet.h>
#include <reel/reel.h>

/// The training steps that are measured: forward, cross-entropy, backward and update on random input.
namespace reel::bench {

struct TrainingStep {
  std::string name;
  std::function<void()> run;
};

/// What is minimised.
template <class Model> Tensor loss(const Model& model, const Tensor& x, const Tensor& labels) {
  return cross_entropy(model(x), labels);
}
/// The auxiliary classifiers count as in the paper.
inline Tensor loss(const nn::models::GoogLeNet& model, const Tensor& x, const Tensor& labels) {
  const nn::models::GoogLeNetOutputs y = model.forward_with_aux(x);
  return cross_entropy(y.logits, labels) +
         0.3 * (cross_entropy(y.aux_logits1, labels) + cross_entropy(y.aux_logits2, labels));
}

/// One step of training `model` to tell `classes` classes of x apart.
template <class Model, class Optimizer>
auto training_step(Model model, std::shared_ptr<Optimizer> optimizer, const Tensor& x, std::int64_t classes) {
  const Tensor labels = randint(0, classes, {x.size(0)});
  return [model = std::move(model), optimizer = std::move(optimizer), x, labels] {
    optimizer->zero_grad();
    loss(model, x, labels).backward();
    optimizer->step();
  };
}

/// MLP 784-500-10 with batches of 64 and 256 (Adam), LeNet with 64 (Adam), ResNet-18 on 32x32 with 32 (SGD
/// with momentum).
std::vector<TrainingStep> training_steps();

}  // namespace reel::bench
