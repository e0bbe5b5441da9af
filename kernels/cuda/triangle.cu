// Upper and lower triangles of matrices on the GPU, with one thread per element or per vector of a row.

#include <reel/kernels/triangle.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/dispatch_bytes.h>

namespace reel::kernels::cuda {
namespace {

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    keep_triangle(Divisor<Int> rows, Divisor<Int> columns, Int n, bool upper, Int diagonal, const Vector<T, N>* x,
                  Vector<T, N>* out) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int line = i / columns, middle = line % rows + diagonal, first = (i - line * columns) * N;
  Vector<T, N> kept = {};
  if (upper ? first + N - 1 >= middle : first <= middle) {
    kept = x[i];
    for (int k = 0; k < N; ++k) {
      if (upper ? first + k < middle : first + k > middle) kept.value[k] = 0;
    }
  }
  out[i] = kept;
}

template <class T> void run(const TriangleArgs& args) {
  const std::int64_t elements = args.batch * args.rows * args.columns;
  const std::int64_t diagonal =
      std::clamp(args.diagonal, -args.rows, args.columns);  // beyond that all or nothing is kept
  with_vectors<T>(args.columns, {args.x, args.out}, [&]<int N>() {
    with_positions(elements + args.rows + args.columns, [&]<class Int>() {
      launch(keep_triangle<T, N, Int>, blocks_for(elements / N, kThreads), kThreads, 0, Divisor<Int>(args.rows),
             Divisor<Int>(args.columns / N), static_cast<Int>(elements / N), args.upper, static_cast<Int>(diagonal),
             static_cast<const Vector<T, N>*>(args.x), static_cast<Vector<T, N>*>(args.out));
    });
  });
}

}  // namespace

void triangle(const TriangleArgs& args) {
  if (args.batch * args.rows * args.columns == 0) return;
  dispatch_bytes(size_of(args.dtype), [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
