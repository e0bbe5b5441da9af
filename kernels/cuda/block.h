#pragma once

#include <cstdint>

#include <cuda_runtime.h>

/// Reductions within a warp and a block, in plain CUDA C++ that the emulation runs as well. Blocks consist of whole
/// warps, and every thread of the block must take part in every call.
namespace reel::kernels::cuda {

inline constexpr unsigned kWarp = 32;
inline constexpr unsigned kFullMask = 0xffffffffu;

/// The block's dynamic shared memory, of the size given at launch, aligned to 16 bytes.
template <class T> __device__ T* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char reel_dynamic_shared[];
  return reinterpret_cast<T*>(reel_dynamic_shared);
#else
  return static_cast<T*>(emulation::dynamic_shared());
#endif
}

/// Combines the values of all lanes by a butterfly; every lane gets the result.
template <class T, class Combine> __device__ T warp_reduce(T value, Combine combine) {
  for (unsigned offset = kWarp / 2; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kFullMask, value, static_cast<int>(offset)));
  }
  return value;
}

/// Combines the values of all threads; every thread gets the result. `identity` is the neutral element of `combine`.
/// May be called repeatedly.
template <class T, class Combine> __device__ T block_reduce(T value, T identity, Combine combine) {
  __shared__ T parts[kWarp];
  const unsigned lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, warps = blockDim.x / kWarp;
  value = warp_reduce(value, combine);
  if (lane == 0) parts[warp] = value;
  __syncthreads();
  value = warp_reduce(lane < warps ? parts[lane] : identity, combine);
  __syncthreads();  // before the next call writes `parts`
  return value;
}

struct Plus {
  template <class T> __device__ T operator()(T a, T b) const { return a + b; }
};

template <class T> __device__ T block_sum(T value) { return block_reduce(value, T(0), Plus{}); }

}  // namespace reel::kernels::cuda
