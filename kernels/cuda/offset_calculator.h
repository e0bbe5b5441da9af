#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/vector.h>
#include <reel/kernels/elementwise.h>

/// A StridedLoop as a grid: how a thread finds its elements in each operand.
namespace reel::kernels::cuda {

/// A StridedLoop for the device, in steps of `width` elements of the innermost dimension.
template <int Operands> struct OffsetCalculator {
  int rank = 0;
  Divisor<std::int64_t> size[kMaxRank];  // innermost first
  std::int64_t stride[kMaxRank][Operands] = {};

  OffsetCalculator(const StridedLoop<Operands>& loop, int width) : rank(loop.rank) {
    for (int d = 0; d < rank; ++d) {
      const auto from = static_cast<std::size_t>(rank - 1 - d);
      const std::int64_t scale = d == 0 ? width : 1;
      if (d + 1 < rank) size[d] = Divisor<std::int64_t>(loop.sizes[from] / scale);  // the outermost is not needed
      for (std::size_t k = 0; k < Operands; ++k) stride[d][k] = loop.strides[k][from] * scale;
    }
  }
};

/// The offset of step i of the loop in each operand, in elements.
template <int Operands> struct Offsets {
  std::int64_t at[Operands] = {};

  __device__ Offsets(const OffsetCalculator<Operands>& calculator, std::int64_t i) {
#pragma unroll
    for (int d = 0; d < kMaxRank; ++d) {
      if (d >= calculator.rank) break;
      std::int64_t position = i;
      if (d + 1 < calculator.rank) {
        position = i % calculator.size[d];
        i = i / calculator.size[d];
      }
      for (int k = 0; k < Operands; ++k) at[k] += position * calculator.stride[d][k];
    }
  }
};

/// How many elements a thread may access at once: `width`, or 1. It is `width` if along the innermost dimension every
/// operand (of `bytes[k]` per element) is contiguous and aligned, or broadcast (stride 0; not the output). A single
/// row may have any length; with more dimensions, rows must be multiples of `width`.
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

/// The next W elements of an operand. If it is `broadcast`, W copies of one element.
template <class T, int W> __device__ Vector<T, W> load(const void* data, std::int64_t at, bool broadcast) {
  const T* from = static_cast<const T*>(data) + at;
  if (W > 1 && !broadcast) return *reinterpret_cast<const Vector<T, W>*>(from);
  Vector<T, W> out;
  for (int j = 0; j < W; ++j) out.value[j] = *from;
  return out;
}

}  // namespace reel::kernels::cuda
