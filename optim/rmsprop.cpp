#include <reel/optim/rmsprop.h>

#include <reel/kernels/optim.h>

namespace reel::optim {

RMSprop::RMSprop(std::vector<Group> groups)
    : OptimizerOf("RMSprop", {{"square_avg", true}, {"grad_avg", false}, {"momentum_buffer", false}},
                  std::move(groups)) {
  for (std::size_t g = 0; g < num_groups(); ++g) check_options(g);
}

void RMSprop::check_options(std::size_t group) const {
  const RMSpropOptions& o = options(group);
  require(o.lr >= 0, "lr", "at least 0", o.lr);
  require(o.alpha >= 0 && o.alpha <= 1, "alpha", "in [0, 1]", o.alpha);
  require(o.eps >= 0, "eps", "at least 0", o.eps);
  require(o.weight_decay >= 0, "weight_decay", "at least 0", o.weight_decay);
  require(o.momentum >= 0, "momentum", "at least 0", o.momentum);
}

void RMSprop::prepare(Job& job) const {
  ensure(job, 0);
  if (options(job.moment.group).centered) ensure(job, 1);
  if (options(job.moment.group).momentum != 0) ensure(job, 2);
}

kernels::StepNumbers RMSprop::numbers(const Moment& moment) const { return {{options(moment.group).lr}}; }

void RMSprop::update(const Moment& moment, const kernels::StepArgs& args) const {
  const RMSpropOptions& o = options(moment.group);
  kernels::rmsprop[moment.device](
      {args, o.maximize ? -1.0 : 1.0, o.weight_decay, o.alpha, o.eps, o.momentum, o.centered});
}

}  // namespace reel::optim
