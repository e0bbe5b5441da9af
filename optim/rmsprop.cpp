// RMSprop: the options, and the numbers that its kernel takes.

#include <reel/optim/rmsprop.h>

#include <reel/optim/fused.h>

namespace reel::optim {

void RMSpropOptions::check(const OptionCheck& require) const {
  require("alpha", alpha, detail::kZeroToOne);
  require("eps", eps, detail::kFiniteAtLeastZero);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
  require("momentum", momentum, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<RMSpropOptions>;

RMSprop::RMSprop(Tensors params, RMSpropOptions options) : RMSprop(std::vector<Group>{{std::move(params), options}}) {}

RMSprop::RMSprop(std::vector<Group> groups)
    : OptimizerOf("RMSprop",
                  {{"square_avg"},
                   {"grad_avg", [](const RMSpropOptions& o) { return o.centered; }},
                   {"momentum_buffer", [](const RMSpropOptions& o) { return o.momentum != 0; }}},
                  std::move(groups)) {}

void RMSprop::update_all(std::span<const ParamUpdate> updates) {
  const auto numbers = [options_of = lasting_options()](std::size_t group, std::int64_t,
                                                        bool) -> std::array<double, 3> {
    return {options_of(group).lr};
  };
  run_batches(updates, numbers, [&](const Batch& batch) {
    const RMSpropOptions& o = options(batch.group);
    kernels::rmsprop[batch.device](
        {batch.args(), o.maximize ? -1.0 : 1.0, o.weight_decay, o.alpha, o.eps, o.momentum, o.centered});
  });
}

}  // namespace reel::optim
