// NAdam.

#include <reel/optim/nadam.h>

#include <cmath>

#include <reel/ops/ops.h>
#include <reel/optim/moments.h>

namespace reel::optim {
namespace {

/// mu_t.
double momentum_at(const NAdamOptions& o, std::int64_t t) {
  return o.betas[0] * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * o.momentum_decay));
}

/// mu_1 ... mu_t. What is too small to change 1 is not multiplied further.
double momenta(const NAdamOptions& o, std::int64_t t) {
  double product = 1;
  for (std::int64_t i = 1; i <= t && product > 1e-20; ++i) product *= momentum_at(o, i);
  return product;
}

}  // namespace

void NAdamOptions::check(const OptionCheck& require) const {
  require("momentum_decay", momentum_decay, detail::kFiniteAtLeastZero);
  check_moments(*this, require);
}

template class OptimizerOf<NAdamOptions>;

NAdam::NAdam(Tensors params, NAdamOptions options) : NAdam(std::vector<Group>{{std::move(params), options}}) {}

NAdam::NAdam(std::vector<Group> groups) : CustomOptimizer("NAdam", {{"exp_avg"}, {"exp_avg_sq"}}, std::move(groups)) {}

void NAdam::update(const Tensor& param, const Tensor& grad, const ParamState& state, const NAdamOptions& o) {
  const Tensor &m = state["exp_avg"], &v = state["exp_avg_sq"];
  const auto t = static_cast<double>(state.step);
  const Tensor g = update_moments(param, grad, state, o);
  const Tensor denominator = sqrt(v / (1 - std::pow(o.betas[1], t))) + o.eps;
  const double mu = momentum_at(o, state.step), next = momentum_at(o, state.step + 1), product = momenta(o, state.step);
  param.sub_(g / denominator, o.lr * (1 - mu) / (1 - product));
  param.sub_(m / denominator, o.lr * next / (1 - product * next));
}

}  // namespace reel::optim
