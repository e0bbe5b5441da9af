#pragma once

#include <memory>
#include <utility>

#include "../../training_steps.h"
#include "../row.h"

/// What training steps in Reel are made of.
namespace bench {

inline constexpr reel::optim::SGDOptions kMomentum{.lr = 0.01, .momentum = 0.9};

/// One step of training `model` to tell `classes` classes of x apart.
template <class Optimizer, class Model, class Options>
Work step(Model model, const Options& options, const reel::Tensor& x, std::int64_t classes) {
  const auto optimizer = std::make_shared<Optimizer>(model.parameters(), options);
  return {reel::bench::training_step(std::move(model), optimizer, x, classes)};
}

}  // namespace bench
