// The settings of threads and determinism.

#include <reel/kernels/threads.h>

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include <reel/kernels/available_cpus.h>
#include <reel/kernels/deterministic_guard.h>
#include <reel/tensor/core/error.h>

namespace reel {
namespace {

int default_threads() {
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  const int openmp = omp_get_max_threads();  // reads OMP_NUM_THREADS, else the affinity when the program began
  return wanted && *wanted ? openmp : std::min(openmp, kernels::available_cpus());
}

std::atomic<int>& global_threads() {
  static std::atomic<int> threads{default_threads()};
  return threads;
}

// 0: none. Initial-exec: reached with one instruction instead of a call.
[[gnu::tls_model("initial-exec")]] constinit thread_local int limit = 0;
std::atomic<bool> deterministic_mode{false};
[[gnu::tls_model("initial-exec")]] constinit thread_local bool deterministic_here = false;

}  // namespace

void set_num_threads(int threads) {
  if (threads < 1) throw ValueError("set_num_threads: expected at least 1 thread, got " + std::to_string(threads));
  global_threads() = threads;
}

int num_threads() { return limit ? limit : global_threads().load(std::memory_order_relaxed); }

ThreadLimit::ThreadLimit(int threads) : former_(std::exchange(limit, threads)) {}
ThreadLimit::~ThreadLimit() { limit = former_; }

void set_deterministic(bool value) { deterministic_mode = value; }
bool deterministic() { return deterministic_here || deterministic_mode.load(std::memory_order_relaxed); }
bool DeterministicGuard::exchange(bool deterministic) { return std::exchange(deterministic_here, deterministic); }

}  // namespace reel
