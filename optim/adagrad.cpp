// Adagrad: the options, and the numbers that its kernel takes.

#include <reel/optim/adagrad.h>

#include <reel/optim/fused.h>

namespace reel::optim {

void AdagradOptions::check(const OptionCheck& require) const {
  require("lr_decay", lr_decay, detail::kFiniteAtLeastZero);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
  require("initial_accumulator_value", initial_accumulator_value, detail::kFiniteAtLeastZero);
  require("eps", eps, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<AdagradOptions>;

Adagrad::Adagrad(Tensors params, AdagradOptions options) : Adagrad(std::vector<Group>{{std::move(params), options}}) {}

Adagrad::Adagrad(std::vector<Group> groups)
    : OptimizerOf("Adagrad",
                  {{.name = "sum", .initial = [](const AdagradOptions& o) { return o.initial_accumulator_value; }}},
                  std::move(groups)) {}

void Adagrad::update_all(std::span<const ParamUpdate> updates) {
  const auto numbers = [options_of = lasting_options()](std::size_t group, std::int64_t step,
                                                        bool) -> std::array<double, 3> {
    const AdagradOptions& o = options_of(group);
    return {o.lr / (1 + static_cast<double>(step - 1) * o.lr_decay)};
  };
  run_batches(updates, numbers, [&](const Batch& batch) {
    const AdagradOptions& o = options(batch.group);
    kernels::adagrad[batch.device]({batch.args(), o.maximize ? -1.0 : 1.0, o.weight_decay, o.eps});
  });
}

}  // namespace reel::optim
