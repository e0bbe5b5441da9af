// The walk over the loop nest of an elementwise call: rows, threads, tiles of transposed inputs, results that bypass
// the cache.

#include <reel/kernels/cpu/elementwise/loop_nest.h>

#include <algorithm>

#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/dispatch_bytes.h>

namespace reel::kernels::cpu::pointwise {
namespace {

/// Rows shorter than this are not worth non-temporal stores.
constexpr std::int64_t kLeastNonTemporal = 1024;

template <int Operands> using Data = std::array<void*, Operands>;

/// The rows of one loop nest: all of them have the same steps, so the same loop serves them.
template <int Operands> class Rows {
 public:
  Rows(const RowLoops<Operands>& loops, const void* f, const StridedLoop<Operands>& loop) : loops_(loops), f_(f) {
    const int inner = loop.rank - 1;
    bool dense = true;
    unsigned expanded = 0;
    for (std::size_t k = 0; k < Operands; ++k) {
      step_[k] = loop.strides[k][static_cast<std::size_t>(inner)];
      dense &= (step_[k] | (k > 0)) == 1;  // of an input 0 or 1
      if (k > 0 && step_[k] == 0) expanded |= 1u << (k - 1);
    }
    if (dense && expanded + 1 < loops.dense.size()) {
      row_ = loops.dense[expanded];
      expanded_ = row_ ? 0 : expanded;
    } else {
      row_ = loops.strided;
    }
    dense_ = dense;
  }

  void run(const Data<Operands>& data, std::int64_t n) const {
    if (row_) row_(f_, data.data(), step_.data(), n);
    else repeated(data, n);
  }

  /// The same with non-temporal stores, where they pay.
  void run_past_cache(const Data<Operands>& data, std::int64_t n) const {
    if (!dense_ || n < kLeastNonTemporal) return run(data, n);
    std::array<PrefetchedInput, Operands - 1> inputs;
    for (std::size_t k = 1; k < Operands; ++k) inputs[k - 1] = {data[k], step_[k] * loops_.bytes[k]};
    dispatch_bytes(static_cast<std::size_t>(loops_.bytes[0]), [&]<class T>() {
      non_temporal_pieces(
          static_cast<T*>(data[0]), n,
          [&](std::int64_t first, std::int64_t count, T* buffer) {
            Data<Operands> piece = at(data, first);
            piece[0] = buffer;
            run(piece, count);
          },
          inputs);
    });
    non_temporal_fence();
  }

 private:
  Data<Operands> at(Data<Operands> data, std::int64_t i) const {
    for (std::size_t k = 0; k < Operands; ++k) data[k] = static_cast<char*>(data[k]) + i * step_[k] * loops_.bytes[k];
    return data;
  }

  /// Some inputs are one value: pieces of rows that repeat it stand in for them.
  void repeated(const Data<Operands>& data, std::int64_t n) const {
    constexpr std::int64_t length = 256;
    alignas(64) char value[Operands - 1][length * 8];
    for (std::size_t k = 1; k < Operands; ++k) {
      if (!(expanded_ >> (k - 1) & 1u)) continue;
      dispatch_bytes(static_cast<std::size_t>(loops_.bytes[k]), [&]<class T>() {
        std::fill_n(reinterpret_cast<T*>(value[k - 1]), std::min(n, length), *static_cast<const T*>(data[k]));
      });
    }
    for (std::int64_t i = 0; i < n; i += length) {
      Data<Operands> piece = at(data, i);
      for (std::size_t k = 1; k < Operands; ++k) {
        if (expanded_ >> (k - 1) & 1u) piece[k] = value[k - 1];
      }
      loops_.dense[0](f_, piece.data(), step_.data(), std::min(length, n - i));
    }
  }

  const RowLoops<Operands>& loops_;
  const void* f_;
  std::array<std::int64_t, Operands> step_;
  Row row_;                // null: `repeated`
  unsigned expanded_ = 0;  // for `repeated`, the inputs that are one value
  bool dense_;
};

// A transposed input is contiguous along another dimension than the output. Row by row, each of its elements would
// fetch a cache line that is gone when the next row comes; rows of a tile of columns share the lines.

constexpr std::int64_t kTileColumns = 64;

/// The dimension along which an input is contiguous, if it is not so along the innermost one and tiles are worth it;
/// else -1.
template <int Operands> int transposed_dim(const StridedLoop<Operands>& loop) {
  const int inner = loop.rank - 1;
  if (loop.rank == kMaxRank || loop.sizes[inner] < kTileColumns) return -1;
  for (int k = 1; k < Operands; ++k) {
    if (loop.strides[k][inner] < 16) continue;
    for (int d = 0; d < inner; ++d) {
      if (loop.strides[k][d] == 1 && loop.sizes[d] >= 8) return d;
    }
  }
  return -1;
}

/// The innermost dimension cut into whole tiles, with the rows along `dim` inside: [..., tiles, dim, kTileColumns].
template <int Operands> StridedLoop<Operands> tile_columns(const StridedLoop<Operands>& loop, int dim) {
  StridedLoop<Operands> out;
  const int inner = loop.rank - 1;
  const auto add = [&](int d, std::int64_t size, std::int64_t step) {
    out.sizes[out.rank] = size;
    for (int k = 0; k < Operands; ++k) out.strides[k][out.rank] = loop.strides[k][d] * step;
    ++out.rank;
  };
  for (int d = 0; d < inner; ++d) {
    if (d != dim) add(d, loop.sizes[d], 1);
  }
  add(inner, loop.sizes[inner] / kTileColumns, kTileColumns);
  add(dim, loop.sizes[dim], 1);
  add(inner, kTileColumns, 1);
  return out;
}

/// A functor on its way through a loop nest.
template <int Operands> class Walk {
 public:
  Walk(const RowLoops<Operands>& loops, const void* f) : loops_(loops), f_(f) {}

  void run(const StridedLoop<Operands>& loop, const Data<Operands>& data) const {
    const std::int64_t n = loop.numel();
    if (n <= kGrain) {
      if (n == 0) return;
      if (loop.rank > 1) return run_range(loop, data, 0, n);
      return Rows<Operands>(loops_, f_, loop).run(data, n);  // what most calls come to
    }
    if (const int along = transposed_dim(loop); along >= 0) return run_tiled(loop, data, along);
    // A result that is too large to stay in the cache is stored past it, unless it lies there as an input already.
    const bool past_cache = static_cast<std::size_t>(n * loops_.bytes[0]) >= kNonTemporalBytes &&
                            std::find(data.begin() + 1, data.end(), data[0]) == data.end();
    parallel_for(n, past_cache ? kNonTemporalGrain : kGrain,
                 [&](std::int64_t begin, std::int64_t end) { run_range(loop, data, begin, end, past_cache); });
  }

 private:
  /// Elements [begin, end) of the whole loop nest.
  void run_range(const StridedLoop<Operands>& loop, Data<Operands> data, std::int64_t begin, std::int64_t end,
                 bool past_cache = false) const {
    const Rows<Operands> rows(loops_, f_, loop);
    const int inner = loop.rank - 1;
    const auto advance = [&](int d, std::int64_t elements) {
      for (int k = 0; k < Operands; ++k) {
        data[k] = static_cast<char*>(data[k]) + elements * loop.strides[k][d] * loops_.bytes[k];
      }
    };
    const auto run_row = [&](std::int64_t n) {
      if (past_cache) rows.run_past_cache(data, n);
      else rows.run(data, n);
    };
    if (inner == 0) {  // the most frequent case, without divisions
      advance(0, begin);
      return run_row(end - begin);
    }

    // Where the range begins; from there on the position advances like an odometer, without divisions.
    std::int64_t column = begin % loop.sizes[inner], rest = begin / loop.sizes[inner];
    std::array<std::int64_t, kMaxRank> position{};
    advance(inner, column);
    for (int d = inner - 1; d >= 0; --d) {
      position[d] = rest % loop.sizes[d];
      rest /= loop.sizes[d];
      advance(d, position[d]);
    }
    for (;;) {
      const std::int64_t n = std::min(loop.sizes[inner] - column, end - begin);
      run_row(n);
      begin += n;
      if (begin == end) return;
      if (column > 0) {  // the first row began in the middle
        advance(inner, -column);
        column = 0;
      }
      for (int d = inner - 1;; --d) {
        const bool carry = ++position[d] == loop.sizes[d];
        advance(d, carry ? 1 - loop.sizes[d] : 1);
        if (!carry) break;
        position[d] = 0;
      }
    }
  }

  /// The columns in tiles, and what is left of them.
  void run_tiled(const StridedLoop<Operands>& loop, const Data<Operands>& data, int along) const {
    StridedLoop<Operands> rest = loop;
    Data<Operands> rest_data;
    const int inner = loop.rank - 1;
    const std::int64_t tiled = loop.sizes[inner] / kTileColumns * kTileColumns;
    rest.sizes[inner] -= tiled;
    for (int k = 0; k < Operands; ++k) {
      rest_data[k] = static_cast<char*>(data[k]) + tiled * loop.strides[k][inner] * loops_.bytes[k];
    }
    const auto run_part = [&](const StridedLoop<Operands>& part, const Data<Operands>& part_data) {
      parallel_for(part.numel(), kGrain,
                   [&](std::int64_t begin, std::int64_t end) { run_range(part, part_data, begin, end); });
    };
    run_part(tile_columns(loop, along), data);
    run_part(rest, rest_data);
  }

  const RowLoops<Operands>& loops_;
  const void* f_;
};

}  // namespace

template <int Operands> void run_rows(const RowLoops<Operands>& loops, const void* f, const StridedLoop<Operands>& loop,
                                      const std::array<void*, Operands>& data) {
  Walk<Operands>(loops, f).run(loop, data);
}

template void run_rows<2>(const RowLoops<2>&, const void*, const StridedLoop<2>&, const std::array<void*, 2>&);
template void run_rows<3>(const RowLoops<3>&, const void*, const StridedLoop<3>&, const std::array<void*, 3>&);
template void run_rows<4>(const RowLoops<4>&, const void*, const StridedLoop<4>&, const std::array<void*, 4>&);

}  // namespace reel::kernels::cpu::pointwise
