// Adam and AdamW: the options, and the numbers that their kernel takes.

#include <reel/optim/adam.h>

#include <cmath>

#include <reel/optim/fused.h>
#include <reel/optim/moments.h>

namespace reel::optim {
namespace {

/// Whether the weight decay shrinks the parameter itself.
template <class Options> constexpr bool kDecoupled = std::is_same_v<Options, AdamWOptions>;

}  // namespace

void AdamOptions::check(const OptionCheck& require) const { check_moments(*this, require); }
void AdamWOptions::check(const OptionCheck& require) const { check_moments(*this, require); }

template class OptimizerOf<AdamOptions>;
template class OptimizerOf<AdamWOptions>;

template <class Options> AdamBase<Options>::AdamBase(std::string_view name, std::vector<Group> groups)
    : OptimizerOf<Options>(
          name, {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq", [](const Options& o) { return o.amsgrad; }}},
          std::move(groups)) {}

template <class Options> void AdamBase<Options>::update_all(std::span<const ParamUpdate> updates) {
  const auto numbers = [options_of = this->lasting_options()](std::size_t group, std::int64_t step,
                                                              bool) -> std::array<double, 3> {
    const Options& o = options_of(group);
    const auto t = static_cast<double>(step);
    return {o.lr / (1 - std::pow(o.betas[0], t)), 1 / std::sqrt(1 - std::pow(o.betas[1], t)),
            kDecoupled<Options> ? 1 - o.lr * o.weight_decay : 1};
  };
  run_batches(updates, numbers, [&](const Batch& batch) {
    const Options& o = this->options(batch.group);
    kernels::adam[batch.device]({batch.args(), o.maximize ? -1.0 : 1.0, kDecoupled<Options> ? 0 : o.weight_decay,
                                 o.betas[0], o.betas[1], o.eps, o.amsgrad});
  });
}

template class AdamBase<AdamOptions>;
template class AdamBase<AdamWOptions>;

Adam::Adam(Tensors params, AdamOptions options) : Adam(std::vector<Group>{{std::move(params), options}}) {}
AdamW::AdamW(Tensors params, AdamWOptions options) : AdamW(std::vector<Group>{{std::move(params), options}}) {}

}  // namespace reel::optim
