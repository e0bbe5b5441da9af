// RAdam.

#include <reel/optim/radam.h>

#include <cmath>

#include <reel/ops/ops.h>
#include <reel/optim/moments.h>

namespace reel::optim {

void RAdamOptions::check(const OptionCheck& require) const { check_moments(*this, require); }

template class OptimizerOf<RAdamOptions>;

RAdam::RAdam(Tensors params, RAdamOptions options) : RAdam(std::vector<Group>{{std::move(params), options}}) {}

RAdam::RAdam(std::vector<Group> groups) : CustomOptimizer("RAdam", {{"exp_avg"}, {"exp_avg_sq"}}, std::move(groups)) {}

void RAdam::update(const Tensor& param, const Tensor& grad, const ParamState& state, const RAdamOptions& o) {
  const Tensor &m = state["exp_avg"], &v = state["exp_avg_sq"];
  const auto t = static_cast<double>(state.step);
  update_moments(param, grad, state, o);
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
