// Binary search of many values on the GPU.

#include <reel/kernels/searchsorted.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// One thread per value; `step` is n, or 0 where all rows search one sequence.
template <class T> __global__ void __launch_bounds__(kThreads)
    search(const T* sequence, const T* values, std::int64_t* out, std::int64_t count, Divisor<std::int64_t> m,
           std::int64_t n, std::int64_t step, bool right) {
  const auto i = thread_position<std::int64_t>();
  if (i < count) out[i] = count_before(sequence + i / m * step, n, values[i], right);
}

}  // namespace

void searchsorted(const SearchArgs& args) {
  const std::int64_t count = args.rows * args.m;
  if (count == 0) return;
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    launch(search<T>, blocks_for(count, kThreads), kThreads, 0, static_cast<const T*>(args.sequence),
           static_cast<const T*>(args.values), args.out, count, Divisor<std::int64_t>(args.m), args.n,
           args.one_sequence ? 0 : args.n, args.right);
  });
}

}  // namespace reel::kernels::cuda
