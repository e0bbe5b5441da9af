// Copies in any layout, with conversion, and fills.

#include <reel/kernels/copy.h>

#include <cstring>
#include <optional>

#include <reel/kernels/cpu/conversion.h>
#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/strided.h>
#include <reel/kernels/cpu/transpose.h>
#include <reel/kernels/dispatch_bytes.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// Calls `body(row, begin, end)` for parts of rows of n elements, in parallel.
template <class F> void for_row_parts(std::int64_t rows, std::int64_t n, F&& body) {
  if (rows == 1) {
    parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) { body(0, begin, end); });
  } else {
    parallel_for(rows, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(n, 1)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row) body(row, 0, n);
                 });
  }
}

/// The loops for rows of two dtypes. Without `dense` contiguous elements are copied as bytes.
struct RowCopy {
  std::size_t to_bytes, from_bytes;  // of an element
  void (*dense)(void* to, const void* from, std::int64_t n);
  void (*strided)(void* to, std::int64_t to_step, const void* from, std::int64_t from_step, std::int64_t n);
};

void copy_rows(const CopyArgs& args, const RowCopy& copy) {
  const auto& loop = args.loop;
  const std::int64_t n = loop.sizes[loop.rank - 1];
  const std::int64_t to_step = loop.strides[0][loop.rank - 1], from_step = loop.strides[1][loop.rank - 1];
  const std::int64_t rows = n ? loop.numel() / n : 0;
  const bool contiguous = to_step == 1 && from_step == 1;
  const bool non_temporal = static_cast<std::size_t>(rows * n) * copy.to_bytes >= kNonTemporalBytes;
  for_row_parts(rows, n, [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
    const std::int64_t to_offset = row_offset(loop, 0, row) + begin * to_step;
    const std::int64_t from_offset = row_offset(loop, 1, row) + begin * from_step;
    char* to = static_cast<char*>(args.destination) + to_offset * static_cast<std::int64_t>(copy.to_bytes);
    const char* from = static_cast<const char*>(args.source) + from_offset * static_cast<std::int64_t>(copy.from_bytes);
    if (!contiguous) return copy.strided(to, to_step, from, from_step, end - begin);
    if (copy.dense) return copy.dense(to, from, end - begin);
    const std::size_t bytes = static_cast<std::size_t>(end - begin) * copy.to_bytes;
    if (!non_temporal) {
      std::memcpy(to, from, bytes);
    } else {
      non_temporal_copy(to, from, bytes);
      non_temporal_fence();
    }
  });
}

/// The dimensions of a transposed copy: contiguous in the destination and in the source.
struct Transposition {
  int columns, rows;
};

std::optional<Transposition> find_transposition(const StridedLoop<2>& loop) {
  constexpr std::int64_t least = 8;
  const int inner = loop.rank - 1;
  for (int d = 0; d < inner; ++d) {
    if (loop.strides[1][d] != 1 || loop.strides[0][inner] != 1) continue;
    if (loop.sizes[inner] >= least && loop.sizes[d] >= least) return Transposition{inner, d};
  }
  return std::nullopt;
}

