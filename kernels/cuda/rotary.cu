// Rotary position embedding on the GPU, with one thread per pair and one per element that stays.

#include <reel/kernels/rotary.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// `units` are the pairs and the other elements of a row, of which there are n in all.
template <class T, class Int> __global__ void __launch_bounds__(kThreads)
    turn_pairs(RotaryArgs args, Int n, Divisor<Int> units, Divisor<Int> length, Divisor<Int> heads) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int row = i / units, line = row / length, batch = line / heads;
  const std::int64_t unit = i - row * units, position = row - line * length, head = line - batch * heads;
  const T* x =
      static_cast<const T*>(args.x) + batch * args.batch_stride + head * args.head_stride + position * args.row_stride;
  T* out = static_cast<T*>(args.out) + row * args.width;
  if (unit >= args.half) {
    const std::int64_t at = unit + args.half;
    out[at] = x[at];
    return;
  }
  const std::int64_t table = batch * args.table_stride + position * args.half + unit;
  const std::int64_t first = args.interleaved ? 2 * unit : unit,
                     second = args.interleaved ? first + 1 : unit + args.half;
  const TurnedPair<T> pair(x[first], x[second], static_cast<const T*>(args.cos)[table],
                           static_cast<const T*>(args.sin)[table], args.inverse);
  out[first] = pair.first;
  out[second] = pair.second;
}

}  // namespace

void rotary(const RotaryArgs& args) {
  const std::int64_t units = args.width - args.half, n = args.batch * args.heads * args.length * units;
  if (n == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    with_positions(args.batch * args.heads * args.length * args.width, [&]<class Int>() {
      launch(turn_pairs<T, Int>, blocks_for(n, kThreads), kThreads, 0, args, static_cast<Int>(n), Divisor<Int>(units),
             Divisor<Int>(args.length), Divisor<Int>(args.heads));
    });
  });
}

}  // namespace reel::kernels::cuda
