// Range checks on the CPU.

#include <reel/kernels/range_check.h>

#include <atomic>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {

void range_check(const RangeCheckArgs& args) {
  dispatch<kCheckedDTypes>(args.dtype, [&]<class T>() {
    const T* data = static_cast<const T*>(args.data);
    const T low = static_cast<T>(args.low), high = static_cast<T>(args.high), ignored = static_cast<T>(args.ignored);
    std::atomic<bool> found{false};
    parallel_for(args.n, kGrain, [&](std::int64_t begin, std::int64_t end) {
      bool outside = false;
      for (std::int64_t i = begin; i < end; ++i) outside |= is_outside(data[i], low, high, ignored);
      if (outside) found.store(true, std::memory_order_relaxed);
    });
    if (!found) return;
    for (std::int64_t i = 0; i < args.n; ++i) {
      if (is_outside(data[i], low, high, ignored)) fail_range_check(args.check, data[i]);
    }
  });
}

}  // namespace reel::kernels::cpu
