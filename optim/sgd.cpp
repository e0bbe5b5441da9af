// SGD: the options, and the numbers that its kernel takes.

#include <reel/optim/sgd.h>

#include <reel/optim/fused.h>

namespace reel::optim {

void SGDOptions::check(const OptionCheck& require) const {
  require("momentum", momentum, detail::kFiniteAtLeastZero);
  require("dampening", dampening, detail::kFinite);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
  require(!nesterov || momentum > 0, "momentum", "above 0 for nesterov", momentum);
  require(!nesterov || dampening == 0, "dampening", "of 0 for nesterov", dampening);
}

template class OptimizerOf<SGDOptions>;

SGD::SGD(Tensors params, SGDOptions options) : SGD(std::vector<Group>{{std::move(params), options}}) {}

SGD::SGD(std::vector<Group> groups)
    : OptimizerOf("SGD", {{"momentum_buffer", [](const SGDOptions& o) { return o.momentum != 0; }}},
                  std::move(groups)) {}

void SGD::update_all(std::span<const ParamUpdate> updates) {
  const auto numbers = [options_of = lasting_options()](std::size_t group, std::int64_t,
                                                        bool first) -> std::array<double, 3> {
    const SGDOptions& o = options_of(group);
    return {o.lr, first ? 1 : 1 - o.dampening};  // the velocity is zero at first: it becomes the whole gradient
  };
  run_batches(updates, numbers, [&](const Batch& batch) {
    const SGDOptions& o = options(batch.group);
    kernels::sgd[batch.device]({batch.args(), o.maximize ? -1.0 : 1.0, o.weight_decay, o.momentum, o.nesterov});
  });
}

}  // namespace reel::optim
