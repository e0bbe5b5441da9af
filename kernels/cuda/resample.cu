// Weighted runs along a dimension on the GPU: resizing along an axis, and its transpose. Each thread computes one
// result, or one vector of neighbouring ones.

#include <reel/kernels/resample.h>

#include <algorithm>

#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

/// The terms that are added up before their sum moves on to f64.
constexpr int kPiece = 256;

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    add_runs(Int n, Divisor<Int> inner, Divisor<Int> size, Int in, Int taps, const std::int32_t* first,
             const T* weights, const Vector<T, N>* x, Vector<T, N>* out) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int row = i / inner, outer = row / size, at = row - outer * size;
  x += (outer * in + static_cast<Int>(first[at])) * inner + (i - row * inner);
  weights += at;
  Vector<T, N> sum = {};
  Vector<double, N> total = {};
  bool is_long = false;
#pragma unroll 1
  for (Int piece = 0; piece < taps; piece += kPiece) {
    if (piece > 0) {
      is_long = true;
      for (int k = 0; k < N; ++k) total.value[k] += static_cast<double>(sum.value[k]);
      sum = {};
    }
    const Int last = piece + kPiece < taps ? piece + kPiece : taps;
#pragma unroll 2
    for (Int t = piece; t < last; ++t, x += inner, weights += size) {
      const T weight = *weights;
      if (weight == T(0)) continue;
      const Vector<T, N> value = *x;
      for (int k = 0; k < N; ++k) sum.value[k] += weight * value.value[k];
    }
  }
  for (int k = 0; is_long && k < N; ++k) {
    sum.value[k] = static_cast<T>(total.value[k] + static_cast<double>(sum.value[k]));
  }
  out[i] = sum;
}

}  // namespace

void resample(const ResampleArgs& args) {
  const std::int64_t results = args.outer * args.size * args.inner;
  if (results == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_vectors<T>(args.inner, {args.x, args.out}, [&]<int N>() {
      with_positions(std::max(results, args.outer * args.in * args.inner), [&]<class Int>() {
        launch(add_runs<T, N, Int>, blocks_for(results / N, kThreads), kThreads, 0, static_cast<Int>(results / N),
               Divisor<Int>(args.inner / N), Divisor<Int>(args.size), static_cast<Int>(args.in),
               static_cast<Int>(args.taps), args.first, static_cast<const T*>(args.weights),
               static_cast<const Vector<T, N>*>(args.x), static_cast<Vector<T, N>*>(args.out));
      });
    });
  });
}

}  // namespace reel::kernels::cuda
