// Lion.

#include <reel/optim/lion.h>

#include <reel/ops/ops.h>
#include <reel/optim/decayed_gradient.h>

namespace reel::optim {

void LionOptions::check(const OptionCheck& require) const {
  for (const double beta : betas) require("betas", beta, detail::kZeroToBelowOne);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<LionOptions>;

Lion::Lion(Tensors params, LionOptions options) : Lion(std::vector<Group>{{std::move(params), options}}) {}

Lion::Lion(std::vector<Group> groups) : CustomOptimizer("Lion", {{"exp_avg"}}, std::move(groups)) {}

void Lion::update(const Tensor& param, const Tensor& grad, const ParamState& state, const LionOptions& o) {
  const Tensor& m = state["exp_avg"];
  const Tensor g = decayed_gradient(param, grad, o, false);
  param.mul_(1 - o.lr * o.weight_decay);
  param.sub_(sign(m * o.betas[0] + g * (1 - o.betas[0])), o.lr);
  m.mul_(o.betas[1]).add_(g, 1 - o.betas[1]);
}

}  // namespace reel::optim
