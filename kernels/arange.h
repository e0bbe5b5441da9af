#pragma once

#include <cstdint>

#include <reel/kernels/copy.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Evenly spaced numbers (arange, linspace).
namespace reel::kernels {

/// n contiguous elements, first + i * step, but none beyond `last`, onto which an excluded end may have been rounded.
/// `linspace` counts from both ends, so that the last element is exactly `last`. Integer dtypes use the integer start
/// and step and never round.
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
    if (args.from_both_ends && i >= args.n / 2) {
      return static_cast<T>(args.last - args.step * static_cast<double>(args.n - 1 - i));
    }
    const T x = static_cast<T>(args.first + args.step * static_cast<double>(i)), last = static_cast<T>(args.last);
    const auto beyond = [](T a, T b) { return convert<double>(a) > convert<double>(b); };
    return !args.from_both_ends && (args.step > 0 ? beyond(x, last) : beyond(last, x)) ? last : x;
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
