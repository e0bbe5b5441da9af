// Layer and RMS norm and their gradients on the GPU, with a warp or a block of threads that holds whole rows in
// registers.

#include <reel/kernels/cuda/norm/norm_rows.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/squares.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cuda::normalization {
namespace {

/// More threads than this would leave too few registers for each.
constexpr unsigned kRowThreads = 512;

/// The parameters and statistics of layer norm, or of rms norm, which has no mean.
template <class T> struct RowParameters {
  T eps;
  const T* weight;
  const T* bias;
  T* mean;  // or null
  T* variance;
  T* rstd;
};

/// Teams (warps or blocks), each of which processes the rows of several samples in one group, one after the other.
struct RowTeams {
  std::int64_t samples, groups, depth;  // depth in vectors
  std::int64_t chunk, chunks;           // of samples
  bool by_warps;
  unsigned threads;  // of a block

  /// One team per row.
  RowTeams(const NormLayout& l, int vector)
      : samples(l.samples), groups(l.groups), depth(l.depth / vector), chunk(1), chunks(l.samples) {
    by_warps = depth <= kHeld * kWarp;
    const std::int64_t needed = divide_up(divide_up(depth, kHeld), kWarp) * kWarp;
    threads = by_warps ? kThreads : static_cast<unsigned>(needed);
  }
  /// As few teams as keep the GPU busy, since each leaves partial sums.
  static RowTeams for_sums(const NormLayout& l, int vector) {
    RowTeams teams(l, vector);
    const std::int64_t most = teams.by_warps ? 2 * kEnoughBlocks : kEnoughBlocks / 2;
    teams.chunk = std::clamp<std::int64_t>(divide_up(l.statistics(), most), 1, 256);
    teams.chunks = divide_up(l.samples, teams.chunk);
    return teams;
  }

  /// Whether a team can hold a row.
  bool fits() const { return threads <= kRowThreads; }
  REEL_HD std::int64_t units() const { return chunks * groups; }
  unsigned blocks() const { return blocks_for(units(), by_warps ? kThreads / kWarp : 1); }
};

/// Loads a row once, then computes its mean, its variance about that mean, and the normalised row.
template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kRowThreads)
    normalize_held_rows(RowTeams teams, RowParameters<T> p, const Vector<T, N>* x, Vector<T, N>* y) {
  using Threads = Team<kIsWarp>;
  const std::int64_t row = Threads::unit(), size = Threads::size(), rank = Threads::rank();
  if (row >= teams.units()) return;
  Vector<T, N> held[kHeld] = {};
  T total = 0;
#pragma unroll
  for (int h = 0; h < kHeld; ++h) {
    const std::int64_t column = rank + h * size;
    if (column < teams.depth) held[h] = x[row * teams.depth + column];
  }
  const bool centered = p.mean != nullptr;
#pragma unroll
  for (int h = 0; h < kHeld; ++h) {
    for (int k = 0; k < N; ++k) total += held[h].value[k];
  }
  const T count = static_cast<T>(teams.depth * N);
  T pivot = centered ? Threads::sum(total) / count : T(0);  // the mean but for rounding, corrected below
  T unit = 1, shift = 0, squares = 0;                       // deviations are in this unit
  const auto find_squares = [&](T per_unit) {
    T sum = 0;
    squares = 0;
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      if (rank + h * size >= teams.depth) continue;
      for (int k = 0; k < N; ++k) {
        const T d = (held[h].value[k] - pivot) * per_unit;
        sum += d;
        squares += d * d;
      }
    }
    if (centered) shift = Threads::sum(sum) / count;
    squares = Threads::sum(squares);
  };
  find_squares(T(1));
  if (!squares_in_range(squares + p.eps)) {  // the same for all threads of the row
    unit = unit_of_squares(squares);
    if (pivot - pivot != T(0)) {  // the sum has overflowed
      total = 0;
      for (const Vector<T, N>& v : held) {
        for (int k = 0; k < N; ++k) total += v.value[k] / count;
      }
      pivot = Threads::sum(total);
    }
    find_squares(1 / unit);
  }
  const T mean = pivot + shift * unit, spread = squares / count - shift * shift;
  const T variance = spread < T(0) ? T(0) : spread;
  const T rstd = T(1) / math::sqrt(variance + p.eps / unit / unit) / unit;
  if (rank == 0) {
    if (centered) p.mean[row] = mean;
    p.variance[row] = variance * unit * unit;
    p.rstd[row] = rstd;
  }
