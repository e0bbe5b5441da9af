#pragma once

#include <cstdint>

#include <cuda_runtime.h>

/// What kernels say to their warp and block. Everything here is plain CUDA C++ that the emulation runs as well; blocks
/// have whole warps only, and every thread of a block takes part in every call.
namespace reel::kernels::cuda {

inline constexpr unsigned kWarp = 32;
inline constexpr unsigned kFullMask = 0xffffffffu;

/// The block's dynamic shared memory, as many bytes as the launch asked for, aligned to 16.
template <class T> __device__ T* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char reel_dynamic_shared[];
  return reinterpret_cast<T*>(reel_dynamic_shared);
#else
  return static_cast<T*>(emulation::dynamic_shared());
#endif
}

/// The combination of all lanes' values, in every lane, in the same order of combining for each (a butterfly).
template <class T, class Combine> __device__ T warp_reduce(T value, Combine combine) {
  for (unsigned offset = kWarp / 2; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kFullMask, value, static_cast<int>(offset)));
  }
  return value;
}

/// The combination of all threads' values, in every thread. `start` is what combining with changes nothing. May be
/// called again and again.
template <class T, class Combine> __device__ T block_reduce(T value, T start, Combine combine) {
  __shared__ T parts[kWarp];
  const unsigned lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  value = warp_reduce(value, combine);
  if (lane == 0) parts[warp] = value;
  __syncthreads();
  value = warp_reduce(lane < warps ? parts[lane] : start, combine);
  __syncthreads();  // before the next call writes `parts`
  return value;
}

struct Plus {
  template <class T> __device__ T operator()(T a, T b) const { return a + b; }
};

template <class T> __device__ T block_sum(T value) { return block_reduce(value, T(0), Plus{}); }

}  // namespace reel::kernels::cuda
