#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Evenly spaced numbers (arange, linspace).
namespace reel::kernels {

/// n contiguous elements, first + i * step. `linspace` counts from both ends, so that the last element is exactly
/// `last`. Integer dtypes use the integer start and step and never round.
struct ArangeArgs {
  DType dtype;  // one of kNumeric
  void* data;
  std::int64_t n;
  double first = 0, step = 0, last = 0;
  bool from_both_ends = false;
  std::int64_t integer_first = 0, integer_step = 0;
};

/// Element i of the range.
template <class T> REEL_HD T arange_element(const ArangeArgs& args, std::int64_t i) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(args.integer_first + i * args.integer_step);
  } else {
    const bool from_end = args.from_both_ends && i >= args.n / 2;
    return static_cast<T>(from_end ? args.last - args.step * static_cast<double>(args.n - 1 - i)
                                   : args.first + args.step * static_cast<double>(i));
  }
}

namespace cpu {
void arange(const ArangeArgs& args);
}
namespace cuda {
void arange(const ArangeArgs& args);
}

inline constexpr KernelTable<void(const ArangeArgs&)> arange{&cpu::arange, &cuda::arange};

}  // namespace reel::kernels
