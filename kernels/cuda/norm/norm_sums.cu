// The sums for the gradients of normalisation on the GPU.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda::normalization {
namespace {

/// The sums of pieces of long runs, with `depth` sequences per statistic. `weight` is per element, as in `find_sums`,
/// or null.
template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kThreads)
    sum_runs(Sequences s, Divisor<std::int64_t> depth, GradInputs<T> in, const Vector<T, N>* grad,
             const Vector<T, N>* x, const Vector<T, N>* weight, PartialSums<T> sums) {
  using Threads = Team<kIsWarp>;
  SequenceIterator it(s, Threads::unit(), Threads::rank());
  const bool inside = it.begin < it.end;
  const std::int64_t statistic = (it.sample * s.parts + it.part) / depth;
  const T center = inside ? in.mean_of(statistic) : T(0), unit = inside ? in.deviation_scale(statistic) : T(1);
  const bool relu = in.relu && inside;
  const T scale = relu ? in.scale(statistic, it.part) : T(0), shift = relu ? in.shift(it.part) : T(0);
  T sum[N] = {}, product[N] = {};
  for (std::int64_t i = it.begin; i < it.end; i += kHeld * Threads::size()) {
    Vector<T, N> g[kHeld] = {}, v[kHeld];
#pragma unroll
    for (int h = 0; h < kHeld; ++h, it.next(s)) {
      for (int k = 0; k < N; ++k) v[h].value[k] = center;
      if (!it.inside()) continue;
      g[h] = grad[it.at];
      v[h] = x[it.at];
      if (!weight) continue;
      const Vector<T, N> w = weight[it.part * s.run + it.within];
      for (int k = 0; k < N; ++k) g[h].value[k] *= w.value[k];
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = v[h].value[k] - center, value = in.passed(g[h].value[k], d, scale, shift);
        sum[k] += value;
        product[k] += value * (d * unit);
      }
    }
  }
  for (int k = 1; k < N; ++k) {
    sum[0] += sum[k];
    product[0] += product[k];
  }
  const T total = Threads::sum(sum[0]), total_product = Threads::sum(product[0]);
  if (!inside || Threads::rank() > 0) return;
  sums.grad[Threads::unit()] = total;
  sums.product[Threads::unit()] = total_product;
}

/// The same for columns.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    sum_columns(Columns c, ColumnMap map, GradInputs<T> in, const Vector<T, N>* grad, const Vector<T, N>* x,
                PartialSums<Vector<T, N>> sums) {
  const ColumnIterator it(c);
  T center[N] = {}, unit[N] = {}, scale[N] = {}, shift[N] = {};
  for (int k = 0; it.inside && k < N; ++k) {
    const std::int64_t column = it.column * N + k, statistic = map.statistic(it.sample, column);
    center[k] = in.mean[statistic];
    unit[k] = in.deviation_scale(statistic);
    if (!in.relu) continue;
    scale[k] = in.scale(statistic, map.channel(column));
    shift[k] = in.shift(map.channel(column));
  }
  Vector<T, N> sum = {}, product = {};
  for (std::int64_t i = it.begin + threadIdx.y; it.inside && i < it.end; i += kHeld * blockDim.y) {
    Vector<T, N> g[kHeld] = {}, v[kHeld];
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) v[h].value[k] = center[k];
      const std::int64_t row = i + h * blockDim.y;
      if (row >= it.end) continue;
      g[h] = grad[it.at(c, row)];
      v[h] = x[it.at(c, row)];
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = v[h].value[k] - center[k], value = in.passed(g[h].value[k], d, scale[k], shift[k]);
        sum.value[k] += value;
        product.value[k] += value * (d * unit[k]);
      }
    }
  }
  sum = column_sum(sum);
  product = column_sum(product);
  if (!it.inside || threadIdx.y > 0) return;
  sums.grad[it.slot(c)] = sum;
  sums.product[it.slot(c)] = product;
}

