#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/data/dataset.h>
#include <reel/nn/layer.h>
#include <reel/nn/layers/cumulative_statistics.h>

/// Running statistics of a network whose parameters have been averaged.
namespace reel::training {

namespace detail {

/// A network in training whose batch norm layers start anew. At its end every module is as it was before, training or
/// not.
class StatisticsUpdate {
 public:
  /// `modules` are those of the network, children first.
  explicit StatisticsUpdate(std::vector<nn::Module> modules);
  ~StatisticsUpdate();
  StatisticsUpdate(const StatisticsUpdate&) = delete;
  StatisticsUpdate& operator=(const StatisticsUpdate&) = delete;

  /// Whether there is a layer with running statistics.
  bool is_needed() const { return needed_; }

 private:
  std::vector<std::pair<nn::Module, bool>> modes_;  // parents first
  bool needed_ = false;
  NoGradGuard no_grad_;
  nn::CumulativeStatisticsGuard cumulative_;
};

/// What the network takes of a batch.
inline const Tensor& input_of(const Tensor& batch) { return batch; }
inline const Tensor& input_of(const data::Example& batch) { return batch.data; }

}  // namespace detail

/// Makes the running statistics of all batch norm layers those of the batches: the equal mean over them, which a pass
/// in training mode and without gradients collects; `forward(batch)` calls the network. Parameters that were averaged
/// (optim::ParameterAverage) or loaded into a network have no running statistics of their own, so they want this before
/// evaluation, as with PyTorch's `update_bn`. Afterwards every module trains or does not, as before. Without batch norm
/// layers it reads no batch.
///
///     ema.swap();
///     training::update_bn(loader, net);
///     training::update_bn(loader, net, [&](const data::Example& batch) { net(batch.data.to(Device::cuda())); });
template <class Batches, std::derived_from<nn::Module> Model, class Forward>
void update_bn(Batches&& batches, const Model& model, Forward&& forward) {
  std::vector<nn::Module> modules;
  model.apply([&](nn::Module& module) { modules.push_back(module); });
  const detail::StatisticsUpdate update(std::move(modules));
  if (!update.is_needed()) return;
  for (const auto& batch : batches) forward(batch);
}

/// The same where a batch is the network's input, or an Example with it, as those of data::DataLoader.
template <class Batches, class Model>
requires std::derived_from<std::remove_const_t<Model>, nn::Module>
void update_bn(Batches&& batches, Model& model) {
  update_bn(batches, model, [&](const auto& batch) {
    if constexpr (nn::CallableModule<Model>) model(detail::input_of(batch));
    else model.forward(detail::input_of(batch));
  });
}

}  // namespace reel::training
