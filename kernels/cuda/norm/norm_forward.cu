// The normalisation by a tensor's own statistics: rows that threads can hold at once, others by a reading of memory for
// the means and variances, then `norm_apply`.

#include <reel/kernels/norm.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/norm/norm_rows.h>
#include <reel/kernels/cuda/norm/norm_tiles.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cuda {
namespace {

/// Where the moments go: to the results, or where a piece is not all, to `parts` first.
template <class T> struct Results {
  double eps;
  T* mean;
  T* variance;
  T* rstd;
  Moments* parts;

  __device__ void finish(std::int64_t i, double center, double squares, double count) const {
    const double var = squares / count;
    mean[i] = static_cast<T>(center);
    variance[i] = static_cast<T>(var);
    rstd[i] = static_cast<T>(1 / sqrt(var + eps));
  }
  __device__ void store(std::int64_t i, const Moments& m) const {
    if (parts) parts[i] = m;
    else finish(i, m.mean, m.squares, m.count);
  }
};

// Differences are taken from the mean of the first vectors, which is near enough to that of all: Moments::of makes
// its error good, and no more than some tens of times as many follow in a piece.

template <class T, int N, bool kIsWarp> __global__ void __launch_bounds__(kThreads)
    run_moments(Sequences s, const Vector<T, N>* x, Results<T> results) {
  using Threads = Team<kIsWarp>;
  const std::int64_t tile = kHeld * Threads::size();
  Walk walk(s, Threads::unit(), Threads::rank());
  const std::int64_t count = walk.end - walk.begin;
  T middle = 0, sum[N] = {}, squares[N] = {};
  for (std::int64_t i = walk.begin; i < walk.end; i += tile) {
    Vector<T, N> held[kHeld] = {};
    int n = 0;
#pragma unroll
    for (int h = 0; h < kHeld; ++h, walk.next(s)) {
      if (!walk.inside()) continue;
      held[h] = x[walk.at];
      ++n;
    }
    if (i == walk.begin) {
      T total = 0;
      for (const Vector<T, N>& v : held) {
        for (int k = 0; k < N; ++k) total += v.value[k];
      }
      middle = Threads::sum(total) / static_cast<T>((count < tile ? count : tile) * N);
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = h < n ? held[h].value[k] - middle : T(0);
        sum[k] += d;
        squares[k] += d * d;
      }
    }
  }
  for (int k = 1; k < N; ++k) {
    sum[0] += sum[k];
    squares[0] += squares[k];
  }
  const T all = Threads::sum(sum[0]), all_squares = Threads::sum(squares[0]);
  if (Threads::rank() == 0 && count > 0) {
    results.store(Threads::unit(), Moments::of(count * N, middle, all, all_squares));
  }
}

template <class T, int N> __global__ void __launch_bounds__(kThreads)
    column_moments(Columns c, const Vector<T, N>* x, Results<T> results) {
  const ColumnWalk walk(c);
  const std::int64_t tile = kHeld * static_cast<std::int64_t>(blockDim.y), count = walk.end - walk.begin;
  Vector<T, N> middle = {}, sum = {}, squares = {};
  for (std::int64_t i = walk.begin; i < walk.end; i += tile) {
    Vector<T, N> held[kHeld] = {};
    int n = 0;
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      const std::int64_t row = i + threadIdx.y + h * blockDim.y;
      if (!walk.inside || row >= walk.end) continue;
      held[h] = x[walk.at(c, row)];
      ++n;
    }
    if (i == walk.begin) {
      Vector<T, N> total = held[0];
      for (int h = 1; h < kHeld; ++h) {
        for (int k = 0; k < N; ++k) total.value[k] += held[h].value[k];
      }
      middle = column_sum(total);
      for (int k = 0; k < N; ++k) middle.value[k] /= static_cast<T>(count < tile ? count : tile);
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      for (int k = 0; k < N; ++k) {
        const T d = h < n ? held[h].value[k] - middle.value[k] : T(0);
        sum.value[k] += d;
        squares.value[k] += d * d;
      }
    }
  }
  sum = column_sum(sum);
  squares = column_sum(squares);
  if (!walk.inside || threadIdx.y > 0) return;
  for (int k = 0; k < N; ++k) {
    results.store(walk.slot(c) * N + k, Moments::of(count, middle.value[k], sum.value[k], squares.value[k]));
  }
}

/// The union of all parts of a statistic (Chan, Golub and LeVeque 1979), for many at once: their mean, and then their
/// squares with what the differences of their means add.
template <class T> __global__ void __launch_bounds__(kThreads) join_moments(Parts p, double count, Results<T> results) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kJoinWidth + threadIdx.x;
  const std::int64_t sample = i / p.groups, group = i - sample * p.groups;
  const std::int64_t n = i < p.samples * p.groups ? p.pieces * p.run() : 0;
  const auto for_parts = [&](auto&& body) {
#pragma unroll 4
    for (std::int64_t q = threadIdx.y; q < n; q += kJoinHeight) {
      const std::int64_t piece = q / p.columns;  // of a statistic, which has no depth here
      body(results.parts[(sample * p.pieces + piece) * p.width() + group * p.columns + q - piece * p.columns]);
    }
  };
  double sum = 0, squares = 0;
  for_parts([&](const Moments& m) { sum += m.count * m.mean; });
  const double center = join(sum) / count;
  for_parts([&](const Moments& m) { squares += m.squares + m.count * (m.mean - center) * (m.mean - center); });
  squares = join(squares);
  if (n > 0 && threadIdx.y == 0) results.finish(i, center, squares, count);
}

template <class T> void find_moments(const NormMomentsArgs& args) {
  const NormLayout& l = args.layout;
  const std::int64_t run = l.depth * l.inner;
  const bool runs = l.rows == 1 || is_long_run<T>(run);
  Results<T> results{args.eps, static_cast<T*>(args.mean), static_cast<T*>(args.variance), static_cast<T*>(args.rstd),
                     nullptr};
  const auto in_two_stages = [&](const Parts& parts, auto&& first_stage) {
    const Scratch<Moments> scratch(parts.size());
    results.parts = scratch.get();
    first_stage();
    launch(join_moments<T>, join_blocks(l.statistics()), dim3(kJoinWidth, kJoinHeight), 0, parts,
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
      else in_two_stages(Parts(l.samples, s.pieces, l.groups, 1, 1), first_stage);
    } else {
      const Columns c = Columns::for_sums(l.samples, l.rows, l.width() / N);
      const auto first_stage = [&] { launch(column_moments<T, N>, c.blocks(), c.block, 0, c, x, results); };
      if (c.pieces == 1 && run == 1) first_stage();
      else in_two_stages(Parts(l.samples, c.pieces, l.groups, 1, run), first_stage);
    }
  });
}

}  // namespace

void norm_forward(const NormForwardArgs& args) {
  const NormMomentsArgs& moments = args.moments;
  const NormLayout& l = moments.layout;
  if (l.statistics() * l.count() == 0) return;
  dispatch<kFloating>(moments.dtype, [&]<class T>() {
    if (l.rows == 1 && l.inner == 1 && !args.apply.relu && normalize_rows<T>(args)) return;
    find_moments<T>(moments);
    norm_apply(args.apply);
  });
}

}  // namespace reel::kernels::cuda
