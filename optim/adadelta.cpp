// Adadelta.

#include <reel/optim/adadelta.h>

#include <reel/ops/ops.h>
#include <reel/optim/decayed_gradient.h>

namespace reel::optim {

void AdadeltaOptions::check(const OptionCheck& require) const {
  require("rho", rho, detail::kZeroToOne);
  require("eps", eps, detail::kFiniteAtLeastZero);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<AdadeltaOptions>;

Adadelta::Adadelta(Tensors params, AdadeltaOptions options)
    : Adadelta(std::vector<Group>{{std::move(params), options}}) {}

Adadelta::Adadelta(std::vector<Group> groups)
    : CustomOptimizer("Adadelta", {{"square_avg"}, {"acc_delta"}}, std::move(groups)) {}

void Adadelta::update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdadeltaOptions& o) {
  const Tensor &s = state["square_avg"], &a = state["acc_delta"];
  const Tensor g = decayed_gradient(param, grad, o);
  s.mul_(o.rho).add_(square(g), 1 - o.rho);
  const Tensor d = sqrt(a + o.eps) / sqrt(s + o.eps) * g;
  a.mul_(o.rho).add_(square(d), 1 - o.rho);
  param.sub_(d, o.lr);
}

}  // namespace reel::optim
