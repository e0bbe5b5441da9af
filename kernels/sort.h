#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// The type of the key by which an element of type T is sorted. Only the lowest kSortBits bits of a key are used.
template <class T> using SortKey = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
template <class T> inline constexpr int kSortBits = 8 * static_cast<int>(sizeof(T));

namespace detail {
template <class Bits> REEL_HD Bits float_sort_key(Bits bits, Bits infinity) {
  constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  if (static_cast<Bits>(bits & ~sign) > infinity) return static_cast<Bits>(~Bits{0});  // NaN
  if (bits == sign) bits = 0;                                                          // -0
  return static_cast<Bits>(bits & sign ? ~bits : bits | sign);
}
}  // namespace detail

/// An unsigned key with the order of x: all NaN are the largest, -0 equals 0.
template <class T> REEL_HD SortKey<T> sort_key(T x) {
  if constexpr (std::is_same_v<T, Half>) return detail::float_sort_key<std::uint16_t>(x.bits, 0x7c00);
  else if constexpr (std::is_same_v<T, BFloat16>) return detail::float_sort_key<std::uint16_t>(x.bits, 0x7f80);
  else if constexpr (std::is_same_v<T, float>)
    return detail::float_sort_key(std::bit_cast<std::uint32_t>(x), std::uint32_t{0x7f800000});
  else if constexpr (std::is_same_v<T, double>)
    return detail::float_sort_key(std::bit_cast<std::uint64_t>(x), std::uint64_t{0x7ff} << 52);
  else if constexpr (std::is_signed_v<T>) return static_cast<SortKey<T>>(x) ^ SortKey<T>{1} << (8 * sizeof(T) - 1);
  else return static_cast<SortKey<T>>(x);
}

/// The key for ascending or descending order.
template <class T> REEL_HD SortKey<T> sort_key(T x, bool descending) {
  const SortKey<T> key = sort_key(x);
  return descending ? ~key : key;
}

/// Sorts each of `rows` contiguous rows of n elements, stably, NaN largest, and keeps the first k. -0 equals 0.
struct SortArgs {
  DType dtype;
  bool descending;
  std::int64_t rows, n, k;
  const void* x;          // [rows, n]
  void* values;           // [rows, k]
  std::int64_t* indices;  // [rows, k]: the position of each value in its row
};

namespace cpu {
void sort(const SortArgs& args);
}
namespace cuda {
void sort(const SortArgs& args);
}

inline constexpr KernelTable<void(const SortArgs&)> sort{&cpu::sort, &cuda::sort};

}  // namespace reel::kernels
