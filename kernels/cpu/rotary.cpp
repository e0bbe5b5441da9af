// Rotary position embedding on the CPU.

#include <reel/kernels/rotary.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// The pairs of a row. Its parts do not overlap, and a pair is `step` elements after the one before.
template <class T, int kStep, bool kInverse>
REEL_VECTOR_CLONES void turn(const T* a, const T* b, const T* cos, const T* sin, std::int64_t n, T* first, T* second) {
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) {
    const TurnedPair<T> pair(a[kStep * j], b[kStep * j], cos[j], sin[j], kInverse);
    first[kStep * j] = pair.first;
    second[kStep * j] = pair.second;
  }
}

template <class T> void run(const RotaryArgs& args) {
  const std::int64_t n = args.half, gap = args.interleaved ? 1 : n;
  const auto turn_row = args.interleaved ? (args.inverse ? turn<T, 2, true> : turn<T, 2, false>)
                                         : (args.inverse ? turn<T, 1, true> : turn<T, 1, false>);
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / args.width);
  parallel_for(args.batch * args.heads * args.length, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t position = row % args.length, line = row / args.length;
      const std::int64_t head = line % args.heads, batch = line / args.heads;
      const std::int64_t table = batch * args.table_stride + position * n;
      const T* x = static_cast<const T*>(args.x) + batch * args.batch_stride + head * args.head_stride +
                   position * args.row_stride;
      T* out = static_cast<T*>(args.out) + row * args.width;
      turn_row(x, x + gap, static_cast<const T*>(args.cos) + table, static_cast<const T*>(args.sin) + table, n, out,
               out + gap);
      std::copy(x + 2 * n, x + args.width, out + 2 * n);
    }
  });
}

}  // namespace

void rotary(const RotaryArgs& args) {
  if (args.batch * args.heads * args.length * args.width == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cpu
