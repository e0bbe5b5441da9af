// Range checks on the GPU, which leave a report that the next synchronisation throws.

#include <reel/kernels/range_check.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/runtime/deferred_error.h>

namespace reel::kernels::cuda {
namespace {

constexpr std::int64_t kPerThread = 8;

template <class T> struct Range { T low, high, ignored; };

template <class T>
__global__ void check_range(const T* data, std::int64_t n, Range<T> range, int check, ErrorReport report) {
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * kPerThread) * blockDim.x + threadIdx.x;
  for (std::int64_t k = 0; k < kPerThread; ++k) {
    const std::int64_t i = first + k * blockDim.x;
    if (i >= n || !is_outside(data[i], range.low, range.high, range.ignored)) continue;
    if (atomicCAS(report.taken, 0, 1) != 0) return;  // another thread has reported
    constexpr bool integral = std::is_integral_v<T>;
    report.error->is_integral = integral;
    report.error->integer = integral ? static_cast<std::int64_t>(data[i]) : 0;
    report.error->real = static_cast<double>(data[i]);
    report.error->check = check;
    return;
  }
}

}  // namespace

void range_check(const RangeCheckArgs& args) {
  if (args.n == 0) return;
  dispatch<kCheckedDTypes>(args.dtype, [&]<class T>() {
    const Range<T> range{static_cast<T>(args.low), static_cast<T>(args.high), static_cast<T>(args.ignored)};
    launch(check_range<T>, blocks_for(args.n, kPerThread * kThreads), kThreads, 0, static_cast<const T*>(args.data),
           args.n, range, register_check(args.check), error_report());
  });
}

}  // namespace reel::kernels::cuda
