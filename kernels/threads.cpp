// The settings of threads and determinism, and how many threads can be started.

#include <reel/kernels/threads.h>

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include <reel/kernels/available_cpus.h>
#include <reel/kernels/deterministic_guard.h>
#include <reel/kernels/startable_threads.h>
#include <reel/kernels/thread_trial.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/fork.h>

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

constexpr int kAny = std::numeric_limits<int>::max();
std::atomic<int> most_threads{kAny};  // the system did not start more than this
std::atomic<bool> any_pool{false};    // whether any thread has had a pool

// The threads that this thread's pool may have: it had so many, or they were tried. 0: none yet.
[[gnu::tls_model("initial-exec")]] constinit thread_local int proven = 0;

int checked(const char* who, int threads) {
  if (threads >= 1) return threads;
  throw ValueError(std::string(who) + ": expected at least 1 thread, got " + std::to_string(threads));
}

// The pool of the forking thread has no threads in the child, which would wait for them for ever. So they end first,
// and when they start again they are tried again. LLVM's runtime takes care of that itself.
void end_pool() noexcept {
#if defined(__GNUC__) && !defined(__clang__)
  if (omp_pause_resource_all(omp_pause_hard) == 0) proven = 0;  // within a parallel region it does nothing
#endif
}

void begin_child() noexcept {
  proven = 0;
  if (!any_pool.exchange(false)) return;
  global_threads() = 1;
  if (limit) limit = 1;
}

const detail::ForkHook fork_hook(&end_pool, &begin_child);

}  // namespace

void set_num_threads(int threads) {
  global_threads() = checked("set_num_threads", threads);
  most_threads = kAny;
}

int num_threads() { return limit ? limit : global_threads().load(std::memory_order_relaxed); }

ThreadLimit::ThreadLimit(int threads) : former_(std::exchange(limit, checked("ThreadLimit", threads))) {}
ThreadLimit::~ThreadLimit() { limit = former_; }

void set_deterministic(bool value) { deterministic_mode = value; }
bool deterministic() { return deterministic_here || deterministic_mode.load(std::memory_order_relaxed); }
bool DeterministicGuard::exchange(bool deterministic) { return std::exchange(deterministic_here, deterministic); }

int kernels::startable_threads(int wanted) {
  if (wanted <= proven) return wanted;
  const int present = std::max(proven, 1);
  wanted = std::min(wanted, std::max(present, most_threads.load(std::memory_order_relaxed)));
  if (wanted <= present) return wanted;
  any_pool = true;
  if (present > 1) end_pool();  // how many threads it has just now, nobody tells
  // At least twice as many as before, so that a pool seldom grows. And twice as many are tried as are used: a pool that
  // shrinks and grows again has the threads that leave beside those that come.
  const int target = std::clamp(2 * present, wanted, std::max(wanted, num_threads()));
  proven = 1 + kernels::start_at_once(2 * (target - 1)) / 2;
  if (proven < wanted) {
    most_threads = proven;
    int global = global_threads();
    while (global > proven && !global_threads().compare_exchange_weak(global, proven)) {
    }
  }
  return std::min(proven, wanted);
}

}  // namespace reel
