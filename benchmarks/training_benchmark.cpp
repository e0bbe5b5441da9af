// Registers the training steps with Google Benchmark.

#include <benchmark/benchmark.h>

#include "training_steps.h"

namespace {

const bool registered = [] {
  for (const auto& step : reel::bench::training_steps()) {
    benchmark::RegisterBenchmark(("training/" + step.name).c_str(),
                                 [run = step.run](benchmark::State& state) {
                                   for (auto _ : state) run();
                                 })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  }
  return true;
}();

}  // namespace
