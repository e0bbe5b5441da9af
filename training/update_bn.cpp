// Batch norm layers whose running statistics begin anew.

#include <reel/training/update_bn.h>

#include <optional>

#include <reel/nn/layers/batch_norm.h>

namespace reel::training::detail {
namespace {

/// Forgets the running statistics of a batch norm layer. Whether the module is one that has them.
template <class Norm> bool reset(const nn::Module& module) {
  const std::optional<Norm> norm = module.as<Norm>();
  if (!norm || !norm->running_mean.defined()) return false;
  norm->running_mean.zero_();
  norm->running_var.fill_(1);
  norm->num_batches_tracked.zero_();
  return true;
}

bool reset_statistics(const nn::Module& module) {
  return reset<nn::BatchNorm1d>(module) || reset<nn::BatchNorm2d>(module) || reset<nn::BatchNorm3d>(module);
}

}  // namespace

StatisticsUpdate::StatisticsUpdate(std::vector<nn::Module> modules) {
  for (auto module = modules.rbegin(); module != modules.rend(); ++module) {
    modes_.emplace_back(*module, module->is_training());
  }
  for (const nn::Module& module : modules) needed_ = reset_statistics(module) || needed_;
  if (needed_) modules.back().train();
}

StatisticsUpdate::~StatisticsUpdate() {
  for (const auto& [module, training] : modes_) module.train(training);
}

}  // namespace reel::training::detail
