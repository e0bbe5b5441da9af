// The normalisation by given statistics: one pass over memory.

#include <limits>

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_tiles.h>

namespace reel::kernels::cuda {
namespace {

template <class T> struct Parameters {
  const T* mean;
  const T* rstd;
  const T* weight;
  const T* bias;
  T least;  // what y is raised to: 0 with a ReLU, else -inf

  __device__ T raised(T value) const { return value < least ? least : value; }
};

/// A thread has a vector of elements of one statistic, with a weight and bias for all or (kOwn) for each of them.
template <class T, int N, class Int, bool kOwn> __global__ void __launch_bounds__(kThreads)
    normalize_elements(Elements<Int> e, Int n, Parameters<T> p, const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [statistic, channel] = e.place(i);
  const Vector<T, N> weight = parameters<T, N, kOwn>(p.weight, channel, T(1));
  const Vector<T, N> bias = parameters<T, N, kOwn>(p.bias, channel, T(0));
  const T mean = p.mean[statistic], rstd = p.rstd[statistic];
  Vector<T, N> value = x[i];
  for (int k = 0; k < N; ++k)
    value.value[k] = p.raised((value.value[k] - mean) * (rstd * weight.value[k]) + bias.value[k]);
  y[i] = value;
}

/// A thread has columns, whose parameters it keeps.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    normalize_columns(Columns c, ColumnOwners owners, Parameters<T> p, const Vector<T, N>* __restrict__ x,
                      Vector<T, N>* __restrict__ y) {
  const ColumnWalk walk(c);
  if (!walk.inside) return;
  T mean[N], scale[N], shift[N];
  for (int k = 0; k < N; ++k) {
    const std::int64_t column = walk.column * N + k;
    const std::int64_t statistic = owners.statistic(walk.sample, column), channel = owners.channel(column);
    mean[k] = p.mean[statistic];
    scale[k] = p.rstd[statistic] * (p.weight ? p.weight[channel] : T(1));
    shift[k] = p.bias ? p.bias[channel] : T(0);
  }
#pragma unroll kHeld
  for (std::int64_t row = walk.begin + threadIdx.y; row < walk.end; row += blockDim.y) {
    Vector<T, N> value = x[walk.at(c, row)];
    for (int k = 0; k < N; ++k) value.value[k] = p.raised((value.value[k] - mean[k]) * scale[k] + shift[k]);
    y[walk.at(c, row)] = value;
  }
}

template <class T> void run(const NormApplyArgs& args) {
  const NormLayout& l = args.layout;
  const std::int64_t n = l.samples * l.rows * l.width();
  const Parameters<T> p{static_cast<const T*>(args.mean), static_cast<const T*>(args.rstd),
                        static_cast<const T*>(args.weight), static_cast<const T*>(args.bias),
                        args.relu ? T(0) : -std::numeric_limits<T>::infinity()};
  const bool columns = l.rows > 1 && !is_long_run<T>(l.inner), own = l.inner == 1;
  const std::int64_t length = columns ? l.width() : own ? l.depth : l.inner;
  with_vectors<T>(length, {args.x, args.y, args.weight, args.bias}, [&]<int N>() {
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    auto* y = static_cast<Vector<T, N>*>(args.y);
    if (columns) {
      const Columns c = Columns::for_elements(l.samples, l.rows, l.width() / N);
      launch(normalize_columns<T, N>, c.blocks(), c.block, 0, c, ColumnOwners(l), p, x, y);
      return;
    }
    with_positions(n, [&]<class Int>() {
      launch(own ? normalize_elements<T, N, Int, true> : normalize_elements<T, N, Int, false>,
             blocks_for(n / N, kThreads), kThreads, 0, Elements<Int>(l, N), static_cast<Int>(n / N), p, x, y);
    });
  });
}

}  // namespace

void norm_apply(const NormApplyArgs& args) {
  if (args.layout.samples * args.layout.rows * args.layout.width() == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
