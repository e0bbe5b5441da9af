#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/norm.h>
#include <reel/kernels/vector_math.h>

/// How the normalisation kernels walk through memory. Sums run in the tensor's own precision inside a tile that stays
/// in the cache, and in double from tile to tile; how the work is cut depends on the shape alone.
namespace reel::kernels::cpu {

/// Shorter runs than this are taken as columns, side by side in vector registers.
inline constexpr std::int64_t kShortRun = 64;
/// Elements of a tile: in f32 it fits the first-level cache.
inline constexpr std::int64_t kTile = 8192;
/// Columns of a tile.
inline constexpr std::int64_t kStrip = 256;

/// Whether the elements of a statistic lie in runs that are worth walking along, each with one weight, or as in layer
/// norm are one run, with a weight for each.
inline bool in_runs(const NormLayout& l) { return l.inner >= kShortRun || (l.rows == 1 && l.inner == 1); }

/// Whether the statistics, which lie in runs, are best worked on one by one: what is read of one, `bytes` an element,
/// is in the core's own cache when it is read again, and there are enough of them for all threads. Results are the
/// same.
inline bool one_by_one(const NormLayout& l, std::size_t bytes) {
  constexpr std::int64_t cached = 512 * 1024;
  return l.count() * static_cast<std::int64_t>(bytes) <= cached && l.statistics() >= 4 * num_threads();
}

/// Fetches `n` elements that are written after others have been read: stores alone do not run so far ahead that memory
/// has something to do meanwhile. Rows of layer norm of 4 KB take a quarter less time.
template <class T> void prefetch_for_writing(const T* to, std::int64_t n) {
  constexpr std::int64_t line = 64 / sizeof(T);
  for (std::int64_t i = 0; i < n; i += line) __builtin_prefetch(to + i, 1);
}

/// The statistics that one thread has at least.
inline std::int64_t statistics_grain(const NormLayout& l) { return std::max<std::int64_t>(1, kGrain / l.count()); }

/// A matrix [rows, width] as parallel work: strips of columns, pieces of rows, each piece a sequence of tiles.
struct ColumnTiles {
  std::int64_t rows, width, tile_rows, piece_rows, pieces, strips;

  ColumnTiles(std::int64_t row_count, std::int64_t row_width)
      : rows(row_count),
        width(row_width),
        tile_rows(std::clamp<std::int64_t>(kTile / std::min(row_width, kStrip), 16, 256)),
        piece_rows((std::max((row_count + 31) / 32, tile_rows) + tile_rows - 1) / tile_rows * tile_rows),
        pieces((row_count + piece_rows - 1) / piece_rows),
        strips((row_width + kStrip - 1) / kStrip) {}

  /// Calls `body(sample, piece, first_column, columns, first_row, end_row)`.
  template <class Body> void for_each(std::int64_t samples, Body&& body) const {
    const std::int64_t grain =
        std::max<std::int64_t>(1, kGrain / (std::min(rows, piece_rows) * std::min(width, kStrip)));
    parallel_for(samples * pieces * strips, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t strip = unit % strips, piece = unit / strips % pieces, sample = unit / strips / pieces;
        body(sample, piece, strip * kStrip, std::min(kStrip, width - strip * kStrip), piece * piece_rows,
             std::min(rows, (piece + 1) * piece_rows));
      }
    });
  }
};

}  // namespace reel::kernels::cpu
