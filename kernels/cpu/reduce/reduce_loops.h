#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <reel/kernels/cpu/parallel.h>

/// The loops that the CPU's reductions of a block [outer, n, inner] share. A reduction is an object with
///   In, State                   the elements, and a partial result;
///   row(x, n, first)            the partial result of n contiguous elements, of which the first has index `first`;
///   columns(x, rows, stride, width, first, out)    the same for `width` neighbouring columns;
///   combine(a, b)               of an earlier and a later part;
///   store(i, state)             writes result i (or `out`, an array of State that takes the results directly);
///   kTile, kRows                columns and rows of one piece, so that it fits the cache if it is read twice.
/// The pieces of a sum, and the order in which they are combined, do not depend on the number of threads; they also
/// bound the rounding error of f32 sums.
namespace reel::kernels::cpu {

/// Elements of one piece of a row.
inline constexpr std::int64_t kPiece = 4096;

template <class A>
concept WritesDirectly = requires(const A a, typename A::State* p) {
  p = a.out;
};

template <class A> void reduce_rows(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n) {
  using State = typename A::State;
  const std::int64_t pieces = (n + kPiece - 1) / kPiece;
  const auto part = [&](std::int64_t o, std::int64_t p) {
    return a.row(x + o * n + p * kPiece, std::min(kPiece, n - p * kPiece), p * kPiece);
  };
  if (outer >= 16 || pieces < 8) {
    parallel_for(outer, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) {
        State total = part(o, 0);
        for (std::int64_t p = 1; p < pieces; ++p) total = a.combine(total, part(o, p));
        a.store(o, total);
      }
    });
    return;
  }
  // Few long rows: the pieces of one row are the parallel work.
  const auto parts = std::make_unique_for_overwrite<State[]>(static_cast<std::size_t>(outer * pieces));
  parallel_for(outer * pieces, kGrain / kPiece, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) parts[i] = part(i / pieces, i % pieces);
  });
  for (std::int64_t o = 0; o < outer; ++o) {
    State total = parts[o * pieces];
    for (std::int64_t p = 1; p < pieces; ++p) total = a.combine(total, parts[o * pieces + p]);
    a.store(o, total);
  }
}

/// How many columns a tile has of `inner`, with so many rows and so many tiles above one another: as many as its cache
/// allows, but where that leaves few tiles for the threads a share of them that is worth one.
inline std::int64_t tile_width(std::int64_t most, std::int64_t inner, std::int64_t rows, std::int64_t tiles_high) {
  constexpr std::int64_t lanes = 64;
  const std::int64_t threads = num_threads(), wanted = threads == 1 ? 1 : 2 * threads;
  const std::int64_t share = inner * tiles_high / wanted / lanes * lanes;
  return std::min(most, std::max({share, lanes, (kGrain + rows - 1) / rows}));
}

template <class A>
void reduce_columns(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  using State = typename A::State;
  const std::int64_t pieces = (n + A::kRows - 1) / A::kRows;
  const std::int64_t width = tile_width(A::kTile, inner, std::min(n, A::kRows), outer * pieces);
  const std::int64_t tiles = (inner + width - 1) / width;
  const auto part = [&](std::int64_t o, std::int64_t p, std::int64_t t, State* out) {
    const std::int64_t first = p * A::kRows, j = t * width;
    a.columns(x + (o * n + first) * inner + j, std::min(A::kRows, n - first), inner, std::min(width, inner - j), first,
              out);
  };
  const std::int64_t work = std::min(n, A::kRows) * std::min(inner, width);
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / work);
  if (pieces == 1) {
    parallel_for(outer * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t o = unit / tiles, t = unit % tiles, at = o * inner + t * width;
        if constexpr (WritesDirectly<A>) {
          part(o, 0, t, a.out + at);
        } else {
          alignas(64) State tile[A::kTile];
          part(o, 0, t, tile);
          for (std::int64_t j = 0; j < std::min(width, inner - t * width); ++j) a.store(at + j, tile[j]);
        }
      }
    });
    return;
  }
  const auto parts = std::make_unique_for_overwrite<State[]>(static_cast<std::size_t>(outer * pieces * inner));
  parallel_for(outer * pieces * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t t = unit % tiles, row = unit / tiles;  // row o * pieces + p of the partial results
      part(row / pieces, row % pieces, t, &parts[row * inner + t * width]);
    }
  });
  parallel_for(outer * inner, std::max<std::int64_t>(1, kGrain / pieces), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const State* column = &parts[i / inner * pieces * inner + i % inner];
      State total = column[0];
      for (std::int64_t p = 1; p < pieces; ++p) total = a.combine(total, column[p * inner]);
      a.store(i, total);
    }
  });
}

/// Reduces a block with n > 0.
template <class A>
void reduce_block(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (outer * inner == 0) return;
  if (inner == 1) reduce_rows(a, x, outer, n);
  else reduce_columns(a, x, outer, n, inner);
}

}  // namespace reel::kernels::cpu
