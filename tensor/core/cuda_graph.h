#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

/// A whole training step as one call to the GPU.
namespace reel::cuda {

/// What a step queues on the GPU, recorded once and replayed with a single launch. A small network's step spends most
/// of its time launching kernels one by one; a replay saves that.
///
///     step(); step();             // warm up: the optimizer makes its state, the allocator finds its size
///     cuda::Graph graph;
///     graph.capture(step);        // records the step, and runs it once
///     for (...) {
///       images.copy_(batch.images);  // new contents in the tensors that the step reads
///       labels.copy_(batch.labels);
///       graph.replay();           // another step
///     }
///
/// A replay does what the step did, on the same memory: `capture` and n replays leave the same numbers as n + 1 steps.
/// Random numbers, learning rates and the step counts of optimizers go on from replay to replay, also those of
/// optimizers and generators that have been destroyed since. Tensors that the step made keep their memory as long as
/// the graph lives; those that it reads must live as long. What the CPU does in the
/// step happens only when it is recorded. A step that needs the CPU to wait (item(), to(cpu), nonzero, an optimizer's
/// first step, or its first after a parameter has moved) cannot be recorded: it throws a DeviceError, and nothing has
/// run on the GPU. What the step had assigned on the CPU by then stays so: gradients that it set have no contents and
/// must be reset. The tape does not see what a replay overwrites, so nothing that was recorded before a replay should
/// be differentiated after it.
class Graph {
 public:
  /// Empty.
  Graph();
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;
  ~Graph();

  /// Records what `step` queues on the current device, and runs it once. Once for each graph.
  void capture(const std::function<void()>& step);
  /// Runs what was recorded on the current stream. If that fails, no step is counted.
  void replay();
  /// Whether `capture` has been called with success.
  bool is_captured() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether this thread is recording a graph.
bool is_capturing();

/// Numbers that change from step to step, as kernels read them while a graph is recorded: words in device memory that
/// hold `values` in the recorded step's own run, and what `refresh` makes of them before each replay. Where a replay
/// then fails, `undo` takes back what `refresh` changed. What depends on the outcome of other replays, which is unknown
/// while a step is recorded, has an `undo`: before the recorded step's own run it takes back what the CPU has counted
/// while recording, and `refresh` follows. The graph calls both as long as it lives: what they refer to must live as
/// long, so they had better own it. For authors of operations; only while `is_capturing()`.
const std::uint64_t* step_values(std::span<const std::uint64_t> values,
                                 std::function<void(std::span<std::uint64_t>)> refresh,
                                 std::function<void()> undo = {});

}  // namespace reel::cuda
