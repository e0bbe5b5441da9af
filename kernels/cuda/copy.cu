// Copies on one device, with conversion and in any layout.

#include <reel/kernels/copy.h>

#include <algorithm>

#include <reel/kernels/bits.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/loop.h>

namespace reel::kernels::cuda {
namespace {

template <class To, class From, int W> __global__ void __launch_bounds__(kThreads)
    copy_loop(void* to, const void* from, DeviceLoop<2> loop, bool still, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (W > 1 && (i + 1) * W > n) {  // what is left of a run
    for (std::int64_t j = i * W; j < n; ++j) {
      static_cast<To*>(to)[j] = convert<To>(static_cast<const From*>(from)[still ? 0 : j]);
    }
    return;
  }
  if (i >= n) return;
  const Offsets<2> offset(loop, i);
  const Vector<From, W> in = load<From, W>(from, offset.at[1], still);
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
  const DeviceLoop<2> loop(args.loop, w);
  const bool still = args.loop.strides[1][inner] == 0;
  const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
  if (w == 1) launch(copy_loop<To, From, 1>, grid, kThreads, 0, args.destination, args.source, loop, still, n);
  else launch(copy_loop<To, From, width>, grid, kThreads, 0, args.destination, args.source, loop, still, n);
}

constexpr int kTile = 32, kTileRows = 8;

/// Which rows and columns a transposed copy has: the source is contiguous along `rows`, the destination along
/// `columns`.
struct Transposition {
  std::int64_t rows, columns;
  std::int64_t row_step, column_step;  // of the destination along rows, of the source along columns
  Divisor<std::int64_t> row_tiles, column_tiles;
  DeviceLoop<2> planes;  // the other dimensions
};

/// Through shared memory, so that neighbouring threads read and write neighbouring elements.
template <class T> __global__ void __launch_bounds__(kTile* kTileRows)
    copy_transposed(T* to, const T* from, Transposition t) {
  __shared__ T tile[kTile][kTile + 1];  // the extra column keeps the threads of a warp on different banks
  const std::int64_t block = blockIdx.x, row_of_tiles = block / t.column_tiles;
  const Offsets<2> plane(t.planes, row_of_tiles / t.row_tiles);
  const std::int64_t row = row_of_tiles % t.row_tiles * kTile, column = block % t.column_tiles * kTile;
  const int x = static_cast<int>(threadIdx.x) % kTile, y = static_cast<int>(threadIdx.x) / kTile;
  from += plane.at[1];
  to += plane.at[0];
  for (int k = y; k < kTile; k += kTileRows) {
    if (row + x < t.rows && column + k < t.columns) tile[k][x] = from[(column + k) * t.column_step + row + x];
  }
  __syncthreads();
  for (int k = y; k < kTile; k += kTileRows) {
    if (row + k < t.rows && column + x < t.columns) to[(row + k) * t.row_step + column + x] = tile[x][k];
  }
}

/// Whether the copy is a transposition that is worth tiles, and then makes it.
template <class T> bool transpose(const CopyArgs& args) {
  const auto& loop = args.loop;
  const int inner = loop.rank - 1;
  int other = -1;
  for (int d = 0; d < inner; ++d) {
    if (loop.strides[1][static_cast<std::size_t>(d)] == 1) other = d;
  }
  const auto c = static_cast<std::size_t>(inner), r = static_cast<std::size_t>(std::max(other, 0));
  if (other < 0 || loop.strides[0][c] != 1 || loop.sizes[c] < 8 || loop.sizes[r] < 8) return false;
  StridedLoop<2> rest;  // a size of 1 stands for each of the two
  rest = loop;
  rest.sizes[c] = rest.sizes[r] = 1;
  const std::int64_t planes = loop.numel() / (loop.sizes[c] * loop.sizes[r]);
  const std::int64_t row_tiles = (loop.sizes[r] + kTile - 1) / kTile,
                     column_tiles = (loop.sizes[c] + kTile - 1) / kTile;
  const std::int64_t blocks = planes * row_tiles * column_tiles;
  if (blocks > 0x7fffffff) return false;
  const Transposition t{loop.sizes[r],
                        loop.sizes[c],
                        loop.strides[0][r],
                        loop.strides[1][c],
                        Divisor<std::int64_t>(row_tiles),
                        Divisor<std::int64_t>(column_tiles),
                        DeviceLoop<2>(rest, 1)};
  launch(copy_transposed<T>, static_cast<unsigned>(blocks), kTile * kTileRows, 0, static_cast<T*>(args.destination),
         static_cast<const T*>(args.source), t);
  return true;
}

template <class T> void copy_bits(const CopyArgs& args) {
  if (!transpose<T>(args)) copy_as<T, T>(args);
}

template <class T, int W> __global__ void __launch_bounds__(kThreads)
    fill_loop(T* data, T value, DeviceLoop<1> loop, std::int64_t n) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (W > 1 && (i + 1) * W > n) {
    for (std::int64_t j = i * W; j < n; ++j) data[j] = value;
    return;
  }
  if (i >= n) return;
  Vector<T, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = value;
  *reinterpret_cast<Vector<T, W>*>(data + Offsets<1>(loop, i).at[0]) = out;
}

}  // namespace

void copy(const CopyArgs& args) {
  if (args.from == args.to) {
    return dispatch_bits(size_of(args.from), [&]<class T>() { copy_bits<T>(args); });
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
    const DeviceLoop<1> loop(args.loop, w);
    const unsigned grid = blocks_for(n, std::int64_t{kThreads} * w);
    T* data = static_cast<T*>(args.data);
    const T value = args.value.to<T>();
    if (w == 1) launch(fill_loop<T, 1>, grid, kThreads, 0, data, value, loop, n);
    else launch(fill_loop<T, width>, grid, kThreads, 0, data, value, loop, n);
  });
}

}  // namespace reel::kernels::cuda
