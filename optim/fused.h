#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <reel/kernels/optim.h>
#include <reel/optim/optimizer.h>

/// The steps of the optimizers that have kernels: one call for many parameters.
namespace reel::optim {

/// The parameters of a step that share all numbers of the step, so that one call of a kernel updates them.
struct Batch {
  std::size_t group;                         ///< Whose options hold.
  std::int64_t step;                         ///< The number of the step, from 1.
  bool first;                                ///< Whether a state tensor was made for this step.
  Device device;                             ///< Where the parameters are.
  DType dtype;                               ///< Theirs.
  std::vector<kernels::ParamArrays> arrays;  ///< The memory of each parameter,
  std::vector<const ParamUpdate*> updates;   ///< and its part in the step.
  kernels::StepNumbers numbers = {};         ///< What `Numbers` gave.

  /// What every kernel takes; refers to the batch.
  kernels::StepArgs args() const { return {dtype, arrays, numbers}; }
};

/// Gives the numbers of a step that depend on more than constant options. They are all that differs when a recorded
/// step is replayed: the function is called again before each replay, which is another step, so it may refer to the
/// optimizer, but to nothing of this step.
using Numbers = std::function<std::array<double, 3>(std::size_t group, std::int64_t step, bool first)>;

/// Sorts a step's parameters into batches, gets the numbers of each, and when nothing can fail any more counts the step
/// of every parameter and tells the tape that its contents change. The batches refer to `updates`.
std::vector<Batch> make_batches(std::span<const ParamUpdate> updates, const Numbers& numbers);

}  // namespace reel::optim