#pragma unroll
  for (int h = 0; h < kHeld; ++h) {
    const std::int64_t column = rank + h * size;
    if (column >= teams.depth) continue;
    const std::int64_t channel = row % teams.groups * teams.depth + column;
    const Vector<T, N> weight = parameters<T, N, true>(p.weight, channel, T(1));
    const Vector<T, N> bias = parameters<T, N, true>(p.bias, channel, T(0));
    for (int k = 0; k < N; ++k) {
      held[h].value[k] = (held[h].value[k] - mean) * (rstd * weight.value[k]) + bias.value[k];
    }
    y[row * teams.depth + column] = held[h];
  }
}

/// Each thread has the same columns of every row, and sums their contributions to the gradients of weight and bias.
template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kRowThreads)
    grad_of_held_rows(RowTeams teams, GradInputs<T> in, const Vector<T, N>* grad, const Vector<T, N>* x,
                      Vector<T, N>* x_grad, PartialSums<Vector<T, N>> sums) {
  using Threads = Team<kIsWarp>;
  const std::int64_t unit = Threads::unit(), size = Threads::size(), rank = Threads::rank();
  const std::int64_t group = unit % teams.groups, begin = unit / teams.groups * teams.chunk;
  const std::int64_t end = begin + teams.chunk < teams.samples ? begin + teams.chunk : teams.samples;
  Vector<T, N> weight_sum[kHeld] = {}, bias_sum[kHeld] = {};
  for (std::int64_t sample = begin; sample < end; ++sample) {
    const std::int64_t statistic = sample * teams.groups + group, row = statistic * teams.depth;
    const T mean = in.mean_of(statistic), rstd = in.rstd[statistic];
    Vector<T, N> g[kHeld] = {}, d[kHeld] = {};
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      const std::int64_t column = rank + h * size;
      if (column >= teams.depth) continue;
      g[h] = grad[row + column];
      d[h] = x[row + column];
    }
    T sum = 0, product = 0;
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      const std::int64_t column = rank + h * size;
      if (column >= teams.depth) continue;
      const Vector<T, N> weight = parameters<T, N, true>(in.weight, group * teams.depth + column, T(1));
      for (int k = 0; k < N; ++k) {
        d[h].value[k] = (d[h].value[k] - mean) * rstd;
        weight_sum[h].value[k] += g[h].value[k] * d[h].value[k];
        bias_sum[h].value[k] += g[h].value[k];
        g[h].value[k] *= weight.value[k];
        sum += g[h].value[k];
        product += g[h].value[k] * d[h].value[k];
      }
    }
    sum = in.mean ? Threads::sum(sum) : T(0);
    product = Threads::sum(product);
    const NormGradCoefficients<T> c(sum, product, rstd, T(1), teams.depth * N);
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      const std::int64_t column = rank + h * size;
      if (column >= teams.depth) continue;
      for (int k = 0; k < N; ++k) {
        g[h].value[k] = rstd * g[h].value[k] + (c.slope * d[h].value[k] + c.offset);
      }
      x_grad[row + column] = g[h];
    }
  }
  if (begin >= end) return;
#pragma unroll
  for (int h = 0; h < kHeld; ++h) {
    const std::int64_t column = rank + h * size;
    if (column >= teams.depth) continue;
    sums.grad[unit * teams.depth + column] = bias_sum[h];
    sums.product[unit * teams.depth + column] = weight_sum[h];
  }
}

/// Rows of any length whose coefficients are known, processed as columns: the second pass for x_grad, and the partial
/// sums for weight and bias.
template <class T, int N> __global__ void __launch_bounds__(kThreads)
    grad_of_row_columns(Columns c, std::int64_t depth, GradInputs<T> in, const T* slopes, const T* offsets,
                        const Vector<T, N>* __restrict__ grad, const Vector<T, N>* __restrict__ x,
                        Vector<T, N>* __restrict__ x_grad, PartialSums<Vector<T, N>> sums) {
  const ColumnIterator it(c);
  const std::int64_t groups = c.width / depth, group = it.column / depth;
  Vector<T, N> weight_sum = {}, bias_sum = {};
  if (it.inside) {
    const Vector<T, N> weight = parameters<T, N, true>(in.weight, it.column, T(1));
#pragma unroll kHeld
    for (std::int64_t row = it.begin + threadIdx.y; row < it.end; row += blockDim.y) {
      const std::int64_t statistic = row * groups + group;
      const T mean = in.mean_of(statistic), rstd = in.rstd[statistic], unit = in.deviation_scale(statistic);
      const T slope = slopes[statistic], offset = in.mean ? offsets[statistic] : T(0);
      const Vector<T, N> g = grad[it.at(c, row)], v = x[it.at(c, row)];
      Vector<T, N> out;
      for (int k = 0; k < N; ++k) {
        const T d = v.value[k] - mean;
        weight_sum.value[k] += g.value[k] * (d * rstd);
        bias_sum.value[k] += g.value[k];
        out.value[k] = rstd * (weight.value[k] * g.value[k]) + (slope * (d * unit) + offset);
      }
      x_grad[it.at(c, row)] = out;
    }
  }
  weight_sum = column_sum(weight_sum);
  bias_sum = column_sum(bias_sum);
  if (!it.inside || threadIdx.y > 0) return;
  sums.grad[it.slot(c)] = bias_sum;
  sums.product[it.slot(c)] = weight_sum;
}

