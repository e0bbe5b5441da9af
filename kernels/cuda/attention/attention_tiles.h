#pragma once

#include <limits>

#include <reel/kernels/attention.h>
#include <reel/kernels/copy.h>
#include <reel/kernels/cuda/block.h>
#include <reel/kernels/dropout.h>
#include <reel/kernels/vector_math.h>

/// Square tiles of attention's weights: a block makes one after the other, of which each thread holds 4 x 4 numbers.
namespace reel::kernels::cuda::attentions {

inline constexpr int kCell = 4;    // the side of what a thread holds
inline constexpr int kDepth = 32;  // columns of the factors that are in shared memory at once

// Loops over a thread's numbers are unrolled, so that these stay in registers.

/// What depends on the type of the sums.
template <class T> struct TileOf {
  static constexpr int kTile = sizeof(T) == 8 ? 32 : 64;
  static constexpr int kSide = kTile / kCell, kThreads = kSide * kSide;
  static constexpr int kFactor = kTile * (kDepth + 1), kWeights = kTile * (kTile + 1);
  /// The numbers of the two factors of a product, or then of the weights.
  static constexpr int kShared = 2 * kFactor > kWeights ? 2 * kFactor : kWeights;

  /// The row and the column of a thread's number [i][j]. Neighbours have neighbouring columns.
  static __device__ int row(int i) { return static_cast<int>(threadIdx.x) / kSide + i * kSide; }
  static __device__ int column(int j) { return static_cast<int>(threadIdx.x) % kSide + j * kSide; }
  /// Where a weight lies in shared memory.
  static __device__ int weight(int row, int column) { return row * (kTile + 1) + column; }
};

template <class T> using Cells = T[kCell][kCell];

/// Some rows of a matrix of S.
template <class S> struct Rows {
  const S* data;
  std::int64_t step;
  int count;  // up to a tile's

  /// The rows from `first` on, of `all` rows of a head's matrix.
  __device__ Rows(const HeadMatrices& x, const Heads& heads, std::int64_t head, std::int64_t first, std::int64_t all,
                  int most)
      : data(static_cast<const S*>(x.data) + x.offset(heads, head) + first * x.row),
        step(x.row),
        count(static_cast<int>(all - first < most ? all - first : most)) {}
};

/// Copies `columns` of the rows into shared memory, times a factor; zeros around them.
template <class S, class T>
__device__ void load(const Rows<S>& rows, std::int64_t first, int columns, int width, int stride, T factor, T* to) {
  for (int i = static_cast<int>(threadIdx.x); i < TileOf<T>::kTile * width; i += TileOf<T>::kThreads) {
    const int r = i / width, c = i % width;
    const bool inside = r < rows.count && c < columns;
    to[r * stride + c] = inside ? convert<T>(rows.data[r * rows.step + first + c]) * factor : T(0);
  }
}

/// cells += x y^T.
template <class T> __device__ void add_outer(const T (&x)[kCell], const T (&y)[kCell], Cells<T>& cells) {
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
#pragma unroll
    for (int j = 0; j < kCell; ++j) cells[i][j] += x[i] * y[j];
  }
}

/// cells += factor * a b^T for rows of `width` numbers.
template <class S, class T> __device__ void add_products(const Rows<S>& a, const Rows<S>& b, std::int64_t width,
                                                         T factor, T* shared, Cells<T>& cells) {
  using Tile = TileOf<T>;
  T* right = shared + Tile::kFactor;
  for (std::int64_t first = 0; first < width; first += kDepth) {
    const int columns = static_cast<int>(width - first < kDepth ? width - first : kDepth);
    load(a, first, columns, kDepth, kDepth + 1, factor, shared);
    load(b, first, columns, kDepth, kDepth + 1, T(1), right);
    __syncthreads();
    for (int d = 0; d < kDepth; ++d) {
      T x[kCell], y[kCell];
#pragma unroll
      for (int i = 0; i < kCell; ++i) {
        x[i] = shared[Tile::row(i) * (kDepth + 1) + d];
        y[i] = right[Tile::column(i) * (kDepth + 1) + d];
      }
      add_outer(x, y, cells);
    }
    __syncthreads();
  }
}

