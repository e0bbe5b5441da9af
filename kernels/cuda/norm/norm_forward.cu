// Normalisation by the tensor's own statistics on the GPU: in one pass over rows that fit into registers, otherwise in
// one pass for the means and variances, then `norm_apply`.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_rows.h>
#include <reel/kernels/cuda/norm/norm_tiles.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cuda {
namespace {

using namespace normalization;

/// Where the moments are stored: in the results, or in `partials` if a statistic has several pieces.
template <class T> struct Results {
  double eps;
  T* mean;  // or null: rms norm
  T* variance;
  T* rstd;
  MomentsOf<T>* partials;

  /// Whether squares that came to `sum` are as exact as eps needs them to be.
  __device__ bool in_range(T sum) const { return squares_in_range(sum + static_cast<T>(eps)); }
  __device__ void finish(std::int64_t i, double center, SquaresOf<T> squares, double count) const {
    const SquaresOf<T> var = squares / count;
    if (mean) mean[i] = static_cast<T>(center);
    variance[i] = static_cast<T>(value_of(var));
    rstd[i] = static_cast<T>(1 / root_of(var + squares_in<SquaresOf<T>>(1, eps)));
  }
  __device__ void store(std::int64_t i, const MomentsOf<T>& m) const {
    if (partials) partials[i] = m;
    else finish(i, m.mean, m.squares, m.count);
  }
};

// Deviations are taken from the mean of the first vectors. That is near enough to the mean of the piece, which is at
// most some tens of times as long: Moments::of corrects the error. A piece whose squares leave the range is read once
// more, with deviations in another unit. In a large one the pivot may have overflowed, too.

template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kThreads)
    run_moments(Sequences s, const Vector<T, N>* x, Results<T> results) {
  using Threads = Team<kIsWarp>;
  const std::int64_t tile = kHeld * Threads::size();
  T pivot = 0, unit = 1;
  for (;;) {
    const T per_unit = 1 / unit;
    SequenceIterator it(s, Threads::unit(), Threads::rank());
    const std::int64_t count = it.end - it.begin;
    T sum[N] = {}, squares[N] = {};
    for (std::int64_t i = it.begin; i < it.end; i += tile) {
      Vector<T, N> held[kHeld] = {};
      int n = 0;
#pragma unroll
      for (int h = 0; h < kHeld; ++h, it.next(s)) {
        if (!it.inside()) continue;
        held[h] = x[it.at];
        ++n;
      }
      if (i == it.begin && unit >= T(1) && results.mean) {
        T total = 0;
        for (const Vector<T, N>& v : held) {
          for (int k = 0; k < N; ++k) total += v.value[k] * per_unit;
        }
        pivot = Threads::sum(total) / static_cast<T>((count < tile ? count : tile) * N) * unit;
      }
#pragma unroll
      for (int h = 0; h < kHeld; ++h) {
        for (int k = 0; k < N; ++k) {
          const T d = h < n ? (held[h].value[k] - pivot) * per_unit : T(0);
          sum[k] += d;
          squares[k] += d * d;
        }
      }
    }
    for (int k = 1; k < N; ++k) {
      sum[0] += sum[k];
      squares[0] += squares[k];
    }
    const T all = Threads::sum(sum[0]), all_squares = Threads::sum(squares[0]);  // the same for the whole team
    if (unit == T(1) && !results.in_range(all_squares)) {
      unit = unit_of_squares(all_squares);
      continue;
    }
    if (Threads::rank() == 0 && count > 0) {
      results.store(Threads::unit(), results.mean ? MomentsOf<T>::of(count * N, pivot, all, all_squares, unit)
                                                  : MomentsOf<T>::about_zero(count * N, all_squares, unit));
    }
    return;
  }
}

template <class T, int N> __global__ void __launch_bounds__(kThreads)
    column_moments(Columns c, const Vector<T, N>* x, Results<T> results) {
  const ColumnIterator it(c);
  const std::int64_t tile = kHeld * static_cast<std::int64_t>(blockDim.y), count = it.end - it.begin;
  Vector<T, N> pivot = {}, per_unit, sum, squares;
  for (T& value : per_unit.value) value = 1;
  bool again = false;
  do {
    sum = squares = {};
    for (std::int64_t i = it.begin; i < it.end; i += tile) {
      Vector<T, N> held[kHeld] = {};
      int n = 0;
#pragma unroll
      for (int h = 0; h < kHeld; ++h) {
        const std::int64_t row = i + threadIdx.y + h * blockDim.y;
        if (!it.inside || row >= it.end) continue;
        held[h] = x[it.at(c, row)];
        ++n;
      }
      if (i == it.begin) {
        Vector<T, N> total = {};
        for (int h = 0; h < kHeld; ++h) {
          for (int k = 0; k < N; ++k) total.value[k] += held[h].value[k] * per_unit.value[k];
        }
        total = column_sum(total);
        for (int k = 0; k < N; ++k) {
          if (per_unit.value[k] > T(1)) continue;
          pivot.value[k] = total.value[k] / static_cast<T>(count < tile ? count : tile) / per_unit.value[k];
        }
      }
#pragma unroll
      for (int h = 0; h < kHeld; ++h) {
        for (int k = 0; k < N; ++k) {
          const T d = h < n ? (held[h].value[k] - pivot.value[k]) * per_unit.value[k] : T(0);
          sum.value[k] += d;
          squares.value[k] += d * d;
        }
      }
    }
    sum = column_sum(sum);
    squares = column_sum(squares);
    again = false;
    for (int k = 0; k < N; ++k) {
      if (per_unit.value[k] != T(1) || results.in_range(squares.value[k])) continue;
      per_unit.value[k] = 1 / unit_of_squares(squares.value[k]);
      again = true;
    }
  } while (__syncthreads_or(again));
  if (!it.inside || threadIdx.y > 0) return;
  for (int k = 0; k < N; ++k) {
    results.store(it.slot(c) * N + k,
                  MomentsOf<T>::of(count, pivot.value[k], sum.value[k], squares.value[k], 1 / per_unit.value[k]));
  }
}

