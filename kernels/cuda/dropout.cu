// Dropout on the GPU: every thread draws its part of the mask, which is never stored.

#include <reel/kernels/dropout.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>
#include <reel/kernels/functors/arithmetic.h>

namespace reel::kernels::cuda {
namespace {

/// One Philox counter, four elements, per thread. If x is null, writes the mask itself.
template <class T> __global__ void __launch_bounds__(kThreads)
    drop(const T* x, T* out, std::int64_t n, DrawState state, std::uint32_t threshold, T scale, bool aligned) {
  constexpr int width = kPerAccess<T>;
  using Access = Vector<T, width>;
  const std::int64_t counter = thread_position<std::int64_t>(), at = 4 * counter;
  if (at >= n) return;
  const Philox random(state.current(), static_cast<std::uint64_t>(counter));
  if (aligned && at + 4 <= n) {
    for (int i = 0; i < 4; i += width) {
      Access a;
      if (x) a = *reinterpret_cast<const Access*>(x + at + i);
      for (int j = 0; j < width; ++j) {
        const T factor = dropout_factor(random.word[i + j], threshold, scale);
        a.value[j] = x ? Masked()(a.value[j], factor) : factor;
      }
      *reinterpret_cast<Access*>(out + at + i) = a;
    }
  } else {
    for (int i = 0; i < 4 && at + i < n; ++i) {
      const T factor = dropout_factor(random.word[i], threshold, scale);
      out[at + i] = x ? Masked()(x[at + i], factor) : factor;
    }
  }
}

}  // namespace

void dropout(const DropoutArgs& args) {
  if (args.n == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    launch(drop<T>, blocks_for(args.n, 4 * kThreads), kThreads, 0, static_cast<const T*>(args.x),
           static_cast<T*>(args.out), args.n, args.state, args.threshold, static_cast<T>(args.scale),
           is_aligned(args.x) && is_aligned(args.out));
  });
}

}  // namespace reel::kernels::cuda
