#pragma once

#include <algorithm>
#include <cstdint>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/images.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/norm.h>

/// How the normalisation kernels traverse memory [samples, rows, groups, depth, inner]. A warp or a block iterates over
/// a long run of contiguous elements; short runs are processed as columns, with one thread per vector of columns. Sums
/// have the tensor's precision inside a piece, of at most some hundred elements per thread, and double precision across
/// pieces. The partition of the work depends on the shape alone.
namespace reel::kernels::cuda::normalization {

/// Vectors that a thread loads at once.
inline constexpr int kHeld = 4;
/// Blocks that keep a large GPU busy.
inline constexpr std::int64_t kEnoughBlocks = 1024;

/// Whether a run of contiguous elements of T is long: at least two sectors of memory.
template <class T> bool is_long_run(std::int64_t elements) {
  return elements * static_cast<std::int64_t>(sizeof(T)) >= 64;
}

// --- long runs

/// Memory [samples, rows, parts, run] of vectors as samples * parts sequences of `rows` runs. Each sequence is split
/// into pieces. A unit of work, one of [samples, pieces, parts], belongs to a team: a warp or a block.
struct Sequences {
  std::int64_t samples, rows;
  Divisor<std::int64_t> parts, run, pieces;
  std::int64_t piece;  // vectors
  bool by_warps;
  std::int64_t step, whole_runs, rest;  // step, the threads of a team, = whole_runs * run + rest

  Sequences(std::int64_t sample_count, std::int64_t row_count, std::int64_t part_count, std::int64_t run_length)
      : samples(sample_count), rows(row_count), parts(part_count), run(run_length) {
    constexpr std::int64_t warp_most = 2 * kHeld * kWarp, block_most = 8 * kHeld * kThreads;
    by_warps = size() <= warp_most;
    piece = divide_up(size(), divide_up(size(), block_most));
    pieces = Divisor<std::int64_t>(divide_up(size(), piece));
    step = by_warps ? kWarp : kThreads;
    whole_runs = step / run_length;
    rest = step % run_length;
  }

  REEL_HD std::int64_t size() const { return rows * run; }
  REEL_HD std::int64_t units() const { return samples * pieces * parts; }
  unsigned blocks() const { return blocks_for(units(), by_warps ? kThreads / kWarp : 1); }
};

/// The threads that share a unit: a warp or a block.
template <bool kIsWarp> struct Team {
  static __device__ std::int64_t unit() {
    const std::int64_t block = blockIdx.x;
    return kIsWarp ? (block * blockDim.x + threadIdx.x) / kWarp : block;
  }
  static __device__ unsigned rank() { return kIsWarp ? threadIdx.x % kWarp : threadIdx.x; }
  static __device__ std::int64_t size() { return kIsWarp ? kWarp : blockDim.x; }
  template <class T> static __device__ T sum(T value) {
    if constexpr (kIsWarp) return warp_reduce(value, Plus{});
    else return block_sum(value);
  }
};

/// Iterates over every `step`-th vector of a unit. A unit beyond the last is empty.
struct SequenceIterator {
  std::int64_t sample, part;
  std::int64_t begin, end;  // of the unit, in the sequence
  std::int64_t at;          // the offset of the current vector in memory
  std::int64_t within;      // and in its run

  __device__ SequenceIterator(const Sequences& s, std::int64_t unit, unsigned rank) {
    const std::int64_t line = unit / s.parts;
    sample = line / s.pieces;
    part = unit - line * s.parts;
    begin = (line - sample * s.pieces) * s.piece;
    end = begin + s.piece < s.size() ? begin + s.piece : s.size();
    if (unit >= s.units()) begin = end;
    position_ = begin + rank;
    const std::int64_t row = position_ / s.run;
    within = position_ - row * s.run;
    at = ((sample * s.rows + row) * s.parts + part) * s.run + within;
  }

  __device__ bool inside() const { return position_ < end; }
  __device__ void next(const Sequences& s) {
    position_ += s.step;
    within += s.rest;
    at += s.whole_runs * s.parts * s.run + s.rest;
    if (within < s.run) return;
    within -= s.run;
    at += (s.parts - 1) * s.run;
  }

 private:
  std::int64_t position_;
};

/// The vectors of memory [samples, rows, groups, depth, inner] in their order. If each element has parameters of its
/// own (inner = 1), channels are counted in vectors, too.
template <class Int> struct Elements {
  Divisor<Int> rows, groups, run, inner;  // run = depth * inner
  Int depth;

  Elements(const NormLayout& l, std::int64_t vector)
      : rows(l.rows),
        groups(l.groups),
        run(l.depth * l.inner / vector),
        inner(std::max<std::int64_t>(l.inner / vector, 1)),
        depth(run / static_cast<Int>(inner)) {}

  struct Place {
    Int statistic, channel;
  };
  __device__ Place place(Int i) const {
    const Int line = i / run, row = line / groups, group = line - row * groups;
    return {row / rows * groups + group, group * depth + (i - line * run) / inner};
  }
};

/// N neighbouring parameters (kPerElement), or N copies of one; `absent` if there are none.
template <class T, int N, bool kPerElement>
__device__ Vector<T, N> parameters(const T* all, std::int64_t channel, T absent) {
  if constexpr (kPerElement) {
    if (all) return reinterpret_cast<const Vector<T, N>*>(all)[channel];
  }
  const T value = all ? all[channel] : absent;
  Vector<T, N> out;
  for (int k = 0; k < N; ++k) out.value[k] = value;
  return out;
}

// --- columns

/// Memory [samples, rows, width] of vectors, split into strips of columns and pieces of rows. A block processes one
/// piece of a strip: columns along threadIdx.x, rows along threadIdx.y, both powers of two.
struct Columns {
  std::int64_t samples, rows, width;
  Divisor<std::int64_t> strips, pieces;
  std::int64_t piece;  // rows
  dim3 block;

