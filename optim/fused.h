#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <reel/kernels/optim.h>
#include <reel/optim/optimizer.h>
#include <reel/tensor/core/cuda_graph.h>

/// The steps of the optimizers that have kernels: one call for many parameters.
namespace reel::optim {

/// The parameters of a step that one call of a kernel updates, since everything that its numbers depend on is the same.
struct Batch {
  std::size_t group;                         ///< Whose options hold.
  std::int64_t step;                         ///< The number of the step, from 1.
  bool first;                                ///< Whether a state tensor was made for this step.
  Device device;                             ///< Where the parameters are.
  DType dtype;                               ///< Theirs.
  std::vector<kernels::ParamArrays> arrays;  ///< The memory of each parameter,
  std::vector<ParamState*> states;           ///< and its state.

  /// What every kernel takes. `numbers(step)` gives the three numbers that depend on more than constant options. They
  /// are all that differs when a recorded step is replayed: the function is called again before each replay, which is
  /// another step, so it may refer to the optimizer, but to nothing of this step.
  template <class Numbers> kernels::StepArgs args(const Numbers& numbers) const {
    kernels::StepArgs out{dtype, arrays, {numbers(step)}};
    if (device.is_cuda() && cuda::is_capturing()) out.numbers.device = recorded(out.numbers.value, numbers);
    return out;
  }

 private:
  const double* recorded(const std::array<double, 3>& now,
                         std::function<std::array<double, 3>(std::int64_t step)> numbers) const;
};

/// Sorts a step's parameters into batches, counts the step of each, and tells the tape that their contents change.
std::vector<Batch> make_batches(std::span<const ParamUpdate> updates);

}  // namespace reel::optim
