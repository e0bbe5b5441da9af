// Cumulative sums along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>

namespace reel::kernels::cuda {
namespace {

/// f32 sums run in f64, so that long ones stay accurate; integers in i64, wrapping around.
template <class T> using SumOf = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
template <class T> using ScanResult = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;

/// The sums of pieces.
template <class T> struct Total {
  using In = T;
  using State = SumOf<T>;

  __device__ State start() const { return 0; }
  __device__ T fill() const { return 0; }
  __device__ static State combine(State a, State b) { return plus(a, b); }
  __device__ void store(std::int64_t, State) const {}

  template <int V, int N> __device__ State fold(State state, const T (&x)[N], int, std::int64_t, std::int64_t) const {
    for (int k = 0; k < N; ++k) state = plus(state, static_cast<State>(x[k]));
    return state;
  }
};

/// What is already summed up when a piece begins, from the running sums of the pieces' totals, [outer, pieces, inner]
/// (null if there is one piece only): those of its slice begin at `first`.
template <class S> __device__ S sum_before(const S* totals, std::int64_t first, std::int64_t inner, std::int64_t piece,
                                           std::int64_t pieces, bool reverse) {
  if (piece == (reverse ? pieces - 1 : 0)) return 0;
  return totals[first + (reverse ? piece + 1 : piece - 1) * inner];
}

/// The sum of the values of the threads before this one in its row; `total` is that of all.
template <class S> __device__ S scan_threads(S value, S& total) {
  const unsigned lanes = blockDim.x < kWarp ? blockDim.x : kWarp, lane = threadIdx.x % lanes;
  S sum = value;
  for (unsigned offset = 1; offset < lanes; offset *= 2) {
    const S earlier = __shfl_up_sync(kFullMask, sum, offset);
    if (lane >= offset) sum = plus(earlier, sum);
  }
  S before = __shfl_up_sync(kFullMask, sum, 1);  // subtracting `value` would make NaN of infinity
  if (lane == 0) before = 0;
  total = __shfl_sync(kFullMask, sum, static_cast<int>(lanes - 1), static_cast<int>(lanes));
  if (blockDim.x <= kWarp) return before;
  __shared__ S sums[kWarp];
  const unsigned warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp, first = threadIdx.y * warps;  // of the row
  if (lane == 0) sums[first + warp] = total;
  __syncthreads();
  S earlier = 0;
  total = 0;
  for (unsigned w = 0; w < warps; ++w) {
    if (w == warp) earlier = total;
    total = plus(total, sums[first + w]);
  }
  __syncthreads();  // before the next call writes `sums`
  return plus(earlier, before);
}

constexpr int kItems = 4;

template <int N, class T> __device__ void reverse_order(T (&x)[N]) {
  for (int k = 0; k < N / 2; ++k) {
    const T other = x[N - 1 - k];
    x[N - 1 - k] = x[k];
    x[k] = other;
  }
}

/// A row's threads go through a piece of it tile by tile, each with kItems neighbours, in the order of the scan.
template <class T> __global__ void __launch_bounds__(kThreads)
    scan_rows(const T* x, ScanResult<T>* out, const SumOf<T>* totals, std::int64_t outer, std::int64_t n,
              std::int64_t piece, bool reverse, bool aligned) {
  using Out = ScanResult<T>;
  using S = SumOf<T>;
  constexpr int in_vector = std::min(kItems, kPerAccess<T>), out_vector = std::min(kItems, kPerAccess<Out>);
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < n ? begin + piece : n;
  const std::int64_t tile = blockDim.x * kItems, tiles = (end - begin + tile - 1) / tile;
  const bool active = row < outer;
  const std::int64_t stop = active ? end : 0;
  const unsigned place = (reverse ? blockDim.x - 1 - threadIdx.x : threadIdx.x) * kItems;
  S sum = active ? sum_before(totals, row * gridDim.y, 1, blockIdx.y, gridDim.y, reverse) : S(0);
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t i = begin + (reverse ? tiles - 1 - t : t) * tile + place;
    T item[kItems];
    load_row<in_vector>(x + row * n, i, stop, std::int64_t{in_vector}, aligned, T(0), item);
    if (reverse) reverse_order(item);
    S part[kItems];
    part[0] = static_cast<S>(item[0]);
    for (int k = 1; k < kItems; ++k) part[k] = plus(part[k - 1], static_cast<S>(item[k]));
    S total;
    const S before = scan_threads(part[kItems - 1], total);
    Out result[kItems];
    for (int k = 0; k < kItems; ++k) result[k] = static_cast<Out>(plus(plus(sum, before), part[k]));
    if (reverse) reverse_order(result);
    store_row<out_vector>(out + row * n, i, stop, std::int64_t{out_vector}, aligned, result);
    sum = plus(sum, total);
  }
}

/// A thread goes through a piece of a column.
template <class T> __global__ void __launch_bounds__(kThreads)
    scan_columns(const T* x, ScanResult<T>* out, const SumOf<T>* totals, std::int64_t columns, std::int64_t n,
                 Divisor<std::int64_t> inner, std::int64_t piece, std::int64_t pieces, bool reverse) {
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.y) * blockDim.y + threadIdx.y;
  if (column >= columns || p >= pieces) return;
  const std::int64_t o = column / inner, j = column % inner;
  const std::int64_t begin = p * piece, length = begin + piece < n ? piece : n - begin;
  const std::int64_t first = (o * n + (reverse ? begin + length - 1 : begin)) * inner + j;
  const std::int64_t step = reverse ? -inner : inner;
  SumOf<T> sum = sum_before(totals, o * pieces * inner + j, inner, p, pieces, reverse);
  for (std::int64_t i = 0; i < length; i += kItems) {
    T item[kItems];
    load_column(x + first, i, length, 1, step, T(0), item);
    ScanResult<T> result[kItems];
    for (int k = 0; k < kItems; ++k) {
      sum = plus(sum, static_cast<SumOf<T>>(item[k]));
      result[k] = static_cast<ScanResult<T>>(sum);
    }
    store_column(out + first, i, length, 1, step, result);
  }
}

