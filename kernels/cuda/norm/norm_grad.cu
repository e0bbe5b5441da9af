// The gradients of normalisation on the GPU: one pass for the sums, then one for x_grad, or both in one pass over the
// rows of layer norm that fit into registers.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_rows.h>
#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda {
namespace {

using namespace normalization;

/// One thread per vector of elements, which have one statistic and one weight.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    grad_of_elements(Elements<Int> e, Int n, GradInputs<T> in, const T* slopes, const T* offsets,
                     const Vector<T, N>* grad, const Vector<T, N>* x, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [statistic, channel] = e.place(i);
  const T mean = in.mean[statistic], scale = in.scale(statistic, channel), shift = in.shift(channel);
  const T slope = slopes[statistic], offset = offsets[statistic], unit = in.deviation_scale(statistic);
  const Vector<T, N> g = grad[i], v = x[i];
  Vector<T, N> out;
  for (int k = 0; k < N; ++k) {
    const T d = v.value[k] - mean;
    out.value[k] = scale * in.passed(g.value[k], d, scale, shift) + (slope * (d * unit) + offset);
  }
  x_grad[i] = out;
}

/// One thread per vector of columns, whose parameters it keeps in registers.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    grad_of_columns(Columns c, ColumnMap map, GradInputs<T> in, const T* slopes, const T* offsets,
                    const Vector<T, N>* __restrict__ grad, const Vector<T, N>* __restrict__ x,
                    Vector<T, N>* __restrict__ x_grad) {
  const ColumnIterator it(c);
  if (!it.inside) return;
  T mean[N], unit[N], scale[N], shift[N], slope[N], offset[N];
  for (int k = 0; k < N; ++k) {
    const std::int64_t column = it.column * N + k, statistic = map.statistic(it.sample, column);
    const std::int64_t channel = map.channel(column);
    mean[k] = in.mean[statistic];
    unit[k] = in.deviation_scale(statistic);
    scale[k] = in.scale(statistic, channel);
    shift[k] = in.shift(channel);
    slope[k] = slopes[statistic];
    offset[k] = offsets[statistic];
  }
#pragma unroll kHeld
  for (std::int64_t row = it.begin + threadIdx.y; row < it.end; row += blockDim.y) {
    const Vector<T, N> g = grad[it.at(c, row)], v = x[it.at(c, row)];
    Vector<T, N> out;
    for (int k = 0; k < N; ++k) {
      const T d = v.value[k] - mean[k];
      out.value[k] = scale[k] * in.passed(g.value[k], d, scale[k], shift[k]) + (slope[k] * (d * unit[k]) + offset[k]);
    }
    x_grad[it.at(c, row)] = out;
  }
}

template <class T> void run(const NormGradArgs& args) {
  const NormLayout& l = args.layout;
  const GradInputs<T> in{static_cast<const T*>(args.grad),
                         static_cast<const T*>(args.x),
                         static_cast<const T*>(args.mean),
                         static_cast<const T*>(args.rstd),
                         static_cast<const T*>(args.weight),
                         static_cast<const T*>(args.bias),
                         args.relu};
  T *weight_grad = static_cast<T*>(args.weight_grad), *bias_grad = static_cast<T*>(args.bias_grad);
  const std::int64_t n = l.samples * l.rows * l.width();
  if (n == 0)
    return combine_sums<T>(PartialLayout(0, 1, l.groups, l.depth, 1), {}, {}, {}, 0, {{}, {}, weight_grad, bias_grad});
  if (l.rows == 1 && l.inner == 1) return grad_of_rows(l, in, static_cast<T*>(args.x_grad), weight_grad, bias_grad);

  const Scratch<T> slope(l.statistics()), offset(l.statistics());
  find_sums<T>(l, false, in, {slope.data(), offset.data(), weight_grad, bias_grad});
  const bool columns = l.rows > 1 && !is_long_run<T>(l.inner);
  with_vectors<T>(columns ? l.width() : l.inner, {args.grad, args.x, args.x_grad}, [&]<int N>() {
    const auto* grad = static_cast<const Vector<T, N>*>(args.grad);
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    auto* x_grad = static_cast<Vector<T, N>*>(args.x_grad);
    if (columns) {
      const Columns c = Columns::for_elements(l.samples, l.rows, l.width() / N);
      launch(grad_of_columns<T, N>, c.blocks(), c.block, 0, c, ColumnMap(l), in, slope.data(), offset.data(), grad, x,
             x_grad);
      return;
    }
    with_positions(n, [&]<class Int>() {
      launch(grad_of_elements<T, N, Int>, blocks_for(n / N, kThreads), kThreads, 0, Elements<Int>(l, N),
             static_cast<Int>(n / N), in, slope.data(), offset.data(), grad, x, x_grad);
    });
  });
}

}  // namespace

void norm_grad(const NormGradArgs& args) {
  if (args.layout.channels() == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