/// cells += weights x, for a tile of weights in shared memory and the columns of x from `first` on, which come there.
template <class S, class T> __device__ void add_weighted(const T* weights, const Rows<S>& x, std::int64_t first,
                                                         std::int64_t width, T* shared, Cells<T>& cells) {
  using Tile = TileOf<T>;
  const int columns = static_cast<int>(width - first < Tile::kTile ? width - first : Tile::kTile);
  load(x, first, columns, Tile::kTile, Tile::kTile, T(1), shared);
  __syncthreads();
  for (int k = 0; k < x.count; ++k) {
    T left[kCell], right[kCell];
#pragma unroll
    for (int i = 0; i < kCell; ++i) {
      left[i] = weights[Tile::weight(Tile::row(i), k)];
      right[i] = shared[k * Tile::kTile + Tile::column(i)];
    }
    add_outer(left, right, cells);
  }
  __syncthreads();
}

/// Stores columns from `first` on of some rows of a head's matrix, of which `all` are there.
template <class S, class T> __device__ void store(const HeadMatrices& x, const Heads& heads, std::int64_t head,
                                                  std::int64_t first_row, std::int64_t all, std::int64_t first,
                                                  std::int64_t width, T factor, const Cells<T>& cells) {
  S* data = static_cast<S*>(x.data) + x.offset(heads, head);
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
#pragma unroll
    for (int j = 0; j < kCell; ++j) {
      const std::int64_t row = first_row + TileOf<T>::row(i), column = first + TileOf<T>::column(j);
      if (row < all && column < width) data[row * x.row + column] = convert<S>(cells[i][j] * factor);
    }
  }
}

/// A tile of weights among all of a head.
struct TilePlace {
  std::int64_t head, row, key;
};

/// The scores of a tile: the products with the mask, minus infinity for what is excluded or not there.
template <class S, class T>
__device__ void make_scores(const AttentionArgs& args, const TilePlace& at, T* shared, Cells<T>& scores) {
  using Tile = TileOf<T>;
#pragma unroll
  for (int i = 0; i < kCell * kCell; ++i) scores[i / kCell][i % kCell] = 0;
  add_products(Rows<S>(args.query, args.heads, at.head, at.row, args.queries, Tile::kTile),
               Rows<S>(args.key, args.heads, at.head, at.key, args.keys, Tile::kTile), args.width,
               static_cast<T>(args.scale), shared, scores);
  const std::int64_t mask = args.mask.data ? args.mask.offset(args.heads, at.head) : 0;
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
#pragma unroll
    for (int j = 0; j < kCell; ++j) {
      const std::int64_t row = at.row + Tile::row(i), key = at.key + Tile::column(j);
      bool seen = row < args.queries && key < args.keys && (!args.is_causal || key <= row);
      if (seen && args.mask.data) {
        const std::int64_t place = mask + row * args.mask.row + key * args.mask.column;
        if (args.boolean_mask) seen = static_cast<const bool*>(args.mask.data)[place];
        else scores[i][j] += convert<T>(static_cast<const S*>(args.mask.data)[place]);
      }
      if (!seen) scores[i][j] = -std::numeric_limits<T>::infinity();
    }
  }
}

/// Dropout's factor of a thread's weight [i][j].
template <class T> __device__ T weight_factor(const AttentionArgs& args, const TilePlace& at, int i, int j) {
  if (args.dropout_threshold == 0) return T(1);
  const std::int64_t row = at.row + TileOf<T>::row(i), key = at.key + TileOf<T>::column(j);
  const auto number = static_cast<std::uint64_t>((at.head * args.queries + row) * args.keys + key);
  const Philox random(args.dropout_state.current(), number / 4);
  return dropout_factor(random.word[number % 4], args.dropout_threshold, static_cast<T>(args.dropout_scale));
}

}  // namespace reel::kernels::cuda::attentions
