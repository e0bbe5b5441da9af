// Means and variances for normalisation on the CPU, in one pass over memory.

#include <cmath>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/norm/norm_forward_steps.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cpu::normalization {
namespace {

template <class T> struct MomentsKernel {
  const NormLayout layout;
  const T* x;
  const double eps;
  T* mean;
  T* variance;
  T* rstd;

  static constexpr int lanes = 32;

  REEL_VECTOR_CLONES static T run_sum(const T* x, std::int64_t n) {
    T lane[lanes];
    clear_lanes(lane);
    for_lanes<lanes>(
        n, [&](std::int64_t i, int l) __attribute__((always_inline)) { lane[l] += x[i]; });
    return sum_lanes(lane);
  }

  /// The sums of x - pivot and of its square.
  REEL_VECTOR_CLONES static void run_deviations(const T* x, std::int64_t n, T pivot, T* sum, T* sum_squares) {
    T deviations[lanes], squares[lanes];
    clear_lanes(deviations);
    clear_lanes(squares);
    for_lanes<lanes>(
        n, [&](std::int64_t i, int l) __attribute__((always_inline)) {
          const T d = x[i] - pivot;
          deviations[l] += d;
          squares[l] += d * d;
        });
    *sum = sum_lanes(deviations);
    *sum_squares = sum_lanes(squares);
  }

  /// Adds a run of at most a tile. Deviations are taken from a pivot near the mean, whose error `Moments::of` corrects:
  /// the mean so far, if it is of at least as many elements, or else an approximate mean of the run from a pass of its
  /// own. About 0 there is no pivot, and no sum.
  void add_run(const T* run, std::int64_t n, Moments<double>& total) const {
    T sum, squares;
    if (!mean) {
      run_deviations(run, n, T(0), &sum, &squares);
      total = Moments<double>::combine(total, Moments<double>::about_zero(n, squares));
      return;
    }
    const double count = static_cast<double>(n);
    const T pivot = total.count >= count ? static_cast<T>(total.mean) : run_sum(run, n) / static_cast<T>(n);
    run_deviations(run, n, pivot, &sum, &squares);
    total = Moments<double>::combine(total, Moments<double>::of(n, pivot, sum, squares));
  }

  /// Merges a tile into the means and the sums of squared deviations of its columns, which are of `before` rows so far.
  REEL_VECTOR_CLONES static void tile_columns(const T* x, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                                              double before, double* mean, double* squares) {
    alignas(64) T pivot[kTileColumns], sum[kTileColumns], square[kTileColumns];
    const double count = static_cast<double>(rows), fraction = count / (before + count);
    if (before >= count) {  // as in `add_run`
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) pivot[j] = static_cast<T>(mean[j]);
    } else {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) pivot[j] = x[j];
      for (std::int64_t r = 1; r < rows; ++r) {
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) pivot[j] += x[r * stride + j];
      }
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) pivot[j] /= static_cast<T>(rows);
    }
    for (std::int64_t j = 0; j < columns; ++j) sum[j] = square[j] = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) {
        const T d = x[r * stride + j] - pivot[j];
        sum[j] += d;
        square[j] += d * d;
      }
    }
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) {
      const double error = static_cast<double>(sum[j]) / count;  // of the pivot
      const double delta = static_cast<double>(pivot[j]) + error - mean[j];
      mean[j] += delta * fraction;
      squares[j] +=
          static_cast<double>(square[j]) - static_cast<double>(sum[j]) * error + delta * delta * before * fraction;
    }
  }

  template <class S> void store(std::int64_t i, const Moments<S>& m) const {
    const S var = m.squares / m.count;
    if (mean) mean[i] = static_cast<T>(m.mean);
    variance[i] = static_cast<T>(value_of(var));
    rstd[i] = static_cast<T>(1 / root_of(var + squares_in<S>(1, eps)));
  }

  /// Squares below the range matter only if eps, too, is as small.
  void finish(std::int64_t i, Moments<double> m) const {
    m.squares = std::max(m.squares, 0.0);
    const double least = static_cast<double>(SquareRange<T>::least);
    if (m.squares + m.count * eps >= least && std::isfinite(m.squares)) store(i, m);
    else store(i, rescaled(i, m));
  }

  /// The moments of statistic i once more, element by element.
  Moments<ScaledSquares> rescaled(std::int64_t i, const Moments<double>& m) const {
    const std::int64_t run = layout.depth * layout.inner;
    return Moments<ScaledSquares>::rescaled(
        layout.count(), static_cast<T>(m.mean), static_cast<T>(m.squares),
        [&](std::int64_t k) { return x[layout.run_of(i, k / run, 0) * layout.inner + k % run]; }, mean != nullptr);
  }

  /// Statistics that are `rows` contiguous runs each.
  void by_runs(std::int64_t begin, std::int64_t end) const {
    const std::int64_t run = layout.depth * layout.inner;
    for (std::int64_t i = begin; i < end; ++i) {
      Moments<double> total{};
      for (std::int64_t r = 0; r < layout.rows; ++r) {
        const T* start = x + layout.run_of(i, r, 0) * layout.inner;
        for (std::int64_t p = 0; p < run; p += kTile) add_run(start + p, std::min(kTile, run - p), total);
      }
      finish(i, total);
    }
  }

  void by_columns() const {
    const ColumnTiles tiles(layout.rows, layout.width());
    const auto slots = static_cast<std::size_t>(layout.samples * tiles.pieces * tiles.width);
    LineVector<double> means(slots), squares(slots);
    tiles.for_each(layout.samples, [&](std::int64_t sample, std::int64_t piece, std::int64_t column,
                                       std::int64_t columns, std::int64_t first, std::int64_t end) {
      const auto slot = static_cast<std::size_t>((sample * tiles.pieces + piece) * tiles.width + column);
      for (std::int64_t r = first; r < end; r += tiles.tile_rows) {
        tile_columns(x + (sample * layout.rows + r) * tiles.width + column, tiles.width,
                     std::min(tiles.tile_rows, end - r), columns, static_cast<double>(r - first), &means[slot],
                     &squares[slot]);
      }
    });
    const std::int64_t run = layout.depth * layout.inner;
    for (std::int64_t i = 0; i < layout.statistics(); ++i) {
      Moments<double> total{};
      for (std::int64_t piece = 0; piece < tiles.pieces; ++piece) {
        const std::int64_t rows = std::min(tiles.piece_rows, layout.rows - piece * tiles.piece_rows);
        const auto slot = static_cast<std::size_t>((i / layout.groups * tiles.pieces + piece) * tiles.width +
                                                   i % layout.groups * run);
        // The columns have equally many rows, so that their union needs one division.
        double mean_of_means = 0, sum_squares = 0;
        for (std::size_t j = slot; j < slot + static_cast<std::size_t>(run); ++j) mean_of_means += means[j];
        mean_of_means /= static_cast<double>(run);
        for (std::size_t j = slot; j < slot + static_cast<std::size_t>(run); ++j) {
          const double delta = means[j] - mean_of_means;
          sum_squares += squares[j] + delta * delta * static_cast<double>(rows);
        }
        total = Moments<double>::combine(total, {static_cast<double>(rows * run), mean_of_means, sum_squares});
      }
      finish(i, total);
    }
  }
};

template <class Body> void with_moments(const NormMomentsArgs& args, Body&& body) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    body(MomentsKernel<T>{args.layout, static_cast<const T*>(args.x), args.eps, static_cast<T*>(args.mean),
                          static_cast<T*>(args.variance), static_cast<T*>(args.rstd)});
  });
}

}  // namespace

void norm_moments(const NormMomentsArgs& args, std::int64_t begin, std::int64_t end) {
  with_moments(args, [=](const auto& moments) { moments.by_runs(begin, end); });
}

void norm_moments(const NormMomentsArgs& args) {
  const NormLayout& l = args.layout;
  with_moments(args, [&](const auto& moments) {
    if (l.rows > 1 && l.depth * l.inner < kShortRun) return moments.by_columns();
    parallel_for(l.statistics(), statistics_grain(l),
                 [&](std::int64_t begin, std::int64_t end) { moments.by_runs(begin, end); });
  });
}

}  // namespace reel::kernels::cpu::normalization
