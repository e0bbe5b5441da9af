// Adamax.

#include <reel/optim/adamax.h>

#include <cmath>

#include <reel/ops/ops.h>
#include <reel/optim/moments.h>

namespace reel::optim {

void AdamaxOptions::check(const OptionCheck& require) const { check_moments(*this, require); }

template class OptimizerOf<AdamaxOptions>;

Adamax::Adamax(Tensors params, AdamaxOptions options) : Adamax(std::vector<Group>{{std::move(params), options}}) {}

Adamax::Adamax(std::vector<Group> groups) : CustomOptimizer("Adamax", {{"exp_avg"}, {"exp_inf"}}, std::move(groups)) {}

void Adamax::update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdamaxOptions& o) {
  const Tensor &m = state["exp_avg"], &u = state["exp_inf"];
  const Tensor g = decayed_gradient(param, grad, o);
  m.mul_(o.betas[0]).add_(g, 1 - o.betas[0]);
  u.copy_(maximum(u * o.betas[1], g.abs() + o.eps));
  param.sub_(m / u, o.lr / (1 - std::pow(o.betas[0], static_cast<double>(state.step))));
}

}  // namespace reel::optim
