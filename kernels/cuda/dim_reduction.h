#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/vector.h>

/// Building blocks of kernels along the middle dimension of [outer, n, inner]: softmax, cross-entropy, reductions. Rows
/// (inner = 1) lie along threadIdx.x: blockDim.x threads, a power of two, share a row, and a block has blockDim.y rows.
/// Columns (inner > 1) lie along threadIdx.y, neighbouring columns along threadIdx.x. The partition depends on the
/// shape alone.
namespace reel::kernels::cuda {

/// Threads that keep a large GPU busy.
inline constexpr std::int64_t kEnoughThreads = 1 << 18;
/// The most threads of a block: more would leave too few registers for each. Kernels also declare that one block per
/// multiprocessor is enough, since otherwise nvcc 13 spills registers to make room for a second.
inline constexpr unsigned kSliceThreads = 512;
/// Accesses that a thread has in flight at once.
inline constexpr int kUnroll = 4;

/// How many threads share one of `rows` rows of n elements. Up to a warp, each thread makes about two accesses of
/// `vector` elements; wider rows have kUnroll accesses per thread if there are few rows, else 4 * kUnroll.
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

/// The block for `columns` columns of n elements: a warp wide if there are that many columns, with several threads per
/// column while there are too few threads to fill the GPU.
inline dim3 column_block(std::int64_t columns, std::int64_t n) {
  unsigned x = 1, y = 1;
  while (x < kWarp && x < columns) x *= 2;
  while (x * y < kWarp || (x * y < kSliceThreads && y * 8 < n && columns * y < kEnoughThreads)) y *= 2;
  while (x * y < kThreads && x < columns) x *= 2;
  return dim3(x, y);
}

/// The length of the pieces into which slices of n elements are split where `threads` threads alone would not fill the
/// GPU; n if splitting does not pay. A piece is a multiple of `least` elements, which occupy all its threads once.
inline std::int64_t piece_size(std::int64_t n, std::int64_t least, std::int64_t threads) {
  if (n <= 4 * least || threads >= kEnoughThreads) return n;
  const std::int64_t pieces = std::min<std::int64_t>({n / least, 4 * kEnoughThreads / threads, 32768});
  return ((n + pieces - 1) / pieces + least - 1) / least * least;
}

/// Loads N elements of a row x, V neighbours at a time: the first V at i, the next ones `step` further on. Positions
/// beyond `end` give `fill`. Returns how many elements are before `end`; these come first.
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

/// Stores N elements where `load_row` loads them.
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

/// The same for a column: its elements are `inner` apart.
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

/// __shfl_xor_sync for any trivial type.
template <class T> __device__ T shuffle_xor(T value, int mask) {
  if constexpr (sizeof(T) < sizeof(int)) {
    return static_cast<T>(__shfl_xor_sync(kFullMask, static_cast<int>(value), mask));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return __shfl_xor_sync(kFullMask, value, mask);
  } else {
    unsigned words[sizeof(T) / sizeof(unsigned)];
    std::memcpy(words, &value, sizeof(T));
    for (unsigned& word : words) word = __shfl_xor_sync(kFullMask, word, mask);
    std::memcpy(&value, words, sizeof(T));
    return value;
  }
}

/// Combines the values of a row's threads; every thread gets the result. `identity` is the neutral element of
/// `combine`. All threads of the block must call it; it may be called repeatedly.
template <class T, class Combine> __device__ T row_reduce(T value, T identity, Combine combine) {
  const auto butterfly = [&](T mine, unsigned lanes) {
    for (unsigned mask = lanes / 2; mask > 0; mask /= 2) {
      mine = combine(mine, shuffle_xor(mine, static_cast<int>(mask)));
    }
    return mine;
  };
  if (blockDim.x <= kWarp) return butterfly(value, blockDim.x);
  __shared__ T parts[kWarp];
  const unsigned lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;  // of a row
  value = butterfly(value, kWarp);
  if (lane == 0) parts[threadIdx.y * warps + threadIdx.x / kWarp] = value;
  __syncthreads();
  value = butterfly(lane < warps ? parts[threadIdx.y * warps + lane] : identity, kWarp);
  __syncthreads();  // before the next call writes `parts`
  return value;
}

/// The dynamic shared memory of `column_reduce`, in bytes.
template <class T> std::size_t column_shared(dim3 block) {
  return block.y == 1 ? 0 : std::size_t{block.x} * block.y * sizeof(T);
}

/// Combines the values of a column's threads; every thread gets the result. All threads of the block must call it, and
/// only once.
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
