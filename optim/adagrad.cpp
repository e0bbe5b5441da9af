// Adagrad: the options, and the numbers that its kernel takes.

#include <reel/optim/adagrad.h>

#include <reel/optim/fused.h>

namespace reel::optim {

void AdagradOptions::check(const OptionCheck& require) const {
  require(lr >= 0, "lr", "at least 0", lr);
  require(lr_decay >= 0, "lr_decay", "at least 0", lr_decay);
  require(weight_decay >= 0, "weight_decay", "at least 0", weight_decay);
  require(initial_accumulator_value >= 0, "initial_accumulator_value", "at least 0", initial_accumulator_value);
  require(eps >= 0, "eps", "at least 0", eps);
}

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