/// Scans pieces on top of what comes before them.
template <class T> void scan_pieces(const T* x, ScanResult<T>* out, const SumOf<T>* totals, std::int64_t outer,
                                    std::int64_t n, std::int64_t inner, std::int64_t piece, bool reverse) {
  const std::int64_t columns = outer * inner, pieces = (n + piece - 1) / piece;
  if (inner == 1) {
    const dim3 block = row_block(std::min(row_width(outer * pieces, std::min(n, piece), kItems), kThreads));
    const bool aligned = is_aligned(x) && is_aligned(out) && (outer == 1 || n % kItems == 0);
    launch(scan_rows<T>, dim3(blocks_for(outer, block.y), static_cast<unsigned>(pieces)), block, 0, x, out, totals,
           outer, n, piece, reverse, aligned);
  } else {
    unsigned width = kWarp;
    while (width < kThreads && width < columns) width *= 2;
    const dim3 block(width, kThreads / width);
    launch(scan_columns<T>, dim3(blocks_for(columns, block.x), blocks_for(pieces, block.y)), block, 0, x, out, totals,
           columns, n, Divisor<std::int64_t>(inner), piece, pieces, reverse);
  }
}

/// Where slices are few and long, their pieces' totals are scanned first. May work in place.
template <class T>
void scan(const T* x, ScanResult<T>* out, std::int64_t outer, std::int64_t n, std::int64_t inner, bool reverse) {
  using S = SumOf<T>;
  const std::int64_t piece =
      inner == 1 ? piece_size(n, 4 * kItems * kThreads, outer * kThreads) : piece_size(n, 8 * kItems, outer * inner);
  const ReduceAlgorithm algorithm = reduction::choose(n, inner, piece);
  announce(dtype_of<T>, outer, n, inner, algorithm);
  const bool split = algorithm == ReduceAlgorithm::split_rows || algorithm == ReduceAlgorithm::split_columns;
  if (!split) return scan_pieces<T>(x, out, nullptr, outer, n, inner, n, reverse);
  const std::int64_t pieces = (n + piece - 1) / piece;
  const Scratch<S> totals(outer * pieces * inner);
  reduction::reduce_pieces(Total<T>{}, x, totals.data(), outer, n, inner, piece);
  scan<S>(totals.data(), totals.data(), outer, pieces, inner, reverse);
  scan_pieces<T>(x, out, totals.data(), outer, n, inner, piece, reverse);
}

}  // namespace

void cumsum(const ScanArgs& args) {
  if (args.outer * args.n * args.inner == 0) return;
  dispatch<kWideNumericAndBool>(args.dtype, [&]<class T>() {
    scan(static_cast<const T*>(args.data), static_cast<ScanResult<T>*>(args.out), args.outer, args.n, args.inner,
         args.reverse);
  });
}

}  // namespace reel::kernels::cuda
