#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <reel/kernels/announce.h>
#include <reel/kernels/cpu/parallel.h>

/// The loops that the CPU's reductions of a block [outer, n, inner] share. A reduction is an object with
///   In, State                   the elements, and the result of a piece;
///   Total                       what results of pieces are combined in, made from State: of f32 sums it is f64;
///   row(x, n, first)            the partial result of n contiguous elements, of which the first has index `first`;
///   columns(x, rows, stride, width, first, out)    the same for `width` neighbouring columns;
///   combine(a, b)               of the Totals of an earlier and a later part;
///   store(i, result)            writes result i, a State or a Total (or `out`, an array of State that takes the
///   results
///                               of single pieces directly);
///   kTile, kRows                columns and rows of one piece, so that it fits the cache if it is read twice.
/// The pieces of a sum, and the order in which they are combined, do not depend on the number of threads. The rounding
/// error of f32 sums is that of one piece, however many there are.
namespace reel::kernels::cpu::reduction {

/// Elements of one piece of a row.
inline constexpr std::int64_t kPiece = 4096;

template <class A>
concept WritesDirectly = requires(const A a, typename A::State* p) {
  p = a.out;
};

/// How a block with n > 0 is reduced, for columns that are cut into pieces of `piece_rows` rows. The rows of few long
/// ones are cut as well, so that threads can share them.
constexpr ReduceAlgorithm choose(std::int64_t outer, std::int64_t n, std::int64_t inner, std::int64_t piece_rows) {
  if (inner == 1) return outer >= 16 || n <= 7 * kPiece ? ReduceAlgorithm::rows : ReduceAlgorithm::split_rows;
  return n <= piece_rows ? ReduceAlgorithm::columns : ReduceAlgorithm::split_columns;
}

/// Writes result i from those of its `pieces` > 0 pieces, which are `part(p)`.
template <class A, class Part> void store_combined(const A& a, std::int64_t i, std::int64_t pieces, const Part& part) {
  const auto first = part(0);
  if (pieces == 1) return a.store(i, first);
  auto total = static_cast<typename A::Total>(first);
  for (std::int64_t p = 1; p < pieces; ++p) total = a.combine(total, static_cast<typename A::Total>(part(p)));
  a.store(i, total);
}

/// Rows and their pieces.
template <class A> class RowLoops {
 public:
  RowLoops(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n)
      : a_(a), x_(x), outer_(outer), n_(n), pieces_((n + kPiece - 1) / kPiece) {}

  /// Each row by one thread.
  void run_whole() const {
    parallel_for(outer_, std::max<std::int64_t>(1, kGrain / n_), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) {
        store_combined(a_, o, pieces_, [&](std::int64_t p) { return part(o, p); });
      }
    });
  }

  /// The pieces are the parallel work.
  void run_split() const {
    const auto parts = std::make_unique_for_overwrite<State[]>(static_cast<std::size_t>(outer_ * pieces_));
    parallel_for(outer_ * pieces_, kGrain / kPiece, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) parts[i] = part(i / pieces_, i % pieces_);
    });
    for (std::int64_t o = 0; o < outer_; ++o) {
      store_combined(a_, o, pieces_, [&](std::int64_t p) { return parts[o * pieces_ + p]; });
    }
  }

 private:
  using State = typename A::State;

  State part(std::int64_t row, std::int64_t piece) const {
    return a_.row(x_ + row * n_ + piece * kPiece, std::min(kPiece, n_ - piece * kPiece), piece * kPiece);
  }

  const A& a_;
  const typename A::In* x_;
  std::int64_t outer_, n_, pieces_;
};

/// How many columns a tile has of `inner`, with so many rows and so many tiles above one another: as many as its cache
/// allows, but where that leaves few tiles for the threads a share of them that is worth one.
inline std::int64_t tile_width(std::int64_t most, std::int64_t inner, std::int64_t rows, std::int64_t tiles_high) {
  constexpr std::int64_t lanes = 64;
  const std::int64_t threads = num_threads(), wanted = threads == 1 ? 1 : 2 * threads;
  const std::int64_t share = inner * tiles_high / wanted / lanes * lanes;
  return std::min(most, std::max({share, lanes, (kGrain + rows - 1) / rows}));
}

/// Columns, in tiles of neighbouring ones, and the pieces of these.
template <class A> class ColumnLoops {
 public:
  ColumnLoops(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n, std::int64_t inner)
      : a_(a),
        x_(x),
        outer_(outer),
        n_(n),
        inner_(inner),
        pieces_((n + A::kRows - 1) / A::kRows),
        width_(tile_width(A::kTile, inner, std::min(n, A::kRows), outer * pieces_)),
        tiles_((inner + width_ - 1) / width_) {}

  /// Each tile by one thread, in one piece.
  void run_whole() const {
    parallel_for(outer_ * tiles_, grain(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t o = unit / tiles_, t = unit % tiles_, at = o * inner_ + t * width_;
        if constexpr (WritesDirectly<A>) {
          part(o, 0, t, a_.out + at);
        } else {
          alignas(64) State tile[A::kTile];
          part(o, 0, t, tile);
          for (std::int64_t j = 0; j < std::min(width_, inner_ - t * width_); ++j) a_.store(at + j, tile[j]);
        }
      }
    });
  }

  /// The pieces are the parallel work.
  void run_split() const {
    const auto parts = std::make_unique_for_overwrite<State[]>(static_cast<std::size_t>(outer_ * pieces_ * inner_));
    parallel_for(outer_ * pieces_ * tiles_, grain(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t t = unit % tiles_, row = unit / tiles_;  // row o * pieces + p of the partial results
        part(row / pieces_, row % pieces_, t, &parts[row * inner_ + t * width_]);
      }
    });
    parallel_for(outer_ * inner_, std::max<std::int64_t>(1, kGrain / pieces_),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const State* column = &parts[i / inner_ * pieces_ * inner_ + i % inner_];
                     store_combined(a_, i, pieces_, [&](std::int64_t p) { return column[p * inner_]; });
                   }
                 });
  }

 private:
  using State = typename A::State;

  void part(std::int64_t o, std::int64_t piece, std::int64_t tile, State* out) const {
    const std::int64_t first = piece * A::kRows, j = tile * width_;
    a_.columns(x_ + (o * n_ + first) * inner_ + j, std::min(A::kRows, n_ - first), inner_, std::min(width_, inner_ - j),
               first, out);
  }
  std::int64_t grain() const {
    return std::max<std::int64_t>(1, kGrain / (std::min(n_, A::kRows) * std::min(inner_, width_)));
  }

  const A& a_;
  const typename A::In* x_;
  std::int64_t outer_, n_, inner_, pieces_, width_, tiles_;
};

/// Reduces a block with n > 0.
template <class A>
void reduce_block(const A& a, const typename A::In* x, std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (outer * inner == 0) return;
  const ReduceAlgorithm algorithm = choose(outer, n, inner, A::kRows);
  announce(dtype_of<typename A::In>, outer, n, inner, algorithm);
  switch (algorithm) {
    case ReduceAlgorithm::rows:
      return RowLoops<A>(a, x, outer, n).run_whole();
    case ReduceAlgorithm::split_rows:
      return RowLoops<A>(a, x, outer, n).run_split();
    case ReduceAlgorithm::columns:
      return ColumnLoops<A>(a, x, outer, n, inner).run_whole();
    case ReduceAlgorithm::split_columns:
      return ColumnLoops<A>(a, x, outer, n, inner).run_split();
  }
}

}  // namespace reel::kernels::cpu::reduction
