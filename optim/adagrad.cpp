#include <reel/optim/adagrad.h>

#include <reel/kernels/optim.h>

namespace reel::optim {

Adagrad::Adagrad(std::vector<Group> groups) : OptimizerOf("Adagrad", {{"sum", true}}, std::move(groups)) {
  for (std::size_t g = 0; g < num_groups(); ++g) check_options(g);
}

void Adagrad::check_options(std::size_t group) const {
  const AdagradOptions& o = options(group);
  require(o.lr >= 0, "lr", "at least 0", o.lr);
  require(o.lr_decay >= 0, "lr_decay", "at least 0", o.lr_decay);
  require(o.weight_decay >= 0, "weight_decay", "at least 0", o.weight_decay);
  require(o.initial_accumulator_value >= 0, "initial_accumulator_value", "at least 0", o.initial_accumulator_value);
  require(o.eps >= 0, "eps", "at least 0", o.eps);
}

void Adagrad::prepare(Job& job) const { ensure(job, 0, options(job.moment.group).initial_accumulator_value); }

kernels::StepNumbers Adagrad::numbers(const Moment& moment) const {
  const AdagradOptions& o = options(moment.group);
  return {{o.lr / (1 + static_cast<double>(moment.step - 1) * o.lr_decay)}};
}

void Adagrad::update(const Moment& moment, const kernels::StepArgs& args) const {
  const AdagradOptions& o = options(moment.group);
  kernels::adagrad[moment.device]({args, o.maximize ? -1.0 : 1.0, o.weight_decay, o.eps});
}

}  // namespace reel::optim
