// The gradients of attention on the CPU: the weights are made once more, tile by tile, from the rows' sums.

#include <reel/kernels/attention.h>

#include <reel/kernels/cpu/attention/attention_tiles.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>

namespace reel::kernels::cpu {
namespace {

using namespace attentions;

/// The gradients of one head. The outer loop is over keys, whose gradients stay in the cache, the inner one over
/// queries, whose gradients are f32 or f64 sums in memory until the end.
template <class S> class HeadGrad {
 public:
  explicit HeadGrad(const AttentionGradArgs& g)
      : grads(g),
        query_(panel::count<T>(args.width) * capacity * kLanes),
        grad_(panel::count<T>(args.value_width) * capacity * kLanes),
        query_sums_(grads.query.data ? panel::count<T>(args.width) * capacity * kLanes : 0),
        dots_(args.queries),
        turned_keys_(kTileKeys * args.width),
        turned_values_(kTileKeys * args.value_width),
        keys_(grads.query.data ? panel::count<T>(args.width) * kKeyPanel : 0),
        key_sums_(grads.key.data ? panel::count<T>(args.width) * kKeyPanel : 0),
        value_sums_(grads.value.data ? panel::count<T>(args.value_width) * kKeyPanel : 0),
        weights_(Tiles::kSize),
        products_(Tiles::kSize),
        dropout_(args.dropout_threshold ? Tiles::kSize : 0) {}

  void run(std::int64_t head) {
    const HeadMatrices &grad = grads.grad, &query = args.query;
    Pack::pack(rows_of(query, head, 0), query.row, args.queries, args.width, static_cast<T>(args.scale), capacity,
               query_.data());
    Pack::pack(rows_of(grad, head, 0), grad.row, args.queries, args.value_width, T(1), capacity, grad_.data());
    Pack::row_dots(rows_of(grad, head, 0), grad.row, rows_of(args.out, head, 0), args.out.row, args.queries,
                   args.value_width, dots_.data());
    if (grads.query.data) clear(query_sums_.data(), args.width, capacity);
    for (std::int64_t key = 0; key < args.keys; key += kTileKeys) {
      add_keys(head, key, std::min(kTileKeys, args.keys - key));
    }
    if (!grads.query.data) return;
    Pack::unpack(query_sums_.data(), capacity, args.queries, args.width, static_cast<T>(args.scale), nullptr,
                 rows_of(grads.query, head, 0), grads.query.row);
  }

 private:
  using T = AttentionSum<S>;
  using Pack = Panels<S, T>;
  using Tiles = Tile<S, T>;
  static constexpr std::int64_t kLanes = panel::kLanes<T>, kKeyPanel = kTileKeys * kLanes;

  S* rows_of(const HeadMatrices& x, std::int64_t head, std::int64_t row) const {
    return static_cast<S*>(x.data) + x.offset(args.heads, head) + row * x.row;
  }
  static void clear(T* panels, std::int64_t width, std::int64_t rows) {
    std::fill_n(panels, panel::count<T>(width) * rows * kLanes, T(0));
  }

  /// Everything that some keys take part in.
  void add_keys(std::int64_t head, std::int64_t key, std::int64_t keys) {
    const S* x = rows_of(args.key, head, key);
    Pack::pack_transposed(x, args.key.row, keys, args.width, turned_keys_.data());
    Pack::pack_transposed(rows_of(args.value, head, key), args.value.row, keys, args.value_width,
                          turned_values_.data());
    if (grads.query.data) Pack::pack(x, args.key.row, keys, args.width, T(1), kTileKeys, keys_.data());
    if (grads.key.data) clear(key_sums_.data(), args.width, kTileKeys);
    if (grads.value.data) clear(value_sums_.data(), args.value_width, kTileKeys);
    for (std::int64_t r = args.is_causal ? key / tile_rows * tile_rows : 0; r < args.queries; r += tile_rows) {
      const TilePlace at(args, head, r, std::min(tile_rows, args.queries - r), key, keys);
      if (at.keys > 0) add_tile(at);
    }
    if (grads.key.data) {
      Pack::unpack(key_sums_.data(), kTileKeys, keys, args.width, T(1), nullptr, rows_of(grads.key, head, key),
                   grads.key.row);
    }
    if (grads.value.data) {
      Pack::unpack(value_sums_.data(), kTileKeys, keys, args.value_width, T(1), nullptr,
                   rows_of(grads.value, head, key), grads.value.row);
    }
  }

  void add_tile(const TilePlace& at) {
    T *weights = weights_.data(), *products = products_.data();
    const T *query = query_.data() + at.row * kLanes, *grad = grad_.data() + at.row * kLanes;
    const std::int64_t panels = panel::count<T>(at.keys);
    for (std::int64_t p = 0; p < panels; ++p) {
      panel::product(query, capacity * kLanes, turned_keys_.data() + p * args.width * kLanes, at.rows, args.width,
                     false, weights + p * Tiles::kPanel);
      panel::product(grad, capacity * kLanes, turned_values_.data() + p * args.value_width * kLanes, at.rows,
                     args.value_width, false, products + p * Tiles::kPanel);
    }
    Tiles::exclude(args, at, weights);
    if (args.dropout_threshold) Tiles::draw(args, at, dropout_.data());
    Tiles::gradients(weights, products, dropout_.data(), panels, at.rows,
                     static_cast<const T*>(args.log_sums) + at.head * args.queries + at.row, dots_.data() + at.row);
    if (grads.mask.data) {
      const HeadMatrices& mask = grads.mask;
      Tiles::add_to_mask(
          mask, at, products,
          static_cast<T*>(mask.data) + mask.offset(args.heads, at.head) + at.row * mask.row + at.key * mask.column);
    }
    if (grads.value.data) add_transposed(weights, panels, grad, at.rows, args.value_width, value_sums_.data());
    if (grads.key.data) add_transposed(products, panels, query, at.rows, args.width, key_sums_.data());
    for (std::int64_t w = 0; grads.query.data && w < panel::count<T>(args.width); ++w) {
      panel::product(products, Tiles::kPanel, keys_.data() + w * kKeyPanel, at.rows, at.keys, true,
                     query_sums_.data() + (w * capacity + at.row) * kLanes);
    }
  }

  /// sums += tile^T rows, with a sum for each key.
  void add_transposed(const T* tile, std::int64_t panels, const T* rows, std::int64_t count, std::int64_t width,
                      T* sums) const {
    for (std::int64_t p = 0; p < panels; ++p) {
      for (std::int64_t w = 0; w < panel::count<T>(width); ++w) {
        panel::transposed_product(tile + p * Tiles::kPanel, rows + w * capacity * kLanes, count, true,
                                  sums + w * kKeyPanel + p * kLanes * kLanes);
      }
    }
  }

  const AttentionGradArgs& grads;
  const AttentionArgs& args = grads.forward;
  const std::int64_t tile_rows = part_rows(args.queries, kTileRows);
  const std::int64_t capacity = panel::padded_rows(args.queries);  // rows of the queries' panels
  Scratch<T> query_, grad_, query_sums_, dots_, turned_keys_, turned_values_, keys_, key_sums_, value_sums_, weights_,
      products_, dropout_;
};

}  // namespace

void attention_grad(const AttentionGradArgs& args) {
  const AttentionArgs& forward = args.forward;
  const std::int64_t groups = args.mask.groups(forward.heads);
  if (forward.heads.count == 0) return;
  const std::int64_t work = std::max<std::int64_t>(1, forward.queries * forward.keys * (forward.width + 8));
  dispatch<kFloating>(forward.dtype, [&]<class S>() {
    parallel_for(groups, std::max<std::int64_t>(1, 16 * kGrain / work), [&](std::int64_t begin, std::int64_t end) {
      HeadGrad<S> head(args);
      for (std::int64_t group = begin; group < end; ++group) {
        for (std::int64_t i = 0; i < forward.heads.count / groups; ++i) {
          head.run(args.mask.member(forward.heads, group, i));
        }
      }
    });
  });
}

}  // namespace reel::kernels::cpu
