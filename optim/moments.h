#pragma once

#include <reel/ops/arithmetic.h>
#include <reel/ops/pointwise.h>
#include <reel/optim/decayed_gradient.h>
#include <reel/optim/optimizer.h>

/// What the optimizers of Adam's family share.
namespace reel::optim {

/// Checks the options that all of them have, but for the learning rate.
template <class Options> void check_moments(const Options& o, const OptionCheck& require) {
  require("betas[0]", o.betas[0], detail::kZeroToBelowOne);
  require("betas[1]", o.betas[1], detail::kZeroToBelowOne);
  require("eps", o.eps, detail::kFiniteAtLeastZero);
  require("weight_decay", o.weight_decay, detail::kFiniteAtLeastZero);
}

/// Takes the gradient into the running means of it and of its square, "exp_avg" and "exp_avg_sq". Returns the gradient
/// that they saw, with the weight decay unless that is decoupled: then the parameter has shrunk.
template <class Options>
Tensor update_moments(const Tensor& param, const Tensor& grad, const ParamState& state, const Options& o) {
  if (o.decoupled_weight_decay) param.mul_(1 - o.lr * o.weight_decay);
  const Tensor g = decayed_gradient(param, grad, o, !o.decoupled_weight_decay);
  state["exp_avg"].mul_(o.betas[0]).add_(g, 1 - o.betas[0]);
  state["exp_avg_sq"].mul_(o.betas[1]).add_(square(g), 1 - o.betas[1]);
  return g;
}

}  // namespace reel::optim
