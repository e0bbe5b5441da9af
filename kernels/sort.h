#pragma once

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

namespace reel::kernels {

/// Sorts each of `rows` contiguous rows of n elements, stably, NaN largest, and keeps the first k. -0 equals 0.
struct SortArgs {
  DType dtype;
  bool descending;
  std::int64_t rows, n, k;
  const void* x;          // [rows, n]
  void* values;           // [rows, k]
  std::int64_t* indices;  // [rows, k]: where each came from
};

namespace cpu {
void sort(const SortArgs& args);
}

inline constexpr KernelTable<void(const SortArgs&)> sort{&cpu::sort};

}  // namespace reel::kernels
