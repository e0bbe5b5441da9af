// Copies on one GPU, with conversion and in any layout, and fills.

#include <reel/kernels/copy.h>

#include <algorithm>
#include <utility>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/offset_calculator.h>
#include <reel/kernels/dispatch_bytes.h>

namespace reel::kernels::cuda {
namespace {

template <class To, class From, int W> __global__ void __launch_bounds__(kThreads)
    copy_loop(void* to, const void* from, OffsetCalculator<2> calculator, bool broadcast, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (W > 1 && (i + 1) * W > n) {  // the remainder of a contiguous copy
    for (std::int64_t j = i * W; j < n; ++j) {
      static_cast<To*>(to)[j] = convert<To>(static_cast<const From*>(from)[broadcast ? 0 : j]);
    }
    return;
  }
  if (i >= n) return;
  const Offsets<2> offset(calculator, i);
  const Vector<From, W> in = load<From, W>(from, offset.at[1], broadcast);
  Vector<To, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = convert<To>(in.value[j]);
  *reinterpret_cast<Vector<To, W>*>(static_cast<To*>(to) + offset.at[0]) = out;
}

template <class To, class From> void copy_as(const CopyArgs& args) {
  const std::int64_t n = args.loop.numel();
  if (n == 0) return;
  constexpr int width = static_cast<int>(16 / std::max(sizeof(To), sizeof(From)));
  const auto inner = static_cast<std::size_t>(args.loop.rank - 1);
  const int w =
      vector_width<2>(args.loop, {args.destination, const_cast<void*>(args.source)}, {sizeof(To), sizeof(From)}, width);
  const OffsetCalculator<2> calculator(args.loop, w);
  const bool broadcast = args.loop.strides[1][inner] == 0;
  const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
  if (w == 1)
    launch(copy_loop<To, From, 1>, grid, kThreads, 0, args.destination, args.source, calculator, broadcast, n);
  else launch(copy_loop<To, From, width>, grid, kThreads, 0, args.destination, args.source, calculator, broadcast, n);
}

/// The longer side of a large matrix's tile, and the elements of a tile in shared memory: 17 KB at most.
constexpr std::int64_t kTileSide = 64;
template <class T>
constexpr std::int64_t kTileElements = kTileSide*(kTileSide + 1) * 4 / std::max<std::int64_t>(sizeof(T), 4);

/// A transposing copy of matrices: the source is contiguous along the rows' dimension, the destination along the
/// columns'.
struct Transposition {
  std::int64_t rows, columns;
  std::int64_t row_step, column_step;  // of the destination along rows, of the source along columns
  int tile_rows, tile_columns;
  Divisor<std::int64_t> row_tiles, column_tiles;
  OffsetCalculator<2> planes;  // the other dimensions

  /// Odd, so that the elements of a column lie in different banks.
  REEL_HD int pitch() const { return tile_rows | 1; }
};

/// Iterates over every kThreads-th element of a tile.
struct TileIterator {
  int length, step, lines_per_step, at, line;

