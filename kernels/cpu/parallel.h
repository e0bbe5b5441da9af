#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>

#include <reel/kernels/startable_threads.h>
#include <reel/kernels/threads.h>

namespace reel::kernels::cpu {

/// Fewer elements of simple arithmetic than this are not worth a thread.
inline constexpr std::int64_t kGrain = 32768;

/// Calls `body(begin, end)` for consecutive chunks of [0, n), `grain` elements each, on up to `num_threads()` threads.
/// The chunks, and therefore the results, do not depend on the number of threads. Rethrows the first exception.
template <class F> void parallel_for(std::int64_t n, std::int64_t grain, F&& body) {
  if (n <= 0) return;
  const std::int64_t chunks = (n + grain - 1) / grain;
  int threads = static_cast<int>(std::min<std::int64_t>(chunks, num_threads()));
  if (threads > 1) threads = omp_in_parallel() ? 1 : startable_threads(threads);
  if (threads <= 1) {
    for (std::int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(begin + grain, n));
    return;
  }
  std::exception_ptr error;
  std::atomic<bool> failed{false};
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    if (failed.load(std::memory_order_relaxed)) continue;
    try {
      body(chunk * grain, std::min((chunk + 1) * grain, n));
    } catch (...) {
      if (!failed.exchange(true)) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace reel::kernels::cpu
