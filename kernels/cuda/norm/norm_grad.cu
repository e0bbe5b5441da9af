// Gradients through a normalisation: the sums behind them, then one pass for x_grad. Rows of layer norm that fit into
// a block's registers have both in one reading.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_rows.h>
#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda {
namespace {

/// A thread has a vector of elements of one statistic and one weight.
template <class T, int N, class Int> __global__ void __launch_bounds__(kThreads)
    grad_of_elements(Elements<Int> e, Int n, GradInputs<T> in, const T* slope, const T* offset,
                     const Vector<T, N>* grad, const Vector<T, N>* x, Vector<T, N>* x_grad) {
  const Int i = thread_position<Int>();
  if (i >= n) return;
  const auto [statistic, channel] = e.place(i);
  const T mean = in.mean[statistic], scale = in.scale(statistic, channel), shift = in.shift(channel);
  const T b = slope[statistic], c = offset[statistic];
  const Vector<T, N> g = grad[i], v = x[i];
  Vector<T, N> out;
  for (int k = 0; k < N; ++k) {
    const T d = v.value[k] - mean;
    out.value[k] = scale * in.passed(g.value[k], d, scale, shift) + (b * d + c);
  }
  x_grad[i] = out;
}

/// A thread has columns, whose parameters it keeps.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    grad_of_columns(Columns c, ColumnOwners owners, GradInputs<T> in, const T* slope, const T* offset,
                    const Vector<T, N>* __restrict__ grad, const Vector<T, N>* __restrict__ x,
                    Vector<T, N>* __restrict__ x_grad) {
  const ColumnWalk walk(c);
  if (!walk.inside) return;
  T mean[N], scale[N], shift[N], b[N], c0[N];
  for (int k = 0; k < N; ++k) {
    const std::int64_t column = walk.column * N + k, statistic = owners.statistic(walk.sample, column);
    const std::int64_t channel = owners.channel(column);
    mean[k] = in.mean[statistic];
    scale[k] = in.scale(statistic, channel);
    shift[k] = in.shift(channel);
    b[k] = slope[statistic];
    c0[k] = offset[statistic];
  }
#pragma unroll kHeld
  for (std::int64_t row = walk.begin + threadIdx.y; row < walk.end; row += blockDim.y) {
    const Vector<T, N> g = grad[walk.at(c, row)], v = x[walk.at(c, row)];
    Vector<T, N> out;
    for (int k = 0; k < N; ++k) {
      const T d = v.value[k] - mean[k];
      out.value[k] = scale[k] * in.passed(g.value[k], d, scale[k], shift[k]) + (b[k] * d + c0[k]);
    }
    x_grad[walk.at(c, row)] = out;
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
  if (n == 0) return join_sums<T>(Parts(0, 1, l.groups, l.depth, 1), {}, {}, {}, 0, {{}, {}, weight_grad, bias_grad});
  if (l.rows == 1 && l.inner == 1) return grad_of_rows(l, in, static_cast<T*>(args.x_grad), weight_grad, bias_grad);

  const Scratch<T> slope(l.statistics()), offset(l.statistics());
  find_sums<T>(l, false, in, {slope.get(), offset.get(), weight_grad, bias_grad});
  const bool columns = l.rows > 1 && !is_long_run<T>(l.inner);
  with_vectors<T>(columns ? l.width() : l.inner, {args.grad, args.x, args.x_grad}, [&]<int N>() {
    const auto* grad = static_cast<const Vector<T, N>*>(args.grad);
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    auto* x_grad = static_cast<Vector<T, N>*>(args.x_grad);
    if (columns) {
      const Columns c = Columns::for_elements(l.samples, l.rows, l.width() / N);
      launch(grad_of_columns<T, N>, c.blocks(), c.block, 0, c, ColumnOwners(l), in, slope.get(), offset.get(), grad, x,
             x_grad);
      return;
    }
    with_positions(n, [&]<class Int>() {
      launch(grad_of_elements<T, N, Int>, blocks_for(n / N, kThreads), kThreads, 0, Elements<Int>(l, N),
             static_cast<Int>(n / N), in, slope.get(), offset.get(), grad, x, x_grad);
    });
  });
}

}  // namespace

void norm_grad(const NormGradArgs& args) {
  if (args.layout.channels() == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class T>() { run<T>(args); });
}

}  // namespace reel::kernels::cuda
