#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/norm.h>
#include <reel/kernels/vector_math.h>

/// How the normalisation kernels traverse memory. Sums have the tensor's precision inside a tile, which stays in the
/// cache, and double precision across tiles. The partition of the work depends on the shape alone.
namespace reel::kernels::cpu::normalization {

/// Runs of contiguous elements that are shorter than this are processed as columns, many side by side.
inline constexpr std::int64_t kShortRun = 64;
/// Elements of a tile: in f32 it fits the first-level cache.
inline constexpr std::int64_t kTile = 8192;
/// The most columns of a tile.
inline constexpr std::int64_t kTileColumns = 256;

/// Whether the elements of a statistic form long contiguous runs with one weight each, or, as in layer norm, one run
/// with a weight for each element. Otherwise they are processed as columns.
inline bool in_runs(const NormLayout& l) { return l.inner >= kShortRun || (l.rows == 1 && l.inner == 1); }

/// Whether statistics in runs are best finished one after the other: the elements of one, `bytes` each, are still in
/// the core's own cache when they are read again, and there are enough statistics for all threads. Results are the
/// same.
inline bool one_by_one(const NormLayout& l, std::size_t bytes) {
  constexpr std::int64_t cached = 512 * 1024;
  return l.count() * static_cast<std::int64_t>(bytes) <= cached && l.statistics() >= 4 * num_threads();
}

/// Prefetches n elements that will be written later. The store queue alone is too short to keep memory busy meanwhile:
/// this saves a quarter of the time of layer norm with rows of 4 KB.
template <class T> void prefetch_for_writing(const T* to, std::int64_t n) {
  constexpr std::int64_t line = 64 / sizeof(T);
  for (std::int64_t i = 0; i < n; i += line) __builtin_prefetch(to + i, 1);
}

/// The least number of statistics per thread.
inline std::int64_t statistics_grain(const NormLayout& l) { return std::max<std::int64_t>(1, kGrain / l.count()); }

/// Partition of a matrix [rows, width]: strips of columns times pieces of rows, each of which is a sequence of tiles.
struct ColumnTiles {
  std::int64_t rows, width, tile_rows, piece_rows, pieces, strips;

  ColumnTiles(std::int64_t row_count, std::int64_t row_width)
      : rows(row_count),
        width(row_width),
        tile_rows(std::clamp<std::int64_t>(kTile / std::min(row_width, kTileColumns), 16, 256)),
        piece_rows((std::max((row_count + 31) / 32, tile_rows) + tile_rows - 1) / tile_rows * tile_rows),
        pieces((row_count + piece_rows - 1) / piece_rows),
        strips((row_width + kTileColumns - 1) / kTileColumns) {}

  /// Calls `body(sample, piece, first_column, columns, first_row, end_row)`.
  template <class Body> void for_each(std::int64_t samples, Body&& body) const {
    const std::int64_t grain =
        std::max<std::int64_t>(1, kGrain / (std::min(rows, piece_rows) * std::min(width, kTileColumns)));
    parallel_for(samples * pieces * strips, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t strip = unit % strips, piece = unit / strips % pieces, sample = unit / strips / pieces;
        body(sample, piece, strip * kTileColumns, std::min(kTileColumns, width - strip * kTileColumns),
             piece * piece_rows, std::min(rows, (piece + 1) * piece_rows));
      }
    });
  }
};

}  // namespace reel::kernels::cpu::normalization
