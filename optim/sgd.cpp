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
  if (options(job.group).momentum != 0) ensure(job, 0);
}

void SGD::update(const Job& job) const {
  const SGDOptions& o = options(job.group);
  const bool momentum = o.momentum != 0;
  const bool first = !job.slot->buffers[0].defined();  // the velocity is zero: it becomes the whole gradient
  kernels::sgd[job.param.device()]({job.param.dtype(), job.param.numel(), job.param.data(), job.grad.data(),
                                    momentum ? job.state.buffers[0].data() : nullptr, o.maximize ? -1.0 : 1.0, o.lr,
                                    o.weight_decay, o.momentum, first ? 1 : 1 - o.dampening, o.nesterov});
}

}  // namespace reel::optim
