#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>

/// How threads share the slices of a block [outer, n, inner]. Rows (inner = 1) lie along threadIdx.x: blockDim.x
/// threads, a power of two, have a row together, and blockDim.y rows are in a block. Columns (inner > 1) lie along
/// threadIdx.y, neighbouring columns side by side along threadIdx.x. Everything depends on the shape alone.
namespace reel::kernels::cuda {

/// Threads that keep a large GPU busy.
inline constexpr std::int64_t kEnoughThreads = 1 << 18;
/// At most this many threads are in a block, for more would have too few registers. Kernels add that one block on a
/// multiprocessor is enough, or else nvcc 13 spills some registers to make room for a second.
inline constexpr unsigned kSliceThreads = 512;
/// Accesses that a thread has under way at once.
inline constexpr int kUnroll = 4;

/// How many threads have one of `rows` rows of n elements together: so many that each makes about two accesses of
/// `vector` elements, up to a warp; then so many that each makes some more, fewer of them if there are few rows.
inline unsigned row_width(std::int64_t rows, std::int64_t n, int vector) {
  const std::int64_t accesses = (n + vector - 1) / vector;
  unsigned width = 1;
  while (width < kWarp && width * 2 < accesses) width *= 2;
  while (width >= kWarp && width < kSliceThreads &&
         width * (rows * width < kEnoughThreads ? kUnroll : 4 * kUnroll) < accesses) {
    width *= 2;
  }
  return width;
}

inline dim3 row_block(unsigned width) { return dim3(width, width < kThreads ? kThreads / width : 1); }

/// The block for `columns` columns of n elements: a warp wide if there are so many columns, and, while threads are
/// too few, with several threads to a column.
inline dim3 column_block(std::int64_t columns, std::int64_t n) {
  unsigned x = 1, y = 1;
  while (x < kWarp && x < columns) x *= 2;
  while (x * y < kWarp || (x * y < kSliceThreads && y * 8 < n && columns * y < kEnoughThreads)) y *= 2;
  while (x * y < kThreads && x < columns) x *= 2;
  return dim3(x, y);
}

/// The length of the pieces that slices of n elements are cut into, so that more than the `threads` threads that have
/// them whole can share the work: n if it is better not to. `least` elements keep all threads of a piece at work once.
inline std::int64_t piece_size(std::int64_t n, std::int64_t least, std::int64_t threads) {
  if (n <= 4 * least || threads >= kEnoughThreads) return n;
  const std::int64_t pieces = std::min<std::int64_t>({n / least, 4 * kEnoughThreads / threads, 32768});
  return ((n + pieces - 1) / pieces + least - 1) / least * least;
}

/// A thread's elements of a row x: N in all, V neighbours at a time, the first at i and `step` from the ones to the
/// next. `fill` stands for what is beyond `end`. Returns how many there are before it: they come first.
template <int V, int N, class T, class Int>
__device__ int load_row(const T* x, Int i, Int end, Int step, bool aligned, T fill, T (&out)[N]) {
  int count = 0;
  for (int k = 0; k < N; k += V, i += step) {
    if constexpr (V > 1) {
      if (aligned && i + V <= end) {
        const auto access = *reinterpret_cast<const Vector<T, V>*>(x + i);
        for (int v = 0; v < V; ++v) out[k + v] = access.value[v];
        count += V;
        continue;
      }
    }
    for (int v = 0; v < V; ++v) {
      out[k + v] = i + v < end ? x[i + v] : fill;
      count += i + v < end;
    }
  }
  return count;
}

/// Writes what `load_row` reads.
template <int V, int N, class T, class Int>
__device__ void store_row(T* x, Int i, Int end, Int step, bool aligned, const T (&value)[N]) {
  for (int k = 0; k < N; k += V, i += step) {
    if constexpr (V > 1) {
      if (aligned && i + V <= end) {
        Vector<T, V> access;
        for (int v = 0; v < V; ++v) access.value[v] = value[k + v];
        *reinterpret_cast<Vector<T, V>*>(x + i) = access;
        continue;
      }
    }
    for (int v = 0; v < V; ++v) {
      if (i + v < end) x[i + v] = value[k + v];
    }
  }
}

/// The same for a column, whose elements are `inner` apart.
template <int N, class T> __device__ int load_column(const T* x, std::int64_t i, std::int64_t end, std::int64_t step,
                                                     std::int64_t inner, T fill, T (&out)[N]) {
  int count = 0;
  for (int k = 0; k < N; ++k, i += step) {
    out[k] = i < end ? x[i * inner] : fill;
    count += i < end;
  }
  return count;
}
template <int N, class T> __device__ void store_column(T* x, std::int64_t i, std::int64_t end, std::int64_t step,
                                                       std::int64_t inner, const T (&value)[N]) {
  for (int k = 0; k < N; ++k, i += step) {
    if (i < end) x[i * inner] = value[k];
  }
}

/// The value of the lane whose number differs in the bits of `bits`, of any trivial type.
template <class T> __device__ T shuffle_xor(T value, int bits) {
  if constexpr (sizeof(T) < sizeof(int)) {
    return static_cast<T>(__shfl_xor_sync(kFullMask, static_cast<int>(value), bits));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return __shfl_xor_sync(kFullMask, value, bits);
  } else {
    unsigned words[sizeof(T) / sizeof(unsigned)];
    std::memcpy(words, &value, sizeof(T));
    for (unsigned& word : words) word = __shfl_xor_sync(kFullMask, word, bits);
    std::memcpy(&value, words, sizeof(T));
    return value;
  }
}

/// The combination of the values of a row's threads, in each of them. `start` is what combining with changes nothing.
/// All threads of the block must call it; they may again and again.
template <class T, class Combine> __device__ T row_reduce(T value, T start, Combine combine) {
  const auto butterfly = [&](T mine, unsigned lanes) {
    for (unsigned bits = lanes / 2; bits > 0; bits /= 2) {
      mine = combine(mine, shuffle_xor(mine, static_cast<int>(bits)));
    }
    return mine;
  };
  if (blockDim.x <= kWarp) return butterfly(value, blockDim.x);
  __shared__ T parts[kWarp];
  const unsigned lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;  // of a row
  value = butterfly(value, kWarp);
  if (lane == 0) parts[threadIdx.y * warps + threadIdx.x / kWarp] = value;
  __syncthreads();
  value = butterfly(lane < warps ? parts[threadIdx.y * warps + lane] : start, kWarp);
  __syncthreads();  // before the next call writes `parts`
  return value;
}

/// The dynamic shared memory that `column_reduce` needs.
template <class T> std::size_t column_shared(dim3 block) {
  return block.y == 1 ? 0 : std::size_t{block.x} * block.y * sizeof(T);
}

/// The combination of the values of a column's threads, in each of them. All threads of the block must call it, once.
template <class T, class Combine> __device__ T column_reduce(T value, Combine combine) {
  if (blockDim.y == 1) return value;
  T* values = dynamic_shared<T>();
  T* mine = values + threadIdx.y * blockDim.x + threadIdx.x;
  *mine = value;
  for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.y < half) *mine = value = combine(value, mine[half * blockDim.x]);
  }
  __syncthreads();
  return values[threadIdx.x];
}

struct Larger {
  template <class T> __device__ T operator()(T a, T b) const { return a > b ? a : b; }
};

}  // namespace reel::kernels::cuda
