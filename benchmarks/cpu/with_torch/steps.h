#pragma once

#include <memory>

#include "../work.h"
#include "networks.h"

/// What training steps in libtorch are made of.
namespace bench {

/// What is minimised.
template <class Model> Tensor loss(Model& model, const Tensor& x, const Tensor& labels) {
  return lib::cross_entropy(model.forward(x), labels);
}
/// The auxiliary classifiers count as in the paper.
inline Tensor loss(GoogLeNet& model, const Tensor& x, const Tensor& labels) {
  const auto [logits, aux1, aux2] = model.forward(x);
  return lib::cross_entropy(logits, labels) +
         0.3 * (lib::cross_entropy(aux1, labels) + lib::cross_entropy(aux2, labels));
}

/// One step of training `model` to tell `classes` classes of x apart.
template <class Optimizer, class Model, class Options> Work step(const std::shared_ptr<Model>& model,
                                                                 const Options& options, const Tensor& x,
                                                                 std::int64_t classes, std::int64_t predictions) {
  const auto optimizer = std::make_shared<Optimizer>(model->parameters(), options);
  const Tensor labels = lib::labels(classes, predictions);
  return {[=] {
    for (const Tensor& parameter : optimizer->param_groups()[0].params()) lib::clear_grad(parameter);
    loss(*model, x, labels).backward();
    optimizer->step();
  }};
}

/// The weights of convolutions in the layout of the images.
template <class Model> std::shared_ptr<Model> in_layout(std::shared_ptr<Model> model, lib::Layout layout) {
  for (Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.data().contiguous(layout));
  }
  return model;
}

inline torch::optim::SGDOptions momentum() { return torch::optim::SGDOptions(0.01).momentum(0.9); }

}  // namespace bench
