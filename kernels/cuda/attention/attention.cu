// Attention on the GPU: a block makes the results of a tile of queries.

#include <reel/kernels/attention.h>

#include <reel/kernels/cuda/attention/attention_tiles.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

using namespace attentions;

/// Combines the numbers of the threads that share a row.
template <class T, class Combine> __device__ T row_reduce(T value, Combine combine) {
  for (int offset = TileOf<T>::kSide / 2; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kFullMask, value, offset));
  }
  return value;
}

struct Larger {
  template <class T> __device__ T operator()(T a, T b) const { return a > b ? a : b; }
};

/// The running maximum and sum of a thread's rows.
template <class T> struct RowSums {
  T largest[kCell], sum[kCell];

  __device__ RowSums() {
#pragma unroll
    for (int i = 0; i < kCell; ++i) largest[i] = -std::numeric_limits<T>::infinity(), sum[i] = 0;
  }

  /// Makes row i of scores their exponentials; by the result what was summed before shrinks.
  __device__ T add(int i, T (&scores)[kCell]) {
    T most = largest[i];
#pragma unroll
    for (int j = 0; j < kCell; ++j) most = Larger()(scores[j], most);
    most = row_reduce(most, Larger());
    const T shift = most > -std::numeric_limits<T>::infinity() ? most : T(0);  // while there is no key
    T part = 0;
#pragma unroll
    for (int j = 0; j < kCell; ++j) part += scores[j] = math::exp(scores[j] - shift);
    const T factor = math::exp(largest[i] - shift);
    sum[i] = sum[i] * factor + row_reduce(part, Plus());
    largest[i] = most;
    return factor;
  }
  /// The logarithm of the sum of exponentials; infinity of no keys.
  __device__ T log_sum(int i) const {
    return sum[i] == 0 ? std::numeric_limits<T>::infinity() : largest[i] + math::log(sum[i]);
  }
};

/// A tile of rows and one of columns of the result.
template <class S> __global__ void __launch_bounds__(TileOf<AttentionSum<S>>::kThreads, 1)
    attend(AttentionArgs args, std::int64_t row_tiles, std::int64_t column_tiles) {
  using T = AttentionSum<S>;
  using Tile = TileOf<T>;
  __shared__ T weights[Tile::kShared];
  __shared__ T values[Tile::kTile * Tile::kTile];
  const std::int64_t block = blockIdx.x, first = block % column_tiles * Tile::kTile;
  const std::int64_t head = block / column_tiles / row_tiles, row = block / column_tiles % row_tiles * Tile::kTile;
  const std::int64_t seen = args.is_causal && row + Tile::kTile < args.keys ? row + Tile::kTile : args.keys;
  RowSums<T> sums;
  Cells<T> out = {}, scores;
  for (std::int64_t key = 0; key < seen; key += Tile::kTile) {
    const TilePlace at{head, row, key};
    make_scores<S>(args, at, weights, scores);
#pragma unroll
    for (int i = 0; i < kCell; ++i) {
      const T factor = sums.add(i, scores[i]);
#pragma unroll
      for (int j = 0; j < kCell; ++j) {
        out[i][j] *= factor;
        weights[Tile::weight(Tile::row(i), Tile::column(j))] = scores[i][j] * weight_factor<T>(args, at, i, j);
      }
    }
    add_weighted(weights, Rows<S>(args.value, args.heads, head, key, args.keys, Tile::kTile), first, args.value_width,
                 values, out);
  }
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
    const T factor = sums.sum[i] == 0 ? T(0) : 1 / sums.sum[i];
#pragma unroll
    for (int j = 0; j < kCell; ++j) out[i][j] *= factor;
    const std::int64_t query = row + Tile::row(i);
    if (first == 0 && Tile::column(0) == 0 && query < args.queries) {
      static_cast<T*>(args.log_sums)[head * args.queries + query] = sums.log_sum(i);
    }
  }
  store<S>(args.out, args.heads, head, row, args.queries, first, args.value_width, T(1), out);
}

}  // namespace

void attention(const AttentionArgs& args) {
  if (args.heads.count * args.queries == 0) return;
  dispatch<kFloating>(args.dtype, [&]<class S>() {
    using Tile = TileOf<AttentionSum<S>>;
    const std::int64_t row_tiles = divide_up(args.queries, Tile::kTile);
    const std::int64_t column_tiles = std::max<std::int64_t>(1, divide_up(args.value_width, Tile::kTile));
    launch(attend<S>, blocks_for(args.heads.count * row_tiles * column_tiles, 1), Tile::kThreads, 0, args, row_tiles,
           column_tiles);
  });
}

}  // namespace reel::kernels::cuda
