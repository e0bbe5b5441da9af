// compare_torch [FILTER] [--threads N] [--rounds N]: the same rows in Reel and in libtorch, interleaved in one process;
// medians and their ratio. Where libtorch has two layouts, the faster one counts.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "workload.h"

namespace {

using Clock = std::chrono::steady_clock;
using compare::Workload;

double seconds(const std::function<void()>& run, int repetitions) {
  const auto start = Clock::now();
  for (int i = 0; i < repetitions; ++i) run();
  return std::chrono::duration<double>(Clock::now() - start).count() / repetitions;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Enough repetitions for about 20 ms a sample, after a warm-up.
int repetitions(const Workload& w) {
  seconds(w.run, 2);
  return std::clamp(static_cast<int>(0.02 / seconds(w.run, 1)), 1, 100000);
}

std::string text(double s) {
  char out[32];
  if (s < 1e-6) std::snprintf(out, sizeof out, "%.0f ns", s * 1e9);
  else if (s < 1e-3) std::snprintf(out, sizeof out, "%.1f us", s * 1e6);
  else std::snprintf(out, sizeof out, "%.2f ms", s * 1e3);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter;
  int threads = 1, rounds = 7;
  CLI::App app("The same rows in Reel and in libtorch: medians and their ratio");
  app.add_option("filter", filter, "Only rows whose name contains this");
  app.add_option("--threads", threads, "Threads of both libraries")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", rounds, "Rounds; the median counts")->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  compare::set_reel_threads(threads);
  compare::set_torch_threads(threads);

  // "name [variant]" is another way of libtorch's to do "name".
  std::map<std::string, std::vector<Workload>> theirs;
  for (Workload& w : compare::torch_workloads()) theirs[w.name.substr(0, w.name.find(" ["))].push_back(std::move(w));

  std::printf("%d thread(s), median of %d interleaved rounds\n", threads, rounds);
  std::printf("%-52s %12s %12s %12s\n", "", "Reel", "libtorch", "Reel/torch");
  for (const Workload& ours : compare::reel_workloads()) {
    if (ours.name.find(filter) == std::string::npos) continue;
    std::vector<const Workload*> runs{&ours};
    for (const Workload& w : theirs[ours.name]) runs.push_back(&w);
    std::vector<int> count;
    for (const Workload* w : runs) count.push_back(repetitions(*w));
    std::vector<std::vector<double>> samples(runs.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t k = 0; k < runs.size(); ++k) samples[k].push_back(seconds(runs[k]->run, count[k]));
    }
    const double mine = median(samples[0]) / ours.per_run;
    if (runs.size() == 1) {
      std::printf("%-52s %12s %12s\n", ours.name.c_str(), text(mine).c_str(), "-");
      continue;
    }
    double best = 1e30;
    for (std::size_t k = 1; k < runs.size(); ++k) best = std::min(best, median(samples[k]) / runs[k]->per_run);
    std::printf("%-52s %12s %12s %12.2f\n", ours.name.c_str(), text(mine).c_str(), text(best).c_str(), mine / best);
    std::fflush(stdout);
  }
}
