// Steps of many parameters in one call of a kernel.

#include <reel/optim/fused.h>

#include <algorithm>
#include <bit>

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

}  // namespace

const double* Batch::recorded(const std::array<double, 3>& now,
                              std::function<std::array<double, 3>(std::int64_t step)> numbers) const {
  const auto refresh = [numbers = std::move(numbers), states = states](std::span<std::uint64_t> words) {
    std::int64_t next = 0;
    for (ParamState* state : states) next = ++state->step;
    std::ranges::copy(std::bit_cast<Words>(numbers(next)), words.begin());
  };
  return reinterpret_cast<const double*>(cuda::step_values(std::bit_cast<Words>(now), refresh));
}

std::vector<Batch> make_batches(std::span<const ParamUpdate> updates) {
  std::vector<Batch> batches;  // few: parameters rarely miss a step
  for (const ParamUpdate& u : updates) {
    const Device device = u.param.device();
    const DType dtype = u.param.dtype();
    const std::int64_t step = u.state->step + 1;
    auto batch = std::ranges::find_if(batches, [&](const Batch& b) {
      return b.group == u.group && b.step == step && b.first == u.first && b.device == device && b.dtype == dtype;
    });
    if (batch == batches.end()) batch = batches.insert(batch, {u.group, step, u.first, device, dtype, {}, {}});
    batch->arrays.push_back(arrays_of(u));
    batch->states.push_back(u.state);
  }
  for (const ParamUpdate& u : updates) {  // cannot fail
    ++u.state->step;
    u.param.bump_version();
  }
  return batches;
}

}  // namespace reel::optim
