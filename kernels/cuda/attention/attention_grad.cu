// The gradients of attention on the GPU. A block makes a tile of one gradient and goes through all weights that it is
// summed over, which it makes again: no block waits for another, and no sum depends on timing.

#include <reel/kernels/attention.h>

#include <reel/kernels/cuda/attention/attention_tiles.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

using namespace attentions;

/// dots[head, query] = grad . out, one warp each.
template <class S> __global__ void __launch_bounds__(kThreads)
    dot_rows(AttentionGradArgs args, AttentionSum<S>* dots, std::int64_t count) {
  using T = AttentionSum<S>;
  const AttentionArgs& forward = args.forward;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
  const bool inside = i < count;
  const std::int64_t head = inside ? i / forward.queries : 0, row = inside ? i % forward.queries : 0;
  const Rows<S> grad(args.grad, forward.heads, head, row, forward.queries, 1);
  const Rows<S> out(forward.out, forward.heads, head, row, forward.queries, 1);
  T sum = 0;
  for (std::int64_t c = threadIdx.x % kWarp; inside && c < forward.value_width; c += kWarp) {
    sum += convert<T>(grad.data[c]) * convert<T>(out.data[c]);
  }
  sum = warp_reduce(sum, Plus());
  if (inside && threadIdx.x % kWarp == 0) dots[i] = sum;
}

/// A tile of weights, times dropout's factors, or of the scores' gradients.
template <class S, class T> __device__ void make_weights(const AttentionGradArgs& args, const TilePlace& at,
                                                         const T* dots, bool gradients, T* shared, Cells<T>& cells) {
  using Tile = TileOf<T>;
  const AttentionArgs& forward = args.forward;
  make_scores<S>(forward, at, shared, cells);
  Cells<T> products = {};
  if (gradients) {
    add_products(Rows<S>(args.grad, forward.heads, at.head, at.row, forward.queries, Tile::kTile),
                 Rows<S>(forward.value, forward.heads, at.head, at.key, forward.keys, Tile::kTile), forward.value_width,
                 T(1), shared, products);
  }
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
    const std::int64_t row = at.row + Tile::row(i), place = at.head * forward.queries + row;
    const bool inside = row < forward.queries;
    const T log_sum = inside ? static_cast<const T*>(forward.log_sums)[place] : std::numeric_limits<T>::infinity();
    const T dot = inside ? dots[place] : T(0);
#pragma unroll
    for (int j = 0; j < kCell; ++j) {
      const T weight = math::exp(cells[i][j] - log_sum), factor = weight_factor<T>(forward, at, i, j);
      cells[i][j] = gradients ? weight * (factor * products[i][j] - dot) : weight * factor;
    }
  }
}

enum class Target { query, key, value };

/// A tile of a gradient: the columns of some queries', keys' or values'.
template <class S, Target target> __global__ void __launch_bounds__(TileOf<AttentionSum<S>>::kThreads, 1)
    gradient(AttentionGradArgs args, const AttentionSum<S>* dots, std::int64_t row_tiles, std::int64_t column_tiles) {
  using T = AttentionSum<S>;
  using Tile = TileOf<T>;
  constexpr bool of_query = target == Target::query, of_value = target == Target::value;
  __shared__ T weights[Tile::kShared];
  __shared__ T factors[Tile::kTile * Tile::kTile];
  const AttentionArgs& forward = args.forward;
  const std::int64_t block = blockIdx.x, first = block % column_tiles * Tile::kTile;
  const std::int64_t head = block / column_tiles / row_tiles, begin = block / column_tiles % row_tiles * Tile::kTile;
  const std::int64_t width = of_value ? forward.value_width : forward.width;
  // Of the keys, a causal query sees those up to itself; a key is seen from there on.
  const std::int64_t others = of_query ? forward.keys : forward.queries;
  const std::int64_t from = forward.is_causal && !of_query ? begin : 0;
  const std::int64_t end = forward.is_causal && of_query && begin + Tile::kTile < others ? begin + Tile::kTile : others;
  Cells<T> out = {}, cells;
  for (std::int64_t other = from; other < end; other += Tile::kTile) {
    const TilePlace at{head, of_query ? begin : other, of_query ? other : begin};
    make_weights<S>(args, at, dots, !of_value, weights, cells);
#pragma unroll
    for (int i = 0; i < kCell; ++i) {
#pragma unroll
      for (int j = 0; j < kCell; ++j) {
        const int row = Tile::row(i), column = Tile::column(j);
        weights[of_query ? Tile::weight(row, column) : Tile::weight(column, row)] = cells[i][j];
      }
    }
    const HeadMatrices& factor = of_query ? forward.key : of_value ? args.grad : forward.query;
    add_weighted(weights, Rows<S>(factor, forward.heads, head, other, others, Tile::kTile), first, width, factors, out);
  }
  const HeadMatrices& to = of_query ? args.query : of_value ? args.value : args.key;
  store<S>(to, forward.heads, head, begin, of_query ? forward.queries : forward.keys, first, width,
           of_value ? T(1) : static_cast<T>(forward.scale), out);
}

