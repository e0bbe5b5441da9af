// RAdam.

#include <reel/optim/radam.h>

#include <cmath>

#include <reel/ops/ops.h>
#include <reel/optim/decayed_gradient.h>

namespace reel::optim {

void RAdamOptions::check(const OptionCheck& require) const {
  for (const double beta : betas) require("betas", beta, detail::kZeroToBelowOne);
  require("eps", eps, detail::kFiniteAtLeastZero);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<RAdamOptions>;

RAdam::RAdam(Tensors params, RAdamOptions options) : RAdam(std::vector<Group>{{std::move(params), options}}) {}

RAdam::RAdam(std::vector<Group> groups) : CustomOptimizer("RAdam", {{"exp_avg"}, {"exp_avg_sq"}}, std::move(groups)) {}

void RAdam::update(const Tensor& param, const Tensor& grad, const ParamState& state, const RAdamOptions& o) {
  const Tensor &m = state["exp_avg"], &v = state["exp_avg_sq"];
  const auto t = static_cast<double>(state.step);
  if (o.decoupled_weight_decay) param.mul_(1 - o.lr * o.weight_decay);
  const Tensor g = decayed_gradient(param, grad, o, !o.decoupled_weight_decay);
  m.mul_(o.betas[0]).add_(g, 1 - o.betas[0]);
  v.mul_(o.betas[1]).add_(square(g), 1 - o.betas[1]);
  const double lr = o.lr / (1 - std::pow(o.betas[0], t)), power = std::pow(o.betas[1], t);
  const double r = 2 / (1 - o.betas[1]) - 1, r_t = r - 2 * t * power / (1 - power);
  if (r_t > 5) {
    const double rectified = std::sqrt((r_t - 4) * (r_t - 2) * r / ((r - 4) * (r - 2) * r_t));
    param.sub_(m / (sqrt(v) + o.eps), lr * rectified * std::sqrt(1 - power));
  } else {
    param.sub_(m, lr);
  }
}

}  // namespace reel::optim