template <class T, int N>
void run(const NormLayout& l, const GradInputs<T>& in, T* x_grad, const SumResults<T>& results) {
  const auto* grad = reinterpret_cast<const Vector<T, N>*>(in.grad);
  const auto* x = reinterpret_cast<const Vector<T, N>*>(in.x);
  auto* out = reinterpret_cast<Vector<T, N>*>(x_grad);
  const RowTeams teams = RowTeams::for_sums(l, N);
  const Columns columns = Columns::for_sums(1, l.samples, l.width() / N);
  const PartialLayout partials(1, teams.fits() ? teams.chunks : std::int64_t{columns.pieces}, l.groups, l.depth, 1);
  const Scratch<T> bias_sums(partials.size()), weight_sums(partials.size());
  const PartialSums<Vector<T, N>> sums{reinterpret_cast<Vector<T, N>*>(bias_sums.data()),
                                       reinterpret_cast<Vector<T, N>*>(weight_sums.data())};
  if (teams.fits()) {
    launch(teams.by_warps ? grad_of_held_rows<T, N, true> : grad_of_held_rows<T, N, false>, teams.blocks(),
           teams.threads, 0, teams, in, grad, x, out, sums);
  } else {
    const Scratch<T> slope(l.statistics()), offset(l.statistics());
    find_sums<T>({l.samples, 1, l.groups, 1, l.depth}, true, in, {slope.data(), offset.data(), nullptr, nullptr});
    launch(grad_of_row_columns<T, N>, columns.blocks(), columns.block, 0, columns, l.depth / N, in, slope.data(),
           offset.data(), grad, x, out, sums);
  }
  combine_sums<T>(partials, {bias_sums.data(), weight_sums.data()}, nullptr, nullptr, 0, results);
}

}  // namespace

template <class T> bool normalize_rows(const NormForwardArgs& args) {
  const NormApplyArgs& apply = args.apply;
  const NormMomentsArgs& moments = args.moments;
  bool fits = false;
  with_vectors<T>(apply.layout.depth, {apply.x, apply.y, apply.weight, apply.bias}, [&]<int N>() {
    const RowTeams teams(apply.layout, N);
    fits = teams.fits();
    if (!fits) return;
    launch(teams.by_warps ? normalize_held_rows<T, N, true> : normalize_held_rows<T, N, false>, teams.blocks(),
           teams.threads, 0, teams,
           RowParameters<T>{static_cast<T>(moments.eps), static_cast<const T*>(apply.weight),
                            static_cast<const T*>(apply.bias), static_cast<T*>(moments.mean),
                            static_cast<T*>(moments.variance), static_cast<T*>(moments.rstd)},
           static_cast<const Vector<T, N>*>(apply.x), static_cast<Vector<T, N>*>(apply.y));
  });
  return fits;
}

template bool normalize_rows<float>(const NormForwardArgs&);
template bool normalize_rows<double>(const NormForwardArgs&);

template <class T>
void grad_of_rows(const NormLayout& l, const GradInputs<T>& in, T* x_grad, T* weight_grad, T* bias_grad) {
  with_vectors<T>(l.depth, {in.grad, in.x, in.weight, x_grad}, [&]<int N>() {
    run<T, N>(l, in, x_grad, {nullptr, nullptr, weight_grad, bias_grad});
  });
}

template void grad_of_rows(const NormLayout&, const GradInputs<float>&, float*, float*, float*);
template void grad_of_rows(const NormLayout&, const GradInputs<double>&, double*, double*, double*);

}  // namespace reel::kernels::cuda::normalization
