// A recurrent network over sequences on the CPU: how the samples are shared out to threads.

#include <reel/kernels/rnn_sequence.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/deterministic_guard.h>

namespace reel::kernels::cpu {
namespace {

struct Backend {
  using Memory = Scratch<char>;
  static constexpr auto gemm = &cpu::gemm;
  static constexpr auto copy = &cpu::copy;
  static constexpr auto rnn_cell = &cpu::rnn_cell;
  static constexpr auto rnn_cell_grad = &cpu::rnn_cell_grad;
};

/// How many samples a thread takes through all steps. Threads that share the work of each step meet twice a step, and
/// on a busy machine, where one is not running just then, each time costs a time slice: 35 steps of 0.3 ms took 13 to
/// 50 times as long as on one thread. But every thread reads the whole weight in every step, so that must stay in its
/// cache.
template <class Args> std::int64_t samples_together(const Args& args) {
  constexpr std::int64_t largest_weight = 4 << 20, least_samples = 4, pieces = 8;
  const std::int64_t gates = with_cell(args.kind, []<class Cell>() { return Cell::gates; });
  const std::int64_t weight = gates * args.hidden * args.hidden * static_cast<std::int64_t>(size_of(args.factors));
  if (weight > largest_weight) return args.batch;
  const std::int64_t parts = deterministic() ? pieces : omp_in_parallel() ? 1 : num_threads();
  return std::max(least_samples, (args.batch + parts - 1) / parts);
}

/// Calls `run(samples)` for all samples of the batch. The products of every thread are as deterministic as the
/// caller's: what is set for the caller alone (DeterministicGuard) the other threads do not know.
template <class Args, class Run> void share_samples(const Args& args, Run&& run) {
  const bool fixed = deterministic();
  parallel_for(args.batch, samples_together(args), [&](std::int64_t begin, std::int64_t end) {
    const DeterministicGuard guard(fixed);
    run(RnnSamples{begin, end - begin});
  });
}

}  // namespace

void rnn(const RnnArgs& args) {
  share_samples(args, [&](RnnSamples samples) { run_rnn<Backend>(args, samples); });
}

void rnn_grad(const RnnGradArgs& args) {
  share_samples(args, [&](RnnSamples samples) { run_rnn_grad<Backend>(args, samples); });
}

}  // namespace reel::kernels::cpu
