#include <reel/optim/sgd.h>

#include <reel/kernels/optim.h>

namespace reel::optim {

SGD::SGD(std::vector<Group> groups) : OptimizerOf("SGD", {{"momentum_buffer", false}}, std::move(groups)) {
  for (std::size_t g = 0; g < num_groups(); ++g) check_options(g);
}

void SGD::check_options(std::size_t group) const {
  const SGDOptions& o = options(group);
  require(o.lr >= 0, "lr", "at least 0", o.lr);
  require(o.momentum >= 0, "momentum", "at least 0", o.momentum);
  require(o.weight_decay >= 0, "weight_decay", "at least 0", o.weight_decay);
  require(!o.nesterov || o.momentum > 0, "momentum", "positive for nesterov", o.momentum);
  require(!o.nesterov || o.dampening == 0, "dampening", "0 for nesterov", o.dampening);
}

void SGD::prepare(Job& job) const {
  if (options(job.moment.group).momentum != 0) ensure(job, 0);
}

kernels::StepNumbers SGD::numbers(const Moment& moment) const {
  const SGDOptions& o = options(moment.group);
  return {{o.lr, moment.fresh ? 1 : 1 - o.dampening}};  // the velocity is zero at first: it becomes the whole gradient
}

void SGD::update(const Moment& moment, const kernels::StepArgs& args) const {
  const SGDOptions& o = options(moment.group);
  kernels::sgd[moment.device]({args, o.maximize ? -1.0 : 1.0, o.weight_decay, o.momentum, o.nesterov});
}

}  // namespace reel::optim
