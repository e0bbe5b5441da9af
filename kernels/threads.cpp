// The settings of threads and determinism.

#include <reel/kernels/threads.h>

#include <omp.h>

#include <atomic>
#include <string>
#include <utility>

#include <reel/tensor/core/error.h>

namespace reel {
namespace {

std::atomic<int>& global_threads() {
  static std::atomic<int> threads{omp_get_max_threads()};  // reads OMP_NUM_THREADS
  return threads;
}

// 0: none. Initial-exec: reached with one instruction instead of a call.
[[gnu::tls_model("initial-exec")]] constinit thread_local int limit = 0;
std::atomic<bool> deterministic_mode{false};

}  // namespace

void set_num_threads(int threads) {
  if (threads < 1) throw ValueError("set_num_threads: expected at least 1 thread, got " + std::to_string(threads));
  global_threads() = threads;
}

int num_threads() { return limit ? limit : global_threads().load(std::memory_order_relaxed); }

ThreadLimit::ThreadLimit(int threads) : former_(std::exchange(limit, threads)) {}
ThreadLimit::~ThreadLimit() { limit = former_; }

void set_deterministic(bool value) { deterministic_mode = value; }
bool deterministic() { return deterministic_mode.load(std::memory_order_relaxed); }

}  // namespace reel