/// A tile of the mask's gradient: the sum over the heads that share the mask, and over all rows or columns if these do.
template <class S> __global__ void __launch_bounds__(TileOf<AttentionSum<S>>::kThreads, 1)
    mask_gradient(AttentionGradArgs args, const AttentionSum<S>* dots, std::int64_t groups, std::int64_t row_tiles,
                  std::int64_t column_tiles) {
  using T = AttentionSum<S>;
  using Tile = TileOf<T>;
  __shared__ T shared[Tile::kShared];
  const AttentionArgs& forward = args.forward;
  const HeadMatrices& mask = args.mask;
  const std::int64_t block = blockIdx.x, group = block / column_tiles / row_tiles;
  const std::int64_t row = block / column_tiles % row_tiles * Tile::kTile, key = block % column_tiles * Tile::kTile;
  const std::int64_t last_row = mask.row ? row + 1 : forward.queries, last_key = mask.column ? key + 1 : forward.keys;
  Cells<T> sums = {}, cells;
  for (std::int64_t i = 0; i < forward.heads.count / groups; ++i) {
    const std::int64_t head = mask.member(forward.heads, group, i);
    for (std::int64_t r = row; r < last_row; r += Tile::kTile) {
      for (std::int64_t k = key; k < last_key; k += Tile::kTile) {
        make_weights<S>(args, {head, r, k}, dots, true, shared, cells);
#pragma unroll
        for (int n = 0; n < kCell * kCell; ++n) sums[n / kCell][n % kCell] += cells[n / kCell][n % kCell];
      }
    }
  }
#pragma unroll
  for (int i = 0; i < kCell; ++i) {
#pragma unroll
    for (int j = 0; j < kCell; ++j) shared[Tile::weight(Tile::row(i), Tile::column(j))] = sums[i][j];
  }
  __syncthreads();
  T* to = static_cast<T*>(mask.data) + mask.offset(forward.heads, mask.member(forward.heads, group, 0));
  const int rows = mask.row ? 1 : Tile::kTile, columns = mask.column ? 1 : Tile::kTile;  // that are summed
  for (int n = static_cast<int>(threadIdx.x); n < Tile::kTile * Tile::kTile; n += Tile::kThreads) {
    const int r = n / Tile::kTile, c = n % Tile::kTile;
    if (row + r >= forward.queries || key + c >= forward.keys || (r && !mask.row) || (c && !mask.column)) continue;
    T sum = 0;
    for (int i = 0; i < rows * columns; ++i) sum += shared[Tile::weight(r + i / columns, c + i % columns)];
    to[(row + r) * mask.row + (key + c) * mask.column] = sum;
  }
}

}  // namespace

void attention_grad(const AttentionGradArgs& args) {
  const AttentionArgs& forward = args.forward;
  const std::int64_t heads = forward.heads.count, rows = heads * forward.queries;
  if (heads == 0) return;
  dispatch<kFloating>(forward.dtype, [&]<class S>() {
    using T = AttentionSum<S>;
    using Tile = TileOf<T>;
    const Scratch<T> dots(rows);
    launch(dot_rows<S>, blocks_for(rows, kThreads / kWarp), kThreads, 0, args, dots.data(), rows);
    const auto run = [&]<Target target>(const HeadMatrices& to, std::int64_t count, std::int64_t width) {
      const std::int64_t row_tiles = divide_up(count, Tile::kTile), column_tiles = divide_up(width, Tile::kTile);
      if (!to.data || row_tiles * column_tiles == 0) return;
      launch(gradient<S, target>, blocks_for(heads * row_tiles * column_tiles, 1), Tile::kThreads, 0, args, dots.data(),
             row_tiles, column_tiles);
    };
    run.template operator()<Target::query>(args.query, forward.queries, forward.width);
    run.template operator()<Target::key>(args.key, forward.keys, forward.width);
    run.template operator()<Target::value>(args.value, forward.keys, forward.value_width);
    if (!args.mask.data || forward.queries * forward.keys == 0) return;
    const std::int64_t groups = args.mask.groups(forward.heads);
    const std::int64_t row_tiles = args.mask.row ? divide_up(forward.queries, Tile::kTile) : 1;
    const std::int64_t column_tiles = args.mask.column ? divide_up(forward.keys, Tile::kTile) : 1;
    launch(mask_gradient<S>, blocks_for(groups * row_tiles * column_tiles, 1), Tile::kThreads, 0, args, dots.data(),
           groups, row_tiles, column_tiles);
  });
}

}  // namespace reel::kernels::cuda
