// The sums behind the gradients of normalisations.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda {
namespace {

/// The sums of pieces of long runs, `depth` sequences to a statistic; with weights as in `find_sums` if there are any.
template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kThreads)
    sum_runs(Sequences s, Divisor<std::int64_t> depth, GradInputs<T> in, const Vector<T, N>* grad,
             const Vector<T, N>* x, const Vector<T, N>* weight, PartialSums<T> sums) {
  using Threads = Team<kIsWarp>;
  Walk walk(s, Threads::unit(), Threads::rank());
  const bool inside = walk.begin < walk.end;
  const std::int64_t statistic = (walk.sample * s.parts + walk.part) / depth;
  const T center = inside ? in.mean[statistic] : T(0);
  const bool relu = in.relu && inside;
  const T scale = relu ? in.scale(statistic, walk.part) : T(0), shift = relu ? in.shift(walk.part) : T(0);
  T sum[N] = {}, product[N] = {};
  for (std::int64_t i = walk.begin; i < walk.end; i += kHeld * Threads::size()) {
    Vector<T, N> g[kHeld] = {}, v[kHeld];
#pragma unroll
    for (int h = 0; h < kHeld; ++h, walk.next(s)) {
      for (int k = 0; k < N; ++k) v[h].value[k] = center;
      if (!walk.inside()) continue;
      g[h] = grad[walk.at];
      v[h] = x[walk.at];
      if (!weight) continue;
      const Vector<T, N> w = weight[walk.part * s.run + walk.within];
      for (int k = 0; k < N; ++k) g[h].value[k] *= w.value[k];
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = v[h].value[k] - center, value = in.passed(g[h].value[k], d, scale, shift);
        sum[k] += value;
        product[k] += value * d;
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
    sum_columns(Columns c, ColumnOwners owners, GradInputs<T> in, const Vector<T, N>* grad, const Vector<T, N>* x,
                PartialSums<Vector<T, N>> sums) {
  const ColumnWalk walk(c);
  T center[N] = {}, scale[N] = {}, shift[N] = {};
  for (int k = 0; walk.inside && k < N; ++k) {
    const std::int64_t column = walk.column * N + k, statistic = owners.statistic(walk.sample, column);
    center[k] = in.mean[statistic];
    if (!in.relu) continue;
    scale[k] = in.scale(statistic, owners.channel(column));
    shift[k] = in.shift(owners.channel(column));
  }
  Vector<T, N> sum = {}, product = {};
  for (std::int64_t i = walk.begin + threadIdx.y; walk.inside && i < walk.end; i += kHeld * blockDim.y) {
    Vector<T, N> g[kHeld] = {}, v[kHeld];
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) v[h].value[k] = center[k];
      const std::int64_t row = i + h * blockDim.y;
      if (row >= walk.end) continue;
      g[h] = grad[walk.at(c, row)];
      v[h] = x[walk.at(c, row)];
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = v[h].value[k] - center[k], value = in.passed(g[h].value[k], d, scale[k], shift[k]);
        sum.value[k] += value;
        product.value[k] += value * d;
      }
    }
  }
  sum = column_sum(sum);
  product = column_sum(product);
  if (!walk.inside || threadIdx.y > 0) return;
  sums.grad[walk.slot(c)] = sum;
  sums.product[walk.slot(c)] = product;
}

/// What is done with all sums of a statistic, or of a channel.
template <class T> struct Joining {
  Parts parts;
  PartialSums<T> sums;
  const T* weight;
  const T* rstd;
  std::int64_t count;
  SumResults<T> results;
  unsigned statistic_blocks;  // those behind have channels

  __device__ T weight_of(std::int64_t channel) const { return weight ? weight[channel] : T(1); }
  __device__ T rstd_of(std::int64_t statistic) const { return rstd ? rstd[statistic] : T(1); }

  __device__ void statistic(std::int64_t i) const {
    const std::int64_t sample = i / parts.groups, group = i - sample * parts.groups;
    const std::int64_t n = i < parts.samples * parts.groups ? parts.pieces * parts.run() : 0;
    double sum = 0, product = 0;
    for (std::int64_t q = threadIdx.y; q < n; q += kJoinHeight) {
      const std::int64_t line = q / parts.columns, piece = line / parts.depth, d = line - piece * parts.depth;
      const std::int64_t channel = group * parts.depth + d;
      const std::int64_t at =
          (sample * parts.pieces + piece) * parts.width() + channel * parts.columns + q - line * parts.columns;
      const double w = static_cast<double>(weight_of(channel));
      sum += w * static_cast<double>(sums.grad[at]);
      product += w * static_cast<double>(sums.product[at]);
    }
    sum = join(sum);
    product = join(product);
    if (n == 0 || threadIdx.y > 0) return;
    const NormGradLine<double> line(sum, product, static_cast<double>(rstd_of(i)), count);
    results.slope[i] = static_cast<T>(line.slope);
    results.offset[i] = static_cast<T>(line.offset);
  }

  __device__ void channel(std::int64_t c) const {
    const bool inside = c < parts.groups * parts.depth;
    const std::int64_t group = c / parts.depth, n = inside ? parts.samples * parts.pieces * parts.columns : 0;
    double sum = 0, product = 0;
    for (std::int64_t q = threadIdx.y; q < n; q += kJoinHeight) {
      const std::int64_t line = q / parts.columns, sample = line / parts.pieces;
      const std::int64_t at = line * parts.width() + c * parts.columns + q - line * parts.columns;
      sum += static_cast<double>(sums.grad[at]);
      product += static_cast<double>(rstd_of(sample * parts.groups + group)) * static_cast<double>(sums.product[at]);
    }
    sum = join(sum);
    product = join(product);
    if (!inside || threadIdx.y > 0) return;
    if (results.weight_grad) results.weight_grad[c] = static_cast<T>(product);
    if (results.bias_grad) results.bias_grad[c] = static_cast<T>(sum);
  }
};

