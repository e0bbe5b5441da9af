// Average pooling and its gradient on the GPU, with one thread per element or per vector of channels, or with many
// threads per window where windows are large and few.

#include <reel/kernels/pool.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/pool/pool_windows.h>

namespace reel::kernels::cuda {
namespace {

using namespace pooling;

template <class Sum, class T, int N> __device__ void add(Vector<Sum, N>& sum, const Vector<T, N>& x) {
  for (int k = 0; k < N; ++k) sum.value[k] += static_cast<Sum>(x.value[k]);
}

/// The divisor of the mean of window (row, column).
template <class T, class Int> __device__ T size_of(const PoolWindows<Int>& p, Int row, Int column) {
  return static_cast<T>(p.divisor ? p.divisor : pool_window_size(p.h, p.w, p.count_include_pad, row, column));
}

template <class T, class Sum, int N> __device__ Vector<T, N> divided(const Vector<Sum, N>& sum, T size) {
  Vector<T, N> mean;
  for (int k = 0; k < N; ++k) mean.value[k] = static_cast<T>(sum.value[k]) / size;
  return mean;
}

template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    mean_windows(PoolWindows<Int> p, Int n, const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = p.out.position(i);
  const Int bottom = p.h.end(at.row), left = p.w.begin(at.column), right = p.w.end(at.column), depth = p.in.depth;
  x += p.in.at(at.image, 0, 0, at.k);
  Vector<T, N> sum = {};
#pragma unroll 1
  for (Int row = p.h.begin(at.row); row < bottom; ++row) {
    const Int end = row * p.w.in + right;
    Int pixel = row * p.w.in + left;
#pragma unroll 1
    for (; pixel + 1 < end; pixel += 2) {
      const Vector<T, N> first = x[pixel * depth], second = x[(pixel + 1) * depth];
      add(sum, first);
      add(sum, second);
    }
    if (pixel < end) add(sum, x[pixel * depth]);
  }
  y[i] = divided(sum, size_of<T>(p, at.row, at.column));
}

/// blockDim.y threads share a window, for blockDim.x neighbouring channels at a time; `chunks` of these make up all
/// channels. Sums are f64: memory is slower.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    mean_large_windows(PoolWindows<Int> p, Int n, Divisor<Int> chunks, const Vector<T, N>* x, Vector<T, N>* y) {
  __shared__ Vector<double, N> sums[kThreads];
  const Int unit = static_cast<Int>(blockIdx.x) * static_cast<Int>(blockDim.z) + static_cast<Int>(threadIdx.z);
  const Int window = unit / chunks;
  const Int k = unit % chunks * static_cast<Int>(blockDim.x) + static_cast<Int>(threadIdx.x);
  const Int line = window / p.out.width, image = line / p.out.height;
  const Int i = line - image * p.out.height, j = window - line * p.out.width;
  const bool inside = window < n && k < p.out.depth;
  Vector<double, N> sum = {};
  if (inside) {
    const Int top = p.h.begin(i), left = p.w.begin(j), width = p.w.end(j) - left;
    const Int size = width > 0 ? (p.h.end(i) - top) * width : 0;
    x += p.in.at(image, top, left, k);
    for (Int e = static_cast<Int>(threadIdx.y); e < size; e += static_cast<Int>(blockDim.y)) {
      const Int row = e / width;
      add(sum, x[(row * p.w.in + e - row * width) * p.in.depth]);
    }
  }
  Vector<double, N>* mine = sums + (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  *mine = sum;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y < half) add(*mine, mine[half * blockDim.x]);
  }
  if (inside && threadIdx.y == 0) y[window * p.out.depth + k] = divided(*mine, size_of<T>(p, i, j));
}

/// Each element gathers its share of the gradients of the windows that cover it.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    mean_windows_grad(PoolWindows<Int> p, Int n, const Vector<T, N>* y_grad, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = p.in.position(i);
  const Int bottom = p.h.last_window(at.row), left = p.w.first_window(at.column), right = p.w.last_window(at.column);
  y_grad += p.out.at(at.image, 0, 0, at.k);
  Vector<T, N> sum = {};
#pragma unroll 1
  for (Int row = p.h.first_window(at.row); row < bottom; ++row) {
#pragma unroll 1
    for (Int column = left; column < right; ++column) {
      const T share = T(1) / size_of<T>(p, row, column);
      const Vector<T, N> grad = y_grad[(row * p.w.out + column) * p.out.depth];
      for (int k = 0; k < N; ++k) sum.value[k] += grad.value[k] * share;
    }
  }
  x_grad[i] = sum;
}

/// The size of a typical window.
std::int64_t area(const PoolShape& s) {
  const auto length = [](const PoolAxis& a) { return a.adaptive() ? a.in / a.out : a.kernel; };
  return length(s.h) * length(s.w);
}

/// The block for large windows: enough threads along the channels for coalesced accesses, then several per window.
dim3 large_window_block(std::int64_t depth, std::int64_t elements) {
  unsigned x = 1, y = 1;
  while (x < 32 && x < depth) x *= 2;
  while (x * y < kThreads && (x * y < 32 || y * 8 < elements)) y *= 2;
  return dim3(x, y, kThreads / (x * y));
}

}  // namespace

void avg_pool2d(const AvgPoolArgs& args) {
  const PoolShape& s = args.shape;
  const std::int64_t out = elements_out(s);
  if (out == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_windows<T>(s, {args.x, args.y}, [&]<int N, class Int>() {
      const PoolWindows<Int> p(s, N);
      const auto* x = static_cast<const Vector<T, N>*>(args.x);
      auto* y = static_cast<Vector<T, N>*>(args.y);
      if (area(s) >= 32 && out / N < (1 << 19)) {
        const std::int64_t depth = p.out.depth, windows = out / N / depth;
        const dim3 block = large_window_block(depth, area(s));
        const std::int64_t chunks = (depth + block.x - 1) / block.x;
        launch(mean_large_windows<T, N, Int>, blocks_for(windows * chunks, block.z), block, 0, p,
               static_cast<Int>(windows), Divisor<Int>(chunks), x, y);
      } else {
        launch(mean_windows<T, N, Int>, blocks_for(out / N, kThreads), kThreads, 0, p, static_cast<Int>(out / N), x, y);
      }
    });
  });
}

void avg_pool2d_grad(const AvgPoolGradArgs& args) {
  const std::int64_t in = elements_in(args.shape);
  if (in == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_windows<T>(args.shape, {args.y_grad, args.x_grad}, [&]<int N, class Int>() {
      launch(mean_windows_grad<T, N, Int>, blocks_for(in / N, kThreads), kThreads, 0, PoolWindows<Int>(args.shape, N),
             static_cast<Int>(in / N), static_cast<const Vector<T, N>*>(args.y_grad),
             static_cast<Vector<T, N>*>(args.x_grad));
    });
  });
}

}  // namespace reel::kernels::cuda
