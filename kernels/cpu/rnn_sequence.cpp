// An LSTM over a sequence on the CPU: how the samples are shared out to threads.

#include <reel/kernels/lstm_sequence.h>

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
  static constexpr auto lstm_cell = &cpu::lstm_cell;
  static constexpr auto lstm_cell_grad = &cpu::lstm_cell_grad;
};

/// How many samples a thread takes through all steps. Threads that share the work of each step meet twice a step, and
/// on a busy machine, where one is not running just then, each time costs a time slice: 35 steps of 0.3 ms took 13 to
/// 50 times as long as on one thread. But every thread reads the whole weight in every step, so that must stay in its
/// cache.
template <class Args> std::int64_t samples_together(const Args& args) {
  constexpr std::int64_t largest_weight = 4 << 20, least_samples = 4, pieces = 8;
  const std::int64_t weight = 4 * args.hidden * args.hidden * static_cast<std::int64_t>(size_of(args.factors));
  if (weight > largest_weight) return args.batch;
  const std::int64_t parts = deterministic() ? pieces : omp_in_parallel() ? 1 : num_threads();
  return std::max(least_samples, (args.batch + parts - 1) / parts);
}

/// Calls `run(first, samples)` for all samples of the batch. The products of every thread are as deterministic as the
/// caller's: what is set for the caller alone (DeterministicGuard) the other threads do not know.
template <class Args, class Run> void share_samples(const Args& args, Run&& run) {
  const bool fixed = deterministic();
  parallel_for(args.batch, samples_together(args), [&](std::int64_t begin, std::int64_t end) {
    const DeterministicGuard guard(fixed);
    run(begin, end - begin);
  });
}

}  // namespace

void lstm_sequence(const LstmArgs& args) {
  share_samples(args, [&](std::int64_t first, std::int64_t samples) { run_lstm<Backend>(args, first, samples); });
}

void lstm_sequence_grad(const LstmGradArgs& args) {
  share_samples(args, [&](std::int64_t first, std::int64_t samples) { run_lstm_grad<Backend>(args, first, samples); });
}

}  // namespace reel::kernels::cpu
