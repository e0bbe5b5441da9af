// Normalisation by given statistics on the GPU, in one pass over memory.

#include <limits>

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_tiles.h>

namespace reel::kernels::cuda {
namespace {

using namespace normalization;

template <class T> struct Parameters {
  const T* mean;  // or null: 0
  const T* rstd;
  const T* weight;
  const T* bias;
  T least;  // the lower bound of y: 0 with a ReLU, else -inf

  __device__ T raised(T value) const { return value < least ? least : value; }
};

/// One thread per vector of elements of a statistic, with one weight and bias for all or (kPerElement) for each of
/// them.
template <class T, int N, class Int, bool kPerElement> __global__ void __launch_bounds__(kThreads)
    normalize_elements(Elements<Int> e, Int n, Parameters<T> p, const Vector<T, N>* x, Vector<T, N>* y) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [statistic, channel] = e.place(i);
  const Vector<T, N> weight = parameters<T, N, kPerElement>(p.weight, channel, T(1));
  const Vector<T, N> bias = parameters<T, N, kPerElement>(p.bias, channel, T(0));
  const T mean = p.mean ? p.mean[statistic] : T(0), rstd = p.rstd[statistic];
  Vector<T, N> value = x[i];
  for (int k = 0; k < N; ++k)
    value.value[k] = p.raised((value.value[k] - mean) * (rstd * weight.value[k]) + bias.value[k]);
  y[i] = value;
}

/// One thread per vector of columns, whose parameters it keeps in registers.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    normalize_columns(Columns c, ColumnMap map, Parameters<T> p, const Vector<T, N>* __restrict__ x,
                      Vector<T, N>* __restrict__ y) {
  const ColumnIterator it(c);
  if (!it.inside) return;
  T mean[N], scale[N], shift[N];
  for (int k = 0; k < N; ++k) {
    const std::int64_t column = it.column * N + k;
    const std::int64_t statistic = map.statistic(it.sample, column), channel = map.channel(column);
    mean[k] = p.mean[statistic];
    scale[k] = p.rstd[statistic] * (p.weight ? p.weight[channel] : T(1));
    shift[k] = p.bias ? p.bias[channel] : T(0);
  }
#pragma unroll kHeld
  for (std::int64_t row = it.begin + threadIdx.y; row < it.end; row += blockDim.y) {
    Vector<T, N> value = x[it.at(c, row)];
    for (int k = 0; k < N; ++k) value.value[k] = p.raised((value.value[k] - mean[k]) * scale[k] + shift[k]);
    y[it.at(c, row)] = value;
  }
}

template <class T> void run(const NormApplyArgs& args) {
  const NormLayout& l = args.layout;
  const std::int64_t n = l.samples * l.rows * l.width();
  const Parameters<T> p{static_cast<const T*>(args.mean), static_cast<const T*>(args.rstd),
                        static_cast<const T*>(args.weight), static_cast<const T*>(args.bias),
                        args.relu ? T(0) : -std::numeric_limits<T>::infinity()};
  const bool columns = l.rows > 1 && !is_long_run<T>(l.inner), per_element = l.inner == 1;
  const std::int64_t length = columns ? l.width() : per_element ? l.depth : l.inner;
  with_vectors<T>(length, {args.x, args.y, args.weight, args.bias}, [&]<int N>() {
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    auto* y = static_cast<Vector<T, N>*>(args.y);
    if (columns) {
      const Columns c = Columns::for_elements(l.samples, l.rows, l.width() / N);
      launch(normalize_columns<T, N>, c.blocks(), c.block, 0, c, ColumnMap(l), p, x, y);
      return;
    }
    with_positions(n, [&]<class Int>() {
      launch(per_element ? normalize_elements<T, N, Int, true> : normalize_elements<T, N, Int, false>,
             blocks_for(n / N, kThreads), kThreads, 0, Elements<Int>(l, N), static_cast<Int>(n / N), p, x, y);
    });
  });
}

}  // namespace

void norm_apply(const NormApplyArgs& args) {
  if (args.layout.samples * args.layout.rows * args.layout.width() == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