/// A transposed copy, some rows of the destination at a time, so that of each source line, which may lie in a page of
/// its own, more is read than a cache line. With non-temporal stores the turning is done in the cache first, in square
/// blocks.
template <class T> class TransposedCopy {
 public:
  TransposedCopy(const CopyArgs& args, Transposition dims)
      : outer_(args.loop),
        to_(static_cast<T*>(args.destination)),
        from_(static_cast<const T*>(args.source)),
        columns_(args.loop.sizes[dims.columns]),
        rows_(args.loop.sizes[dims.rows]),
        to_step_(args.loop.strides[0][dims.rows]),
        from_step_(args.loop.strides[1][dims.columns]),
        planes_(args.loop.numel() / (columns_ * rows_)),
        non_temporal_(uses_non_temporal_stores<T>(args.loop.numel())) {
    outer_.sizes[dims.rows] = 1;  // what is left, but for the innermost dimension, which row_offset leaves out
  }

  void run() const {
    const std::int64_t stripes = (rows_ + kRows - 1) / kRows;
    parallel_for(planes_ * stripes, std::max<std::int64_t>(1, kGrain / (kRows * columns_)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t unit = begin; unit < end; ++unit) {
                     const std::int64_t row = unit % stripes * kRows;
                     copy_stripe(to_ + row_offset(outer_, 0, unit / stripes) + row * to_step_,
                                 from_ + row_offset(outer_, 1, unit / stripes) + row, std::min(kRows, rows_ - row));
                   }
                   if (non_temporal_) non_temporal_fence();
                 });
  }

 private:
  using Tile = TileTranspose<T>;
  /// Rows of a stripe and of a block, which takes half of a first-level cache of 32 KB at most.
  static constexpr std::int64_t kRows = sizeof(T) == 8 ? 32 : 64;

  /// `rows` rows of the destination.
  void copy_stripe(T* to, const T* from, std::int64_t rows) const {
    const std::int64_t whole_rows = rows / Tile::kEdge * Tile::kEdge, whole = columns_ / Tile::kEdge * Tile::kEdge;
    if (non_temporal_) store_tiles(to, from, whole_rows, whole);
    else turn_tiles(to, to_step_, from, whole_rows, whole);
    copy_rest(to, from, 0, whole_rows, whole, columns_);
    copy_rest(to, from, whole_rows, rows, 0, columns_);
  }

  void turn_tiles(T* to, std::int64_t to_step, const T* from, std::int64_t rows, std::int64_t columns) const {
    for (std::int64_t i = 0; i < columns; i += Tile::kEdge) {
      Tile::run(from + i * from_step_, from_step_, to + i, to_step, rows / Tile::kEdge);
    }
  }

  void store_tiles(T* to, const T* from, std::int64_t rows, std::int64_t columns) const {
    alignas(64) T block[kRows * kRows];
    for (std::int64_t i = 0; i < columns; i += kRows) {
      const std::int64_t width = std::min(kRows, columns - i);
      turn_tiles(block, kRows, from + i * from_step_, rows, width);
      for (std::int64_t j = 0; j < rows; ++j) {
        non_temporal_copy(to + j * to_step_ + i, block + j * kRows, static_cast<std::size_t>(width) * sizeof(T));
      }
    }
  }

  void copy_rest(T* to, const T* from, std::int64_t row, std::int64_t rows, std::int64_t column,
                 std::int64_t columns) const {
    for (std::int64_t i = column; i < columns; ++i) {
      for (std::int64_t j = row; j < rows; ++j) to[j * to_step_ + i] = from[i * from_step_ + j];
    }
  }

  StridedLoop<2> outer_;
  T* to_;
  const T* from_;
  std::int64_t columns_, rows_, to_step_, from_step_, planes_;
  bool non_temporal_;
};

template <class T> void copy_bits(const CopyArgs& args) {
  if (const auto dims = find_transposition(args.loop)) TransposedCopy<T>(args, *dims).run();
  else copy_rows(args, {sizeof(T), sizeof(T), nullptr, &Conversion<T, T>::strided});
}

}  // namespace

void copy(const CopyArgs& args) {
  if (args.from == args.to) {
    return dispatch_bytes(size_of(args.from), [&]<class T>() { copy_bits<T>(args); });
  }
  dispatch<kAnyDType>(args.to, [&]<class To>() {
    dispatch<kAnyDType>(args.from, [&]<class From>() {
      if constexpr (!std::is_same_v<To, From>) {
        copy_rows(args, {sizeof(To), sizeof(From), &Conversion<To, From>::dense, &Conversion<To, From>::strided});
      }
    });
  });
}

void fill(const FillArgs& args) {
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    const auto& loop = args.loop;
    const T value = args.value.to<T>();
    const std::int64_t n = loop.sizes[loop.rank - 1], step = loop.strides[0][loop.rank - 1];
    const std::int64_t rows = n ? loop.numel() / n : 0;
    const auto fill_part = [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
      T* data = static_cast<T*>(args.data) + row_offset(loop, 0, row);
      if (step == 1) {
        std::fill(data + begin, data + end, value);
      } else {
        for (std::int64_t i = begin; i < end; ++i) data[i * step] = value;
      }
    };
    for_row_parts(rows, n, fill_part);
  });
}

}  // namespace reel::kernels::cpu