/// Combines all partial sums of a statistic or of a channel.
template <class T> struct CombineArgs {
  PartialLayout layout;
  PartialSums<T> sums;
  const T* weight;
  const T* rstd;
  std::int64_t count;
  SumResults<T> results;
  unsigned statistic_blocks;  // the blocks after these combine channels

  __device__ T weight_of(std::int64_t channel) const { return weight ? weight[channel] : T(1); }
  __device__ double rstd_of(std::int64_t statistic) const { return rstd ? static_cast<double>(rstd[statistic]) : 1; }
  /// What remains of rstd beside the scale of the deviations.
  __device__ double rest_of(std::int64_t statistic) const {
    return rstd ? rstd_of(statistic) / static_cast<double>(deviation_scale(rstd[statistic])) : 1;
  }

  __device__ void statistic(std::int64_t i) const {
    const std::int64_t sample = i / layout.groups, group = i - sample * layout.groups;
    const std::int64_t n = i < layout.samples * layout.groups ? layout.pieces * layout.run() : 0;
    double sum = 0, product = 0;
    for (std::int64_t q = threadIdx.y; q < n; q += kCombineHeight) {
      const std::int64_t line = q / layout.columns, piece = line / layout.depth, d = line - piece * layout.depth;
      const std::int64_t channel = group * layout.depth + d;
      const std::int64_t at =
          (sample * layout.pieces + piece) * layout.width() + channel * layout.columns + q - line * layout.columns;
      const double w = static_cast<double>(weight_of(channel));
      sum += w * static_cast<double>(sums.grad[at]);
      product += w * static_cast<double>(sums.product[at]);
    }
    sum = combine_sum(sum);
    product = combine_sum(product);
    if (n == 0 || threadIdx.y > 0) return;
    const NormGradCoefficients<double> c(sum, product, rstd_of(i), rest_of(i), count);
    results.slope[i] = static_cast<T>(c.slope);
    results.offset[i] = static_cast<T>(c.offset);
  }

  __device__ void channel(std::int64_t c) const {
    const bool inside = c < layout.groups * layout.depth;
    const std::int64_t group = c / layout.depth, n = inside ? layout.samples * layout.pieces * layout.columns : 0;
    double sum = 0, product = 0;
    for (std::int64_t q = threadIdx.y; q < n; q += kCombineHeight) {
      const std::int64_t line = q / layout.columns, sample = line / layout.pieces;
      const std::int64_t at = line * layout.width() + c * layout.columns + q - line * layout.columns;
      sum += static_cast<double>(sums.grad[at]);
      product += rest_of(sample * layout.groups + group) * static_cast<double>(sums.product[at]);
    }
    sum = combine_sum(sum);
    product = combine_sum(product);
    if (!inside || threadIdx.y > 0) return;
    if (results.weight_grad) results.weight_grad[c] = static_cast<T>(product);
    if (results.bias_grad) results.bias_grad[c] = static_cast<T>(sum);
  }
};

template <class T> __global__ void __launch_bounds__(kThreads) combine_partials(CombineArgs<T> args) {
  const unsigned block = blockIdx.x;
  if (block < args.statistic_blocks) {
    args.statistic(static_cast<std::int64_t>(block) * kCombineWidth + threadIdx.x);
  } else {
    args.channel(static_cast<std::int64_t>(block - args.statistic_blocks) * kCombineWidth + threadIdx.x);
  }
}

}  // namespace

template <class T> void combine_sums(const PartialLayout& partials, const PartialSums<T>& sums, const T* weight,
                                     const T* rstd, std::int64_t count, const SumResults<T>& results) {
  const unsigned statistics = results.slope ? combine_blocks(partials.samples * partials.groups) : 0;
  const unsigned channels =
      results.weight_grad || results.bias_grad ? combine_blocks(partials.groups * partials.depth) : 0;
  if (statistics + channels == 0) return;
  launch(combine_partials<T>, statistics + channels, dim3(kCombineWidth, kCombineHeight), 0,
         CombineArgs<T>{partials, sums, weight, rstd, count, results, statistics});
}

template <class T>
void find_sums(const NormLayout& l, bool per_element, const GradInputs<T>& inputs, const SumResults<T>& results) {
  const bool runs = per_element || is_long_run<T>(l.inner);
  const T* outer_weight = per_element ? nullptr : inputs.weight;
  const auto in_two_stages = [&](const PartialLayout& partials, auto&& first_stage) {
    const Scratch<T> grad(partials.size()), product(partials.size());
    const PartialSums<T> sums{grad.data(), product.data()};
    first_stage(sums);
    combine_sums(partials, sums, outer_weight, inputs.rstd, l.count(), results);
  };
  with_vectors<T>(
      runs ? l.inner : l.width(), {inputs.grad, inputs.x, per_element ? inputs.weight : nullptr}, [&]<int N>() {
        const auto* grad = reinterpret_cast<const Vector<T, N>*>(inputs.grad);
        const auto* x = reinterpret_cast<const Vector<T, N>*>(inputs.x);
        const auto* weight = reinterpret_cast<const Vector<T, N>*>(per_element ? inputs.weight : nullptr);
        if (runs) {
          const Sequences s(l.samples, l.rows, l.channels(), l.inner / N);
          in_two_stages(PartialLayout(l.samples, s.pieces, l.groups, l.depth, 1), [&](const PartialSums<T>& sums) {
            launch(s.by_warps ? sum_runs<T, N, true> : sum_runs<T, N, false>, s.blocks(), kThreads, 0, s,
                   Divisor<std::int64_t>(l.depth), inputs, grad, x, weight, sums);
          });
        } else {
          const Columns c = Columns::for_sums(l.samples, l.rows, l.width() / N);
          in_two_stages(PartialLayout(l.samples, c.pieces, l.groups, l.depth, l.inner),
                        [&](const PartialSums<T>& sums) {
                          launch(sum_columns<T, N>, c.blocks(), c.block, 0, c, ColumnMap(l), inputs, grad, x,
                                 PartialSums<Vector<T, N>>{reinterpret_cast<Vector<T, N>*>(sums.grad),
                                                           reinterpret_cast<Vector<T, N>*>(sums.product)});
                        });
        }
      });
}

template void combine_sums(const PartialLayout&, const PartialSums<float>&, const float*, const float*, std::int64_t,
                           const SumResults<float>&);
template void combine_sums(const PartialLayout&, const PartialSums<double>&, const double*, const double*, std::int64_t,
                           const SumResults<double>&);
template void find_sums(const NormLayout&, bool, const GradInputs<float>&, const SumResults<float>&);
template void find_sums(const NormLayout&, bool, const GradInputs<double>&, const SumResults<double>&);

}  // namespace reel::kernels::cuda::normalization
