#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <reel/data/data.h>

#include "modes.h"

/// Computations of the kinds that differ in what they need of the process: loops, generated code, other libraries,
/// locks. Each is large enough for several threads and compares its result with arithmetic. And what modes do with
/// them.
namespace process {

void pointwise();
void product(std::int64_t n);
inline void small_product() { product(160); }
inline void big_product() { product(1024); }
void product_f64();
void convolution(std::int64_t channels);
void random_numbers();
void backward();
void step();
/// Other shapes in every call, so that oneDNN makes new primitives.
void new_shapes();
/// All of these.
void everything();
/// After `set_num_threads`.
void everything_on(int threads);

/// Numbers 0 to n - 1; the loader's `transforms` multiply matrices.
reel::data::DataLoader numbers(std::int64_t n, std::int64_t workers);
/// Goes through an epoch and compares the numbers' sum.
void epoch(std::int64_t workers);

/// Runs a function when it is destroyed.
struct AtEnd {
  void (*run)();
  ~AtEnd() { run(); }
};

/// How often threads of the functions below have computed.
inline std::atomic<int> rounds{0};

/// A thread that computes until the process is gone.
template <void (*Work)()> void compute_for_ever() {
  std::thread([] {
    for (;; ++rounds) Work();
  }).detach();
}

/// Threads that run a function again and again until the scope ends.
class Busy {
 public:
  explicit Busy(void (*run)(), int count = 1) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, run] {
        for (; !over_; ++rounds_) run();
      });
    }
    wait_until([&] { return rounds_ >= 2; });
  }
  ~Busy() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::atomic<int> rounds_{0};
  std::vector<std::thread> threads_;
};

/// How many threads the process has.
int tasks();
/// Whether a library has started threads before main, such as a BLAS with a pool of its own: then what `tasks` says
/// tells nothing of ours.
bool has_foreign_threads();

/// The time that a child has, on a busy machine.
constexpr unsigned kChildSeconds = 100;

/// Forks a child that calls `f` and ends with 0, in time.
template <class F> pid_t start_child(F&& f) {
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child > 0) return child;
  alarm(kChildSeconds);
  f();
  _exit(0);
}
/// Waits for a child, which must have ended with 0.
void finish(pid_t child);
template <class F> void in_child(F&& f) { finish(start_child(f)); }

}  // namespace process
