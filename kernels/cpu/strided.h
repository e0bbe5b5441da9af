#pragma once

#include <reel/kernels/elementwise.h>

namespace reel::kernels::cpu {

/// The offset in operand k, in elements, of element i of the first `dims` dimensions of a loop.
template <int Operands> std::int64_t nest_offset(const StridedLoop<Operands>& loop, int k, std::int64_t i, int dims) {
  const auto& strides = loop.strides[static_cast<std::size_t>(k)];
  std::int64_t offset = 0;
  for (int d = dims - 1; d > 0; --d) {
    const std::int64_t size = loop.sizes[static_cast<std::size_t>(d)];
    offset += i % size * strides[static_cast<std::size_t>(d)];
    i /= size;
  }
  return dims > 0 ? offset + i * strides[0] : 0;
}

/// The offset of a row, counted over all dimensions but the innermost.
template <int Operands> std::int64_t row_offset(const StridedLoop<Operands>& loop, int k, std::int64_t row) {
  return row ? nest_offset(loop, k, row, loop.rank - 1) : 0;
}

}  // namespace reel::kernels::cpu