template <class T> __global__ void __launch_bounds__(kThreads) join_parts(Joining<T> joining) {
  const unsigned block = blockIdx.x;
  if (block < joining.statistic_blocks) {
    joining.statistic(static_cast<std::int64_t>(block) * kJoinWidth + threadIdx.x);
  } else {
    joining.channel(static_cast<std::int64_t>(block - joining.statistic_blocks) * kJoinWidth + threadIdx.x);
  }
}

}  // namespace

template <class T> void join_sums(const Parts& parts, const PartialSums<T>& sums, const T* weight, const T* rstd,
                                  std::int64_t count, const SumResults<T>& results) {
  const unsigned statistics = results.slope ? join_blocks(parts.samples * parts.groups) : 0;
  const unsigned channels = results.weight_grad || results.bias_grad ? join_blocks(parts.groups * parts.depth) : 0;
  if (statistics + channels == 0) return;
  launch(join_parts<T>, statistics + channels, dim3(kJoinWidth, kJoinHeight), 0,
         Joining<T>{parts, sums, weight, rstd, count, results, statistics});
}

template <class T>
void find_sums(const NormLayout& l, bool own, const GradInputs<T>& inputs, const SumResults<T>& results) {
  const bool runs = own || is_long_run<T>(l.inner);
  const T* outer_weight = own ? nullptr : inputs.weight;
  const auto in_two_stages = [&](const Parts& parts, auto&& first_stage) {
    const Scratch<T> grad(parts.size()), product(parts.size());
    const PartialSums<T> sums{grad.get(), product.get()};
    first_stage(sums);
    join_sums(parts, sums, outer_weight, inputs.rstd, l.count(), results);
  };
  with_vectors<T>(runs ? l.inner : l.width(), {inputs.grad, inputs.x, own ? inputs.weight : nullptr}, [&]<int N>() {
    const auto* grad = reinterpret_cast<const Vector<T, N>*>(inputs.grad);
    const auto* x = reinterpret_cast<const Vector<T, N>*>(inputs.x);
    const auto* weight = reinterpret_cast<const Vector<T, N>*>(own ? inputs.weight : nullptr);
    if (runs) {
      const Sequences s(l.samples, l.rows, l.channels(), l.inner / N);
      in_two_stages(Parts(l.samples, s.pieces, l.groups, l.depth, 1), [&](const PartialSums<T>& sums) {
        launch(s.by_warps ? sum_runs<T, N, true> : sum_runs<T, N, false>, s.blocks(), kThreads, 0, s,
               Divisor<std::int64_t>(l.depth), inputs, grad, x, weight, sums);
      });
    } else {
      const Columns c = Columns::for_sums(l.samples, l.rows, l.width() / N);
      in_two_stages(Parts(l.samples, c.pieces, l.groups, l.depth, l.inner), [&](const PartialSums<T>& sums) {
        launch(sum_columns<T, N>, c.blocks(), c.block, 0, c, ColumnOwners(l), inputs, grad, x,
               PartialSums<Vector<T, N>>{reinterpret_cast<Vector<T, N>*>(sums.grad),
                                         reinterpret_cast<Vector<T, N>*>(sums.product)});
      });
    }
  });
}

template void join_sums(const Parts&, const PartialSums<float>&, const float*, const float*, std::int64_t,
                        const SumResults<float>&);
template void join_sums(const Parts&, const PartialSums<double>&, const double*, const double*, std::int64_t,
                        const SumResults<double>&);
template void find_sums(const NormLayout&, bool, const GradInputs<float>&, const SumResults<float>&);
template void find_sums(const NormLayout&, bool, const GradInputs<double>&, const SumResults<double>&);

}  // namespace reel::kernels::cuda
