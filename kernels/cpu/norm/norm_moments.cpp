// The means and variances that normalisations need, in one reading of memory.

#include <cmath>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/norm/norm_passes.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cpu {
namespace {

template <class T> struct MomentsOf {
  const NormLayout l;
  const T* x;
  const double eps;
  T* mean;
  T* variance;
  T* rstd;

  static constexpr int lanes = 32;

  REEL_VECTOR_CLONES static T run_sum(const T* x, std::int64_t n) {
    T lane[lanes];
    clear_lanes(lane);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) lane[j] += x[i + j];
    }
    for (int j = 0; i + j < n; ++j) lane[j] += x[i + j];
    return sum_lanes(lane);
  }

  /// The sums of x - middle and of its square.
  REEL_VECTOR_CLONES static void run_deviations(const T* x, std::int64_t n, T middle, T* sum, T* square) {
    T d1[lanes], d2[lanes];
    clear_lanes(d1);
    clear_lanes(d2);
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const T d = x[i + j] - middle;
        d1[j] += d;
        d2[j] += d * d;
      }
    }
    for (int j = 0; i + j < n; ++j) {
      const T d = x[i + j] - middle;
      d1[j] += d;
      d2[j] += d * d;
    }
    *sum = sum_lanes(d1);
    *square = sum_lanes(d2);
  }

  /// Adds a run of at most a tile. Deviations are taken from a middle that need not be the mean, for its error is then
  /// known and taken out: the mean so far, which no more elements than before can be too far from to matter, or for
  /// the first run an approximate mean, from a pass of its own.
  static void add_run(const T* x, std::int64_t n, Moments& total) {
    T sum, square;
    const double count = static_cast<double>(n);
    const T middle = total.count >= count ? static_cast<T>(total.mean) : run_sum(x, n) / static_cast<T>(n);
    run_deviations(x, n, middle, &sum, &square);
    total = Moments::combine(total, Moments::of(n, middle, sum, square));
  }

  /// The tile's means and squared deviations of each column, joined to what is known of the columns so far.
  REEL_VECTOR_CLONES static void tile_columns(const T* x, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                                              double before, double* mean, double* m2) {
    alignas(64) T middle[kStrip], sum[kStrip], square[kStrip];
    const double count = static_cast<double>(rows), share = count / (before + count);
    if (before >= count) {  // as in `add_run`
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) middle[j] = static_cast<T>(mean[j]);
    } else {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) middle[j] = x[j];
      for (std::int64_t r = 1; r < rows; ++r) {
#pragma omp simd
        for (std::int64_t j = 0; j < columns; ++j) middle[j] += x[r * stride + j];
      }
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) middle[j] /= static_cast<T>(rows);
    }
    for (std::int64_t j = 0; j < columns; ++j) sum[j] = square[j] = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) {
        const T d = x[r * stride + j] - middle[j];
        sum[j] += d;
        square[j] += d * d;
      }
    }
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) {
      const double error = static_cast<double>(sum[j]) / count;  // of the middle
      const double delta = static_cast<double>(middle[j]) + error - mean[j];
      mean[j] += delta * share;
      m2[j] += static_cast<double>(square[j]) - static_cast<double>(sum[j]) * error + delta * delta * before * share;
    }
  }

  void finish(std::int64_t i, const Moments& m) const {
    const double var = std::max(m.squares / m.count, 0.0);
    mean[i] = static_cast<T>(m.mean);
    variance[i] = static_cast<T>(var);
    rstd[i] = static_cast<T>(1 / std::sqrt(var + eps));
  }

  /// Statistics that are `rows` contiguous runs each.
  void by_runs(std::int64_t begin, std::int64_t end) const {
    const std::int64_t run = l.depth * l.inner;
    for (std::int64_t i = begin; i < end; ++i) {
      Moments total{};
      for (std::int64_t r = 0; r < l.rows; ++r) {
        const T* start = x + l.run_of(i, r, 0) * l.inner;
        for (std::int64_t p = 0; p < run; p += kTile) add_run(start + p, std::min(kTile, run - p), total);
      }
      finish(i, total);
    }
  }

  void by_columns() const {
    const ColumnTiles tiles(l.rows, l.width());
    const auto slots = static_cast<std::size_t>(l.samples * tiles.pieces * tiles.width);
    LineVector<double> means(slots), m2s(slots);
    tiles.for_each(l.samples, [&](std::int64_t sample, std::int64_t piece, std::int64_t column, std::int64_t columns,
                                  std::int64_t first, std::int64_t end) {
      const auto slot = static_cast<std::size_t>((sample * tiles.pieces + piece) * tiles.width + column);
      for (std::int64_t r = first; r < end; r += tiles.tile_rows) {
        tile_columns(x + (sample * l.rows + r) * tiles.width + column, tiles.width, std::min(tiles.tile_rows, end - r),
                     columns, static_cast<double>(r - first), &means[slot], &m2s[slot]);
      }
    });
    const std::int64_t run = l.depth * l.inner;
    for (std::int64_t i = 0; i < l.statistics(); ++i) {
      Moments total{};
      for (std::int64_t piece = 0; piece < tiles.pieces; ++piece) {
        const std::int64_t rows = std::min(tiles.piece_rows, l.rows - piece * tiles.piece_rows);
        const auto slot =
            static_cast<std::size_t>((i / l.groups * tiles.pieces + piece) * tiles.width + i % l.groups * run);
        // Columns of equally many rows: their union needs one division.
        double mid = 0, m2 = 0;
        for (std::size_t j = slot; j < slot + static_cast<std::size_t>(run); ++j) mid += means[j];
        mid /= static_cast<double>(run);
        for (std::size_t j = slot; j < slot + static_cast<std::size_t>(run); ++j) {
          m2 += m2s[j] + (means[j] - mid) * (means[j] - mid) * static_cast<double>(rows);
        }
        total = Moments::combine(total, {static_cast<double>(rows * run), mid, m2});
      }
      finish(i, total);
    }
  }
};

template <class Body> void with_moments(const NormMomentsArgs& args, Body&& body) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    body(MomentsOf<T>{args.layout, static_cast<const T*>(args.x), args.eps, static_cast<T*>(args.mean),
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

}  // namespace reel::kernels::cpu