  __device__ explicit TileIterator(int line_length)
      : length(line_length),
        step(kThreads % line_length),
        lines_per_step(kThreads / line_length),
        at(static_cast<int>(threadIdx.x) % line_length),
        line(static_cast<int>(threadIdx.x) / line_length) {}
  __device__ void next() {
    at += step;
    line += lines_per_step;
    if (at < length) return;
    at -= length;
    ++line;
  }
};

/// Through shared memory, so that both reads and writes are coalesced.
template <class T> __global__ void __launch_bounds__(kThreads)
    copy_transposed(T* __restrict__ to, const T* __restrict__ from, Transposition t) {
  constexpr int kHeld = 4;  // elements that a thread reads before it stores them
  __shared__ T tile[kTileElements<T>];
  const std::int64_t block = blockIdx.x, row_of_tiles = block / t.column_tiles, plane = row_of_tiles / t.row_tiles;
  const Offsets<2> start(t.planes, plane);
  const std::int64_t row = (row_of_tiles - plane * t.row_tiles) * t.tile_rows;
  const std::int64_t column = (block - row_of_tiles * t.column_tiles) * t.tile_columns;
  const int rows = static_cast<int>(t.rows - row < t.tile_rows ? t.rows - row : t.tile_rows);
  const int columns = static_cast<int>(t.columns - column < t.tile_columns ? t.columns - column : t.tile_columns);
  from += start.at[1] + column * t.column_step + row;
  to += start.at[0] + row * t.row_step + column;

  for (TileIterator it(rows); it.line < columns;) {
    T held[kHeld];
    int place[kHeld];
#pragma unroll
    for (int h = 0; h < kHeld; ++h, it.next()) {
      place[h] = it.line < columns ? it.line * t.pitch() + it.at : -1;
      if (place[h] >= 0) held[h] = from[it.line * t.column_step + it.at];
    }
#pragma unroll
    for (int h = 0; h < kHeld; ++h) {
      if (place[h] >= 0) tile[place[h]] = held[h];
    }
  }
  __syncthreads();
#pragma unroll 4
  for (TileIterator it(columns); it.line < rows; it.next()) {
    to[it.line * t.row_step + it.at] = tile[it.at * t.pitch() + it.line];
  }
}

/// The sides of a tile. Where one side of the matrix is short (a kernel's window, an image's channels), the other side
/// of the tile is longer.
template <class T> std::pair<std::int64_t, std::int64_t> tile_sides(std::int64_t rows, std::int64_t columns) {
  const auto fitting = [](std::int64_t side, std::int64_t room) {  // a multiple of the warp, and equal tiles
    if (side <= room) return side;
    const std::int64_t most = room / kWarp * kWarp, tiles = divide_up(side, most);
    return divide_up(divide_up(side, tiles), kWarp) * kWarp;
  };
  std::int64_t r = std::min(rows, kTileSide);
  const std::int64_t c = fitting(columns, kTileElements<T> / (r | 1));
  if (c < kTileSide) r = fitting(rows, kTileElements<T> / c - 1);
  return {r, c};
}

/// Copies through tiles if the copy is a transposition large enough for them; else returns false.
template <class T> bool try_transpose(const CopyArgs& args) {
  const auto& loop = args.loop;
  const int inner = loop.rank - 1;
  int other = -1;
  for (int d = 0; d < inner; ++d) {
    if (loop.strides[1][static_cast<std::size_t>(d)] == 1) other = d;
  }
  const auto c = static_cast<std::size_t>(inner), r = static_cast<std::size_t>(std::max(other, 0));
  if (other < 0 || loop.strides[0][c] != 1) return false;
  const std::int64_t rows = loop.sizes[r], columns = loop.sizes[c];
  if (std::min(rows, columns) < 3 || rows * columns < kThreads) return false;
  StridedLoop<2> rest = loop;  // without the two dimensions of the matrix
  rest.sizes[c] = rest.sizes[r] = 1;
  const std::int64_t planes = loop.numel() / (rows * columns);
  const auto [tile_rows, tile_columns] = tile_sides<T>(rows, columns);
  const std::int64_t row_tiles = divide_up(rows, tile_rows), column_tiles = divide_up(columns, tile_columns);
  const std::int64_t blocks = planes * row_tiles * column_tiles;
  if (blocks > 0x7fffffff) return false;
  const Transposition t{rows,
                        columns,
                        loop.strides[0][r],
                        loop.strides[1][c],
                        static_cast<int>(tile_rows),
                        static_cast<int>(tile_columns),
                        Divisor<std::int64_t>(row_tiles),
                        Divisor<std::int64_t>(column_tiles),
                        OffsetCalculator<2>(rest, 1)};
  launch(copy_transposed<T>, static_cast<unsigned>(blocks), kThreads, 0, static_cast<T*>(args.destination),
         static_cast<const T*>(args.source), t);
  return true;
}

template <class T> void copy_same(const CopyArgs& args) {
  if (!try_transpose<T>(args)) copy_as<T, T>(args);
}

template <class T, int W> __global__ void __launch_bounds__(kThreads)
    fill_loop(T* data, T value, OffsetCalculator<1> calculator, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (W > 1 && (i + 1) * W > n) {
    for (std::int64_t j = i * W; j < n; ++j) data[j] = value;
    return;
  }
  if (i >= n) return;
  Vector<T, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = value;
  *reinterpret_cast<Vector<T, W>*>(data + Offsets<1>(calculator, i).at[0]) = out;
}

}  // namespace

void copy(const CopyArgs& args) {
  if (args.from == args.to) {
    return dispatch_bytes(size_of(args.from), [&]<class T>() { copy_same<T>(args); });
  }
  dispatch<kAnyDType>(args.to, [&]<class To>() {
    dispatch<kAnyDType>(args.from, [&]<class From>() {
      if constexpr (!std::is_same_v<To, From>) copy_as<To, From>(args);
    });
  });
}

void fill(const FillArgs& args) {
  const std::int64_t n = args.loop.numel();
  if (n == 0) return;
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    constexpr int width = static_cast<int>(16 / sizeof(T));
    const int w = vector_width<1>(args.loop, {args.data}, {sizeof(T)}, width);
    const OffsetCalculator<1> calculator(args.loop, w);
    const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
    T* data = static_cast<T*>(args.data);
    const T value = args.value.to<T>();
    if (w == 1) launch(fill_loop<T, 1>, grid, kThreads, 0, data, value, calculator, n);
    else launch(fill_loop<T, width>, grid, kThreads, 0, data, value, calculator, n);
  });
}

}  // namespace reel::kernels::cuda