/// The union of all pieces of a statistic (Chan, Golub and LeVeque 1979): first the mean, then the sum of squares with
/// the contribution of the differences of the means.
template <class T> __global__ void __launch_bounds__(kThreads)
    combine_moments(PartialLayout p, double count, Results<T> results) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kCombineWidth + threadIdx.x;
  const std::int64_t sample = i / p.groups, group = i - sample * p.groups;
  const std::int64_t n = i < p.samples * p.groups ? p.pieces * p.run() : 0;
  const auto for_each_piece = [&](auto&& body) {
#pragma unroll 4
    for (std::int64_t q = threadIdx.y; q < n; q += kCombineHeight) {
      const std::int64_t piece = q / p.columns;  // of a statistic: depth is 1 here
      body(results.partials[(sample * p.pieces + piece) * p.width() + group * p.columns + q - piece * p.columns]);
    }
  };
  using Squares = SquaresOf<T>;
  double sum = 0;
  Squares squares = squares_in<Squares>(1, 0);
  for_each_piece([&](const MomentsOf<T>& m) { sum += m.count * m.mean; });
  const double center = combine_sum(sum) / count;
  for_each_piece(
      [&](const MomentsOf<T>& m) { squares = squares + (m.squares + squared<Squares>(m.mean - center) * m.count); });
  squares = combine_sum(squares);
  if (n > 0 && threadIdx.y == 0) results.finish(i, center, squares, count);
}

template <class T> void find_moments(const NormMomentsArgs& args) {
  const NormLayout& l = args.layout;
  const std::int64_t run = l.depth * l.inner;
  const bool runs = l.rows == 1 || is_long_run<T>(run);
  Results<T> results{args.eps, static_cast<T*>(args.mean), static_cast<T*>(args.variance), static_cast<T*>(args.rstd),
                     nullptr};
  const auto in_two_stages = [&](const PartialLayout& partials, auto&& first_stage) {
    const Scratch<MomentsOf<T>> scratch(partials.size());
    results.partials = scratch.data();
    first_stage();
    launch(combine_moments<T>, combine_blocks(l.statistics()), dim3(kCombineWidth, kCombineHeight), 0, partials,
           static_cast<double>(l.count()), results);
  };
  with_vectors<T>(runs ? run : l.width(), {args.x}, [&]<int N>() {
    const auto* x = static_cast<const Vector<T, N>*>(args.x);
    if (runs) {
      const Sequences s(l.samples, l.rows, l.groups, run / N);
      const auto first_stage = [&] {
        const auto kernel = s.by_warps ? run_moments<T, N, true> : run_moments<T, N, false>;
        launch(kernel, s.blocks(), kThreads, 0, s, x, results);
      };
      if (s.pieces == 1) first_stage();
      else in_two_stages(PartialLayout(l.samples, s.pieces, l.groups, 1, 1), first_stage);
    } else {
      const Columns c = Columns::for_sums(l.samples, l.rows, l.width() / N);
      const auto first_stage = [&] { launch(column_moments<T, N>, c.blocks(), c.block, 0, c, x, results); };
      if (c.pieces == 1 && run == 1) first_stage();
      else in_two_stages(PartialLayout(l.samples, c.pieces, l.groups, 1, run), first_stage);
    }
  });
}

}  // namespace

void norm_forward(const NormForwardArgs& args) {
  const NormMomentsArgs& moments = args.moments;
  const NormLayout& l = moments.layout;
  if (l.statistics() * l.count() == 0) return;
  dispatch<kWideFloating>(moments.dtype, [&]<class T>() {
    if (l.rows == 1 && l.inner == 1 && !args.apply.relu && normalize_rows<T>(args)) return;
    find_moments<T>(moments);
    norm_apply(args.apply);
  });
}

}  // namespace reel::kernels::cuda
