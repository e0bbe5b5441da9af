#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace reel::kernels::cuda {

/// N neighbouring elements, loaded or stored with one access.
template <class T, int N> struct alignas(sizeof(T) * N) Vector { T value[N]; };

/// How many elements of T one access of 16 bytes moves.
template <class T> inline constexpr int kPerAccess = static_cast<int>(16 / sizeof(T));

/// Whether a pointer may be accessed 16 bytes at once.
__host__ __device__ inline bool is_aligned(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

}  // namespace reel::kernels::cuda
