// Linear recurrences along a dimension on the GPU.

#include <reel/kernels/recurrence.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/functors/pointwise.h>

namespace reel::kernels::cuda {
namespace {

/// One thread per slice: long slices are rare, since long products underflow or overflow.
template <class T> __global__ void __launch_bounds__(kThreads)
    run_slices(const T* factors, const T* addends, RecurrenceResult<T>* out, std::int64_t slices, std::int64_t n,
               Divisor<std::int64_t> inner, bool reverse) {
  using State = RecurrenceState<T>;
  const auto slice = thread_position<std::int64_t>();
  if (slice >= slices) return;
  const std::int64_t step = reverse ? -inner : inner;
  std::int64_t at = (slice / inner * n + (reverse ? n - 1 : 0)) * inner + slice % inner;
  State state = addends ? 0 : 1;
  for (std::int64_t i = 0; i < n; ++i, at += step) {
    state = times(static_cast<State>(factors[at]), state);
    if (addends) state = plus(static_cast<State>(addends[at]), state);
    out[at] = static_cast<RecurrenceResult<T>>(state);
  }
}

}  // namespace

void recurrence(const RecurrenceArgs& args) {
  const std::int64_t slices = args.outer * args.inner;
  if (slices * args.n == 0) return;
  dispatch<kWideNumericAndBool>(args.dtype, [&]<class T>() {
    launch(run_slices<T>, blocks_for(slices, kThreads), kThreads, 0, static_cast<const T*>(args.factors),
           static_cast<const T*>(args.addends), static_cast<RecurrenceResult<T>*>(args.out), slices, args.n,
           Divisor<std::int64_t>(args.inner), args.reverse);
  });
}

}  // namespace reel::kernels::cuda
