#pragma once

#include <reel/kernels/elementwise.h>

namespace reel::kernels {

/// Operand 0 is the destination, operand 1 the source.
struct CopyArgs {
  DType to;
  DType from;
  StridedLoop<2> loop;
  void* destination;
  const void* source;
};

struct FillArgs {
  DType dtype;
  StridedLoop<1> loop;
  void* data;
  Scalar value;
};

namespace cpu {
void copy(const CopyArgs& args);
void fill(const FillArgs& args);
}  // namespace cpu

/// destination[i] = source[i], converted: to boolean by comparing with 0, to integers by truncation.
inline constexpr KernelTable<void(const CopyArgs&)> copy{&cpu::copy};
/// data[i] = value.
inline constexpr KernelTable<void(const FillArgs&)> fill{&cpu::fill};

}  // namespace reel::kernels
