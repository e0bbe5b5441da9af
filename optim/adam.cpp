#include <reel/optim/adam.h>

#include <cmath>

#include <reel/kernels/optim.h>

namespace reel::optim {
namespace {

/// Whether the weight decay shrinks the parameter itself.
template <class Options> constexpr bool kDecoupled = std::is_same_v<Options, AdamWOptions>;

}  // namespace

template <class Options> AdamBase<Options>::AdamBase(std::string_view name, std::vector<Group> groups)
    : OptimizerOf<Options>(name, {{"exp_avg", true}, {"exp_avg_sq", true}, {"max_exp_avg_sq", false}},
                           std::move(groups)) {
  for (std::size_t g = 0; g < this->num_groups(); ++g) check_options(g);
}

template <class Options> void AdamBase<Options>::check_options(std::size_t group) const {
  const Options& o = this->options(group);
  this->require(o.lr >= 0, "lr", "at least 0", o.lr);
  this->require(o.betas[0] >= 0 && o.betas[0] < 1, "betas[0]", "in [0, 1)", o.betas[0]);
  this->require(o.betas[1] >= 0 && o.betas[1] < 1, "betas[1]", "in [0, 1)", o.betas[1]);
  this->require(o.eps >= 0, "eps", "at least 0", o.eps);
  this->require(o.weight_decay >= 0, "weight_decay", "at least 0", o.weight_decay);
}

template <class Options> void AdamBase<Options>::prepare(Job& job) const {
  this->ensure(job, 0);
  this->ensure(job, 1);
  if (this->options(job.moment.group).amsgrad) this->ensure(job, 2);
}

template <class Options> kernels::StepNumbers AdamBase<Options>::numbers(const Moment& moment) const {
  const Options& o = this->options(moment.group);
  const auto t = static_cast<double>(moment.step);
  return {{o.lr / (1 - std::pow(o.betas[0], t)), 1 / std::sqrt(1 - std::pow(o.betas[1], t)),
           kDecoupled<Options> ? 1 - o.lr * o.weight_decay : 1}};
}

template <class Options> void AdamBase<Options>::update(const Moment& moment, const kernels::StepArgs& args) const {
  const Options& o = this->options(moment.group);
  kernels::adam[moment.device]({args, o.maximize ? -1.0 : 1.0, kDecoupled<Options> ? 0 : o.weight_decay, o.betas[0],
                                o.betas[1], o.eps, o.amsgrad});
}

template class AdamBase<AdamOptions>;
template class AdamBase<AdamWOptions>;

}  // namespace reel::optim
