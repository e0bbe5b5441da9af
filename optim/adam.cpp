#include <reel/optim/adam.h>

#include <cmath>

#include <reel/kernels/optim.h>

namespace reel::optim {

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
  if (this->options(job.group).amsgrad) this->ensure(job, 2);
}

template <class Options> void AdamBase<Options>::update(const Job& job) const {
  const Options& o = this->options(job.group);
  const auto& buffers = job.state.buffers;
  const auto t = static_cast<double>(job.state.step);
  kernels::adam[job.param.device()](
      {job.param.dtype(), job.param.numel(), job.param.data(), job.grad.data(), buffers[0].data(), buffers[1].data(),
       o.amsgrad ? buffers[2].data() : nullptr, o.maximize ? -1.0 : 1.0, o.lr, o.weight_decay, o.betas[0], o.betas[1],
       o.eps, 1 - std::pow(o.betas[0], t), 1 - std::pow(o.betas[1], t), std::is_same_v<Options, AdamWOptions>});
}

template class AdamBase<AdamOptions>;
template class AdamBase<AdamWOptions>;

}  // namespace reel::optim
