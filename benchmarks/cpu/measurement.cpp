// Times a row on the CPU: samples of several calls, and how busy the processor was.

#include "measurement.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLong = 100e3;  // microseconds

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Microseconds that all threads of the process have computed.
double processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

/// Microseconds that threads of the process could have computed but waited for a processor.
double waited() {
  double total = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "schedstat");
    double computed = 0, queued = 0;  // nanoseconds
    if (file >> computed >> queued) total += 1e-3 * queued;
  }
  return total;
}

/// Threads of OpenMP spin a while before they sleep, in which they would disturb the next program's measurement.
void come_to_rest() {
  constexpr double kPause = 2e3;
  for (int i = 0; i < 200; ++i) {
    const double before = processor_time();
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(kPause));
    if (processor_time() - before < kPause / 10) return;
  }
}

}  // namespace

Measurement::Measurement(const Row& row, const Variant& variant, double sample)
    : work_(variant.prepare()), per_run_(row.per_run), length_(sample) {
  // Optimizers make their state, allocators and libraries find their sizes.
  time(2);
  double once = time(1);
  if (once < sample) once = time(3) / 3;
  is_long_ = once > kLong;
  repetitions_ = static_cast<std::size_t>(std::clamp(sample / std::max(once, 0.1), 1.0, 1e5));
}

double Measurement::time(std::size_t repetitions) {
  if (!work_.before) {
    const Clock::time_point start = Clock::now();
    for (std::size_t i = 0; i < repetitions; ++i) work_.run();
    return since(start);
  }
  double total = 0;
  for (std::size_t i = 0; i < repetitions; ++i) {
    work_.before();
    const Clock::time_point start = Clock::now();
    work_.run();
    total += since(start);
  }
  return total;
}

double Measurement::sample() {
  const std::size_t piece = std::max<std::size_t>(repetitions_ / 10, 1);
  double total = 0;
  std::size_t done = 0;
  for (; done < repetitions_ && total < 3 * length_; done += piece) total += time(piece);
  return total / static_cast<double>(done);
}

Samples Measurement::samples(int count) {
  if (!is_long_) sample();  // another program has had the caches since
  Samples samples;
  int retries = is_long_ ? count : 2 * count;
  while (std::ssize(samples.us) < count) {
    const double waited_before = waited();
    const Clock::time_point start = Clock::now();
    const double us = sample();
    const bool disturbed = waited() - waited_before > 0.02 * since(start);
    if (disturbed && retries-- > 0) continue;
    samples.us.push_back(us / per_run_);
    samples.disturbed += disturbed;
  }
  come_to_rest();
  return samples;
}

}  // namespace bench