  /// Few pieces for sums of columns, many for elementwise work.
  static Columns for_sums(std::int64_t samples, std::int64_t rows, std::int64_t width) {
    Columns c(samples, rows, width);
    const std::int64_t tile = kHeld * c.block.y;
    const std::int64_t wanted = divide_up(rows, std::max<std::int64_t>(1, kEnoughBlocks / (samples * c.strips)));
    c.cut(rows <= 4 * tile ? rows : std::clamp(divide_up(wanted, tile) * tile, tile, 64 * tile));
    return c;
  }
  static Columns for_elements(std::int64_t samples, std::int64_t rows, std::int64_t width) {
    Columns c(samples, rows, width);
    c.cut(2 * kHeld * c.block.y);
    return c;
  }

  unsigned blocks() const { return static_cast<unsigned>(samples * pieces * strips); }

 private:
  Columns(std::int64_t sample_count, std::int64_t row_count, std::int64_t row_width)
      : samples(sample_count), rows(row_count), width(row_width) {
    unsigned x = 1;
    while (x < kThreads && x < width && (x < kWarp || kThreads / x > rows)) x *= 2;
    block = dim3(x, kThreads / x);
    strips = Divisor<std::int64_t>(divide_up(width, x));
  }
  void cut(std::int64_t piece_rows) {
    piece = piece_rows;
    pieces = Divisor<std::int64_t>(divide_up(rows, piece));
  }
};

/// The column and the rows of a thread in its block's piece.
struct ColumnIterator {
  std::int64_t sample, piece, column;
  std::int64_t begin, end;  // the rows of the piece
  bool inside;              // whether there is such a column

  __device__ explicit ColumnIterator(const Columns& c) {
    const std::int64_t unit = blockIdx.x, line = unit / c.strips;
    sample = line / c.pieces;
    piece = line - sample * c.pieces;
    column = (unit - line * c.strips) * blockDim.x + threadIdx.x;
    inside = column < c.width;
    begin = piece * c.piece;
    end = begin + c.piece < c.rows ? begin + c.piece : c.rows;
  }
  /// The offset of the column's vector in a row.
  __device__ std::int64_t at(const Columns& c, std::int64_t row) const {
    return (sample * c.rows + row) * c.width + column;
  }
  /// The offset of the piece's result in [samples, pieces, width].
  __device__ std::int64_t slot(const Columns& c) const { return (sample * c.pieces + piece) * c.width + column; }
};

/// Sums the vectors of the threads with the same threadIdx.x; each of them gets the result. May be called repeatedly.
template <class T, int N> __device__ Vector<T, N> column_sum(const Vector<T, N>& value) {
  __shared__ Vector<T, N> sums[kThreads];
  Vector<T, N>* mine = sums + threadIdx.y * blockDim.x + threadIdx.x;
  *mine = value;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y >= half) continue;
    for (int k = 0; k < N; ++k) mine->value[k] = mine->value[k] + mine[half * blockDim.x].value[k];
  }
  __syncthreads();
  const Vector<T, N> sum = sums[threadIdx.x];
  __syncthreads();  // before the next call writes `sums`
  return sum;
}

/// The statistic and the channel of a column of elements.
struct ColumnMap {
  std::int64_t groups;
  Divisor<std::int64_t> run, inner;

  explicit ColumnMap(const NormLayout& l) : groups(l.groups), run(l.depth * l.inner), inner(l.inner) {}

  __device__ std::int64_t statistic(std::int64_t sample, std::int64_t column) const {
    return sample * groups + column / run;
  }
  __device__ std::int64_t channel(std::int64_t column) const { return column / inner; }
};

// --- combining the pieces

/// The layout of the partial results of all pieces: [samples, pieces, groups, depth, columns].
struct PartialLayout {
  std::int64_t samples;
  Divisor<std::int64_t> pieces, groups, depth, columns;

  PartialLayout(std::int64_t sample_count, std::int64_t piece_count, std::int64_t group_count, std::int64_t group_depth,
                std::int64_t channel_columns)
      : samples(sample_count), pieces(piece_count), groups(group_count), depth(group_depth), columns(channel_columns) {}

  REEL_HD std::int64_t run() const { return depth * columns; }
  REEL_HD std::int64_t width() const { return groups * run(); }
  std::int64_t size() const { return samples * pieces * width(); }
};

/// The blocks that combine partial results: kCombineWidth neighbouring results, with kCombineHeight threads each.
inline constexpr unsigned kCombineWidth = 4, kCombineHeight = kThreads / kCombineWidth;
inline unsigned combine_blocks(std::int64_t results) {
  return static_cast<unsigned>(divide_up(results, kCombineWidth));
}

/// The sum over the threads of a result.
template <class S> __device__ S combine_sum(S value) { return column_sum(Vector<S, 1>{{value}}).value[0]; }

}  // namespace reel::kernels::cuda::normalization
