#pragma once

#include <cstdint>

#include <reel/kernels/sort.h>

namespace reel::kernels {

/// out[r, j] = how many elements of row r of the sequence come before value [r, j], in the order of `sort`: those less
/// than it, with `right` also those equal to it. Each row ascends.
struct SearchArgs {
  DType dtype;
  bool right;
  std::int64_t rows, n, m;
  const void* sequence;  // [rows, n], or [n] for all rows
  bool one_sequence;     // whether it is [n]
  const void* values;    // [rows, m]
  std::int64_t* out;     // [rows, m]
};

/// Of one value in a row of n elements.
template <class T> REEL_HD std::int64_t count_before(const T* row, std::int64_t n, T value, bool right) {
  const SortKey<T> key = sort_key(value);
  std::int64_t low = 0, high = n;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const SortKey<T> at = sort_key(row[middle]);
    if (at < key || (right && at == key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

namespace cpu {
void searchsorted(const SearchArgs& args);
}
namespace cuda {
void searchsorted(const SearchArgs& args);
}

inline constexpr KernelTable<void(const SearchArgs&)> searchsorted{&cpu::searchsorted, &cuda::searchsorted};

}  // namespace reel::kernels
