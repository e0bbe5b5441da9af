// Times a row on the GPU, eagerly or as a replayed graph.

#include "measurement.h"

#include <algorithm>
#include <chrono>

namespace reel::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSample = 10e3;      // microseconds of a sample
constexpr double kGraph = 2e3;        // of a replay, so that its launch does not count
constexpr std::size_t kQueued = 200;  // fewer than the GPU's queue holds, else the CPU waits for it

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// How many repetitions of `once` microseconds fill `total`.
std::size_t filling(double total, double once, std::size_t most) {
  return static_cast<std::size_t>(std::clamp(total / std::max(once, 0.1), 1.0, static_cast<double>(most)));
}

}  // namespace

std::string_view to_string(Mode mode) { return mode == Mode::eager ? "eager" : "graph"; }

Measurement::Measurement(const Row& row, Mode mode)
    : work_(row.prepare()), on_gpu_(default_device().is_cuda()), on_host_(row.on_host) {
  // Optimizers make their state, allocators and libraries find their sizes.
  queue(std::max<std::size_t>(3, work_.sets));
  const double once = microseconds(work_.sets) / static_cast<double>(work_.sets);
  if (mode == Mode::graph) {
    // A training step is recorded alone, as users do; an operation several times for each set of inputs.
    if (row.group != "step") {
      const std::size_t rounds = filling(kGraph, once * static_cast<double>(work_.sets), 20);
      per_launch_ = rounds * work_.sets;
    }
    graph_.emplace().capture([&] {
      for (std::size_t i = 0; i < per_launch_; ++i) work_.run(next_++);
    });
  }
  launches_ = on_host_ ? kQueued : filling(kSample, once * static_cast<double>(per_launch_), 2000);
}

void Measurement::queue(std::size_t launches) {
  for (std::size_t i = 0; i < launches; ++i) {
    if (graph_) graph_->replay();
    else work_.run(next_++);
  }
}

double Measurement::microseconds(std::size_t launches) {
  if (on_gpu_ && !on_host_) {
    cuda::Event before, after;
    before.record();
    queue(launches);
    after.record();
    return 1000 * after.elapsed_ms(before);
  }
  const Clock::time_point start = Clock::now();
  queue(launches);
  const double time = since(start);
  if (on_gpu_) cuda::synchronize();
  return time;
}

std::vector<double> Measurement::samples(int count) {
  microseconds(launches_);  // the GPU may have been idle, or somebody else's
  std::vector<double> samples;
  for (int i = 0; i < count; ++i) {
    samples.push_back(microseconds(launches_) / static_cast<double>(launches_ * per_launch_));
  }
  if (on_gpu_) cuda::synchronize();  // tells of a wrong argument that a kernel has found
  return samples;
}

}  // namespace reel::bench
