// Max pooling, its gradient and its indices on the GPU, with one thread per element or per vector of channels.

#include <reel/kernels/pool.h>

#include <limits>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/pool/pool_windows.h>

namespace reel::kernels::cuda {
namespace {

using namespace pooling;

/// Elements of a row of a window that are loaded at once.
constexpr int kUnroll = 2;

template <class T, int N, class Int, bool kIndexed> __global__ void __launch_bounds__(kThreads)
    max_windows(PoolWindows<Int> p, Int n, const Vector<T, N>* x, Vector<T, N>* y, Vector<std::int32_t, N>* indices) {
  constexpr T lowest = -std::numeric_limits<T>::infinity();
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = p.out.position(i);
  const Int top = p.h.begin(at.row), bottom = p.h.end(at.row), left = p.w.begin(at.column), right = p.w.end(at.column);
  const Int step = p.w.dilation;
  const Int first = top < bottom && left < right ? top * p.w.in + left : -1;
  Vector<T, N> largest;
  Vector<std::int32_t, N> index;
  for (int k = 0; k < N; ++k) {
    largest.value[k] = lowest;
    index.value[k] = static_cast<std::int32_t>(first);
  }
  x += p.in.at(at.image, 0, 0, at.k);
#pragma unroll 1
  for (Int row = top; row < bottom; row += p.h.dilation) {
    const Int end = row * p.w.in + right;
#pragma unroll 1
    for (Int place = row * p.w.in + left; place < end; place += kUnroll * step) {
      Vector<T, N> value[kUnroll];
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        if (place + u * step < end) {
          value[u] = x[(place + u * step) * p.in.depth];
        } else {
          for (int k = 0; k < N; ++k) value[u].value[k] = lowest;  // exceeds nothing
        }
      }
#pragma unroll
      for (int u = 0; u < kUnroll; ++u) {
        for (int k = 0; k < N; ++k) {
          if (!exceeds(value[u].value[k], largest.value[k])) continue;
          largest.value[k] = value[u].value[k];
          index.value[k] = static_cast<std::int32_t>(place + u * step);
        }
      }
    }
  }
  y[i] = largest;
  if constexpr (kIndexed) indices[i] = index;
}

/// Each element gathers the gradients of the windows that chose it.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    max_windows_grad(PoolWindows<Int> p, Int n, const Vector<T, N>* y_grad, const Vector<std::int32_t, N>* indices,
                     Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto at = p.in.position(i);
  const auto place = static_cast<std::int32_t>(at.row * p.w.in + at.column);
  const Int bottom = p.h.last_window(at.row), left = p.w.first_window(at.column), right = p.w.last_window(at.column);
  const Int image = p.out.at(at.image, 0, 0, at.k);
  Vector<T, N> sum = {};
#pragma unroll 1
  for (Int row = p.h.first_window(at.row); row < bottom; ++row) {
#pragma unroll 1
    for (Int column = left; column < right; ++column) {
      const Int window = image + (row * p.w.out + column) * p.out.depth;
      const Vector<std::int32_t, N> index = indices[window];
      const Vector<T, N> grad = y_grad[window];
      for (int k = 0; k < N; ++k) sum.value[k] += index.value[k] == place ? grad.value[k] : T(0);
    }
  }
  x_grad[i] = sum;
}

/// y = x[indices]; 0 for an index outside the plane.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    gather(PoolWindows<Int> p, Int n, const T* x, const Vector<std::int32_t, N>* indices, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const Int pixel = i / p.out.depth, image = pixel / p.out.width / p.out.height, plane = p.in.height * p.in.width;
  const Int channel = (i - pixel * p.out.depth) * N, channels = p.in.depth * N;
  const Vector<std::int32_t, N> index = indices[i];
  Vector<T, N> out;
  for (int k = 0; k < N; ++k) {
    const std::int32_t at = index.value[k];
    out.value[k] = at >= 0 && at < plane ? x[(image * plane + at) * channels + channel + k] : T(0);
  }
  y[i] = out;
}

}  // namespace

void max_pool2d(const MaxPoolArgs& args) {
  const std::int64_t out = elements_out(args.shape);
  if (out == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_windows<T>(args.shape, {args.x, args.y, args.indices}, [&]<int N, class Int>() {
      const auto kernel = args.indices ? max_windows<T, N, Int, true> : max_windows<T, N, Int, false>;
      launch(kernel, blocks_for(out / N, kThreads), kThreads, 0, PoolWindows<Int>(args.shape, N),
             static_cast<Int>(out / N), static_cast<const Vector<T, N>*>(args.x), static_cast<Vector<T, N>*>(args.y),
             reinterpret_cast<Vector<std::int32_t, N>*>(args.indices));
    });
  });
}

void max_pool2d_grad(const MaxPoolGradArgs& args) {
  const std::int64_t in = elements_in(args.shape);
  if (in == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_windows<T>(args.shape, {args.y_grad, args.indices, args.x_grad}, [&]<int N, class Int>() {
      launch(max_windows_grad<T, N, Int>, blocks_for(in / N, kThreads), kThreads, 0, PoolWindows<Int>(args.shape, N),
             static_cast<Int>(in / N), static_cast<const Vector<T, N>*>(args.y_grad),
             reinterpret_cast<const Vector<std::int32_t, N>*>(args.indices), static_cast<Vector<T, N>*>(args.x_grad));
    });
  });
}

void pool_gather(const PoolGatherArgs& args) {
  const std::int64_t out = elements_out(args.shape);
  if (out == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    with_windows<T>(args.shape, {args.indices, args.y}, [&]<int N, class Int>() {
      launch(gather<T, N, Int>, blocks_for(out / N, kThreads), kThreads, 0, PoolWindows<Int>(args.shape, N),
             static_cast<Int>(out / N), static_cast<const T*>(args.x),
             reinterpret_cast<const Vector<std::int32_t, N>*>(args.indices), static_cast<Vector<T, N>*>(args.y));
    });
  });
}

}  // namespace reel::kernels::cuda
