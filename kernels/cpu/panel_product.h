#pragma once

#include <cstdint>

/// Matrix products of Winograd's convolution and of attention, whose operands are small, in a cache, and laid out for
/// them. All lie in panels of a few vectors' columns: a matrix of `rows` by `columns` is [panels][rows][kLanes], so
/// that a kernel's addresses are one pointer and constants.
namespace reel::kernels::cpu::panel {

/// The columns of a panel: 32 in f32, 16 in f64.
template <class T> inline constexpr std::int64_t kLanes = 128 / sizeof(T);

/// How many panels hold so many columns.
template <class T> constexpr std::int64_t count(std::int64_t columns) { return (columns + kLanes<T> - 1) / kLanes<T>; }

/// How many rows of a panel products may touch where `rows` are asked for: panels have room for them.
constexpr std::int64_t padded_rows(std::int64_t rows) { return rows + rows % 2; }

/// c[rows][kLanes] = a b for a [rows, k], whose panels lie `panel` elements apart, and one panel b [k][kLanes]. With
/// `accumulate` the sums begin with what is in c, as if a and b had gone on. f32 and f64.
template <class T>
void product(const T* a, std::int64_t panel, const T* b, std::int64_t rows, std::int64_t k, bool accumulate, T* c);

/// c[kLanes][kLanes] = a^T b, or with `accumulate` added to c, for two panels [k][kLanes]. f32 and f64.
template <class T> void transposed_product(const T* a, const T* b, std::int64_t k, bool accumulate, T* c);

}  // namespace reel::kernels::cpu::panel
