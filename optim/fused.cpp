// Steps of many parameters in one call of a kernel.

#include <reel/optim/fused.h>

#include <algorithm>
#include <bit>

#include <reel/tensor/core/cuda_graph.h>

namespace reel::optim {
namespace {

using Words = std::array<std::uint64_t, 3>;

kernels::ParamArrays arrays_of(const ParamUpdate& update) {
  kernels::ParamArrays arrays{update.param.numel(), update.param.data(), update.grad.data(), {}};
  for (std::size_t i = 0; i < update.state->tensors.size(); ++i) {
    const Tensor& tensor = update.state->tensors[i].second;
    if (tensor.defined()) arrays.buffers[i] = tensor.data();
  }
  return arrays;
}

/// Where the kernels of a recorded step find the batch's numbers.
const double* recorded(const Batch& batch, const Numbers& numbers) {
  std::vector<std::shared_ptr<ParamState>> states;
  for (const ParamUpdate* u : batch.updates) states.push_back(u->state);
  const auto skip = batch.skip.defined() ? std::make_shared<SkipFlag>(batch.skip) : nullptr;
  const auto refresh = [numbers, states, skip, group = batch.group,
                        first = batch.first](std::span<std::uint64_t> words) {
    for (const std::shared_ptr<ParamState>& state : states) state->settle();
    std::ranges::copy(std::bit_cast<Words>(numbers(group, states.back()->step + 1, first)), words.begin());
    if (skip) skip->forget();
    for (const std::shared_ptr<ParamState>& state : states) {
      ++state->step;
      state->skip = skip;
    }
  };
  const auto undo = [states, skip] {
    for (const std::shared_ptr<ParamState>& state : states) {
      --state->step;
      if (state->skip == skip) state->skip = {};  // while recording it may still be another graph's
    }
  };
  return reinterpret_cast<const double*>(cuda::step_values(std::bit_cast<Words>(batch.numbers.value), refresh, undo));
}

}  // namespace

std::vector<Batch> make_batches(std::span<const ParamUpdate> updates, const Numbers& numbers) {
  std::vector<Batch> batches;  // few: parameters rarely miss a step
  for (const ParamUpdate& u : updates) {
    const Device device = u.param.device();
    const DType dtype = u.param.dtype();
    const std::int64_t step = u.state->step + 1;
    auto batch = std::ranges::find_if(batches, [&](const Batch& b) {
      return b.group == u.group && b.step == step && b.first == u.first && b.device == device && b.dtype == dtype;
    });
    if (batch == batches.end()) batch = batches.insert(batch, {u.group, step, u.first, device, dtype, {}, {}});
    batch->skip = u.skip;
    batch->arrays.push_back(arrays_of(u));
    batch->updates.push_back(&u);
  }
  for (Batch& batch : batches) {
    batch.numbers.value = numbers(batch.group, batch.step, batch.first);
    if (batch.device.is_cuda() && cuda::is_capturing()) batch.numbers.device = recorded(batch, numbers);
  }
  return batches;
}

void Batch::count_step() const {
  for (const ParamUpdate* u : updates) {
    ++u->state->step;
    u->param.bump_version();
  }
}

}  // namespace reel::optim
