#pragma once

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda::reduction {

/// The sum of the values of the threads before this one; `total` is that of all. May be called again and again.
template <class T> __device__ T block_scan(T value, T& total) {
  __shared__ T sums[kWarp];
  const unsigned lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  T sum = value;
  for (unsigned offset = 1; offset < kWarp; offset *= 2) {
    const T before = __shfl_up_sync(kFullMask, sum, offset);
    if (lane >= offset) sum += before;
  }
  if (lane == kWarp - 1) sums[warp] = sum;
  __syncthreads();
  T before = 0;
  total = 0;
  for (unsigned w = 0; w < warps; ++w) {
    if (w < warp) before += sums[w];
    total += sums[w];
  }
  __syncthreads();  // before the next call writes `sums`
  return before + sum - value;
}

/// Makes each of the numbers of a row the sum of those before it, and writes that of all to `totals[row]`. A block has
/// a row of n numbers.
template <class T> __global__ void scan_rows(T* data, std::int64_t n, T* totals) {
  constexpr int kPerThread = 4;
  T* const row = data + blockIdx.x * n;
  T sum = 0;
  for (std::int64_t begin = 0; begin < n; begin += kPerThread * blockDim.x) {
    const std::int64_t first = begin + kPerThread * threadIdx.x;
    T value[kPerThread], own = 0, total;
    for (int i = 0; i < kPerThread; ++i) {
      value[i] = first + i < n ? row[first + i] : T(0);
      own += value[i];
    }
    T before = sum + block_scan(own, total);
    for (int i = 0; i < kPerThread; ++i) {
      if (first + i < n) row[first + i] = before;
      before += value[i];
    }
    sum += total;
  }
  if (threadIdx.x == 0) totals[blockIdx.x] = sum;
}

/// Runs it for `rows` rows.
template <class T> void launch_scan(T* data, std::int64_t rows, std::int64_t n, T* totals) {
  launch(scan_rows<T>, blocks_for(rows, 1), n <= 8 * kWarp ? kWarp : 4 * kThreads, 0, data, n, totals);
}

}  // namespace reel::kernels::cuda::reduction
