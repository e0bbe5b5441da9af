#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/vector.h>
#include <reel/kernels/elementwise.h>

/// A nest of loops as one grid: how a thread finds its elements in each operand.
namespace reel::kernels::cuda {

/// A StridedLoop of which each step of the innermost dimension stands for `width` elements.
template <int Operands> struct DeviceLoop {
  int rank = 0;
  Divisor<std::int64_t> size[kMaxRank];  // innermost first
  std::int64_t stride[kMaxRank][Operands] = {};

  DeviceLoop(const StridedLoop<Operands>& loop, int width) : rank(loop.rank) {
    for (int d = 0; d < rank; ++d) {
      const auto from = static_cast<std::size_t>(rank - 1 - d);
      const std::int64_t scale = d == 0 ? width : 1;
      if (d + 1 < rank)
        size[d] = Divisor<std::int64_t>(loop.sizes[from] / scale);  // nothing divides by the outermost size
      for (std::size_t k = 0; k < Operands; ++k) stride[d][k] = loop.strides[k][from] * scale;
    }
  }
};

/// Where step i of the nest lies in each operand.
template <int Operands> struct Offsets {
  std::int64_t at[Operands] = {};

  __device__ Offsets(const DeviceLoop<Operands>& loop, std::int64_t i) {
#pragma unroll
    for (int d = 0; d < kMaxRank; ++d) {
      if (d >= loop.rank) break;
      std::int64_t position = i;
      if (d + 1 < loop.rank) {
        position = i % loop.size[d];
        i = i / loop.size[d];
      }
      for (int k = 0; k < Operands; ++k) at[k] += position * loop.stride[d][k];
    }
  }
};

/// How many elements a thread may move at once: `width` if the operands of the nest, elements of `bytes[k]`, are runs
/// along the innermost dimension (or stand still: stride 0) that begin where such an access may; else 1. The output
/// must be a run. A single run may have any length, the rows of a deeper nest whole steps only.
template <int Operands> int vector_width(const StridedLoop<Operands>& loop, const std::array<void*, Operands>& data,
                                         const std::array<std::int64_t, Operands>& bytes, int width) {
  const auto inner = static_cast<std::size_t>(loop.rank - 1);
  if (loop.rank > 1 && loop.sizes[inner] % width != 0) return 1;
  for (std::size_t k = 0; k < Operands; ++k) {
    const std::int64_t step = loop.strides[k][inner];
    if (step == 0 && k > 0) continue;
    const std::int64_t access = bytes[k] * width;
    if (step != 1 || reinterpret_cast<std::uintptr_t>(data[k]) % static_cast<std::uintptr_t>(access) != 0) return 1;
    for (std::size_t d = 0; d < inner; ++d) {
      if (loop.strides[k][d] % width != 0) return 1;
    }
  }
  return width;
}

/// The next W elements of an operand; of one that stands still W times the same.
template <class T, int W> __device__ Vector<T, W> load(const void* data, std::int64_t at, bool still) {
  const T* from = static_cast<const T*>(data) + at;
  if (W > 1 && !still) return *reinterpret_cast<const Vector<T, W>*>(from);
  Vector<T, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = *from;
  return out;
}

}  // namespace reel::kernels::cuda
