// Triangles of matrices. A thread has an element, or neighbouring ones of a row.

#include <reel/kernels/triangle.h>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

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
  const std::int64_t diagonal = std::clamp(args.diagonal, -args.rows, args.columns);  // further out is all or nothing
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
  switch (size_of(args.dtype)) {
    case 1:
      return run<std::uint8_t>(args);
    case 2:
      return run<std::uint16_t>(args);
    case 4:
      return run<std::uint32_t>(args);
    default:
      return run<std::uint64_t>(args);
  }
}

}  // namespace reel::kernels::cuda
