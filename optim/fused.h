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
  Tensor skip = {};                          ///< `ParamUpdate::skip`.

  /// What every kernel takes; refers to the batch.
  kernels::StepArgs args() const { return {dtype, arrays, numbers, skip.defined() ? skip.data_ptr<float>() : nullptr}; }
  /// Counts the step of every parameter and tells the tape that its contents have changed. Cannot fail.
  void count_step() const;
};

/// Gives the numbers of a step that depend on more than constant options. They are all that differs when a recorded
/// step is replayed: the function is called again before each replay, which is another step. The graph may outlive the
/// optimizer, so it refers to nothing of it (`lasting_options`), nor of this step.
using Numbers = std::function<std::array<double, 3>(std::size_t group, std::int64_t step, bool first)>;

/// Sorts a step's parameters into batches and gets the numbers of each. The batches refer to `updates`.
std::vector<Batch> make_batches(std::span<const ParamUpdate> updates, const Numbers& numbers);

/// Calls `run` with each batch of a step, and counts the batch's step once that has not failed.
template <class Run> void run_batches(std::span<const ParamUpdate> updates, const Numbers& numbers, Run&& run) {
  for (const Batch& batch : make_batches(updates, numbers)) {
    run(batch);
    batch.count_step();
  }
}

}  // namespace reel::optim
