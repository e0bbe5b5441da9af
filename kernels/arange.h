#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Evenly spaced numbers.
namespace reel::kernels {

/// n contiguous elements: first + i * step, counted from both ends if `last` is to be met exactly. Integers are
/// computed from the integers, without rounding.
struct SequenceArgs {
  DType dtype;  // one of kNumeric
  void* data;
  std::int64_t n;
  double first = 0, step = 0, last = 0;
  bool from_both_ends = false;
  std::int64_t whole_first = 0, whole_step = 0;
};

/// Element i.
template <class T> REEL_HD T sequence_element(const SequenceArgs& args, std::int64_t i) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(args.whole_first + i * args.whole_step);
  } else {
    const bool from_end = args.from_both_ends && i >= args.n / 2;
    return static_cast<T>(from_end ? args.last - args.step * static_cast<double>(args.n - 1 - i)
                                   : args.first + args.step * static_cast<double>(i));
  }
}

namespace cpu {
void sequence(const SequenceArgs& args);
}
namespace cuda {
void sequence(const SequenceArgs& args);
}

inline constexpr KernelTable<void(const SequenceArgs&)> sequence{&cpu::sequence, &cuda::sequence};

}  // namespace reel::kernels
