// Attention on the CPU: each tile of weights is made, used and forgotten.

#include <reel/kernels/attention.h>

#include <cmath>

#include <reel/kernels/cpu/attention/attention_tiles.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu {
namespace {

using namespace attentions;

/// Queries whose results are summed at once, while their keys and values are packed once.
constexpr std::int64_t kChunk = 10 * kTileRows;

/// The results of a chunk of queries of one head. The sums of a row begin anew, with a smaller factor, whenever a tile
/// has a larger maximum (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
template <class S> class Chunk {
 public:
  explicit Chunk(const AttentionArgs& a)
      : args(a),
        query_(panel::count<T>(args.width) * kChunk * kLanes),
        keys_(kTileKeys * args.width),
        values_(panel::count<T>(args.value_width) * kTileKeys * kLanes),
        out_(panel::count<T>(args.value_width) * kChunk * kLanes),
        weights_(Tiles::kSize),
        dropout_(args.dropout_threshold ? Tiles::kSize : 0) {}

  void run(std::int64_t head, std::int64_t first, std::int64_t rows) {
    Pack::pack(rows_of(args.query, head, first), args.query.row, rows, args.width, static_cast<T>(args.scale), kChunk,
               query_.data());
    std::fill_n(out_.data(), panel::count<T>(args.value_width) * kChunk * kLanes, T(0));
    std::fill_n(largest_, rows, -kInfinity<T>);
    std::fill_n(sums_, rows, 0.0);
    const std::int64_t seen = args.is_causal ? std::min(args.keys, first + rows) : args.keys;
    const std::int64_t tile_rows = part_rows(rows, kTileRows);
    for (std::int64_t key = 0; key < seen; key += kTileKeys) {
      const std::int64_t keys = std::min(kTileKeys, seen - key);
      Pack::pack_transposed(rows_of(args.key, head, key), args.key.row, keys, args.width, keys_.data());
      Pack::pack(rows_of(args.value, head, key), args.value.row, keys, args.value_width, T(1), kTileKeys,
                 values_.data());
      for (std::int64_t r = 0; r < rows; r += tile_rows) {
        const TilePlace at(args, head, first + r, std::min(tile_rows, rows - r), key, keys);
        if (at.keys > 0) add_tile(r, at);
      }
    }
    finish(head, first, rows);
  }

 private:
  using T = AttentionSum<S>;
  using Pack = Panels<S, T>;
  using Tiles = Tile<S, T>;
  static constexpr std::int64_t kLanes = panel::kLanes<T>;

  static S* rows_of(const AttentionArgs& args, const HeadMatrices& x, std::int64_t head, std::int64_t row) {
    return static_cast<S*>(x.data) + x.offset(args.heads, head) + row * x.row;
  }
  S* rows_of(const HeadMatrices& x, std::int64_t head, std::int64_t row) const { return rows_of(args, x, head, row); }

  /// Adds what the keys of a tile contribute to the rows from `r` of the chunk on.
  void add_tile(std::int64_t r, const TilePlace& at) {
    T* weights = weights_.data();
    const std::int64_t panels = panel::count<T>(at.keys), values = panel::count<T>(args.value_width);
    for (std::int64_t p = 0; p < panels; ++p) {
      panel::product(query_.data() + r * kLanes, kChunk * kLanes, keys_.data() + p * args.width * kLanes, at.rows,
                     args.width, false, weights + p * Tiles::kPanel);
    }
    Tiles::exclude(args, at, weights);
    T factor[kTileRows];
    Tiles::exponentials(weights, at.rows, panels, largest_ + r, sums_ + r, factor);
    if (args.dropout_threshold) {
      Tiles::draw(args, at, dropout_.data());
      Tiles::multiply(weights, dropout_.data(), panels, at.rows);
    }
    T* out = out_.data() + r * kLanes;
    Tiles::shrink(out, values, kChunk, at.rows, factor);
    for (std::int64_t v = 0; v < values; ++v) {
      panel::product(weights, Tiles::kPanel, values_.data() + v * kTileKeys * kLanes, at.rows, at.keys, true,
                     out + v * kChunk * kLanes);
    }
  }

  /// Divides by the sums.
  void finish(std::int64_t head, std::int64_t first, std::int64_t rows) {
    T factor[kChunk];
    T* log_sums = static_cast<T*>(args.log_sums) + head * args.queries + first;
    for (std::int64_t r = 0; r < rows; ++r) {
      const bool empty = sums_[r] == 0;
      factor[r] = empty ? T(0) : static_cast<T>(1 / sums_[r]);
      log_sums[r] = empty ? kInfinity<T> : static_cast<T>(static_cast<double>(largest_[r]) + std::log(sums_[r]));
    }
    Pack::unpack(out_.data(), kChunk, rows, args.value_width, T(1), factor, rows_of(args.out, head, first),
                 args.out.row);
  }

  const AttentionArgs& args;
  Scratch<T> query_, keys_, values_, out_, weights_, dropout_;
  T largest_[kChunk];
  double sums_[kChunk];
};

}  // namespace

void attention(const AttentionArgs& args) {
  const std::int64_t rows = part_rows(args.queries, kChunk), chunks = (args.queries + rows - 1) / rows;
  const std::int64_t work = rows * std::max<std::int64_t>(1, args.keys) * (args.width + 8);
  dispatch<kFloating>(args.dtype, [&]<class S>() {
    parallel_for(args.heads.count * chunks, std::max<std::int64_t>(1, 16 * kGrain / std::max<std::int64_t>(1, work)),
                 [&](std::int64_t begin, std::int64_t end) {
                   Chunk<S> chunk(args);
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t first = i % chunks * rows;
                     chunk.run(i / chunks, first, std::min(rows, args.queries - first));
                   }
                 });
  });
}

}  // namespace reel::kernels::cpu
