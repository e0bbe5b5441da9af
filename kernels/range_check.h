#pragma once

#include <cstdint>
#include <string_view>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>
#include <reel/tensor/core/scalar.h>

/// Checks that indices, labels and other data are in the range that an operation needs.
namespace reel::kernels {

/// What the numbers are, for the error message.
struct RangeCheck {
  enum class Kind : std::uint8_t { index, row, label, probability };

  std::string_view op;
  Kind kind;
  std::int64_t size = 0;  // of the indexed dimension, or how many rows or classes there are
  std::int64_t dim = 0;   // of an index
};

/// Throws an IndexError (for a probability a ValueError) about an out-of-range number.
[[noreturn]] void fail_range_check(const RangeCheck& check, Scalar number);

inline constexpr DTypeSet kCheckedDTypes{DType::i64, DType::f32, DType::f64};

/// n contiguous elements of one of these dtypes: each must be in [low, high] or equal `ignored`, and none may be NaN.
struct RangeCheckArgs {
  RangeCheck check;
  DType dtype;
  const void* data;
  std::int64_t n;
  std::int64_t low, high;
  std::int64_t ignored = INT64_MIN;
};

/// Whether x is out of range; true for NaN.
template <class T> REEL_HD bool is_outside(T x, T low, T high, T ignored) {
  return !(x >= low && x <= high) && x != ignored;
}

namespace cpu {
void range_check(const RangeCheckArgs& args);
}
namespace cuda {
void range_check(const RangeCheckArgs& args);
}

/// Throws about the first number out of range. On a GPU the check is asynchronous like any other kernel: the next call
/// that synchronises throws about one of the numbers out of range. Until then kernels skip such numbers.
inline constexpr KernelTable<void(const RangeCheckArgs&)> range_check{&cpu::range_check, &cuda::range_check};

}  // namespace reel::kernels
