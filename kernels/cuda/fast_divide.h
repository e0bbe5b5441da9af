#pragma once

#include <bit>
#include <cstdint>

#include <cuda_runtime.h>

namespace reel::kernels::cuda {

__extension__ using Unsigned128 = unsigned __int128;

/// Division by a number that is the same for a whole launch, as a multiplication and a shift: a 64-bit division takes
/// the GPU some 70 instructions (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994,
/// figure 4.1).
class FastDivide {
 public:
  FastDivide() = default;
  /// `divisor` is at least 1.
  explicit FastDivide(std::int64_t divisor)
      : divisor_(static_cast<std::uint64_t>(divisor)), shift_(64 - std::countl_zero(divisor_ - 1)) {
    if (divisor_ == 1) shift_ = 0;
    const Unsigned128 excess = (Unsigned128{1} << shift_) - divisor_;
    multiplier_ = static_cast<std::uint64_t>((excess << 64) / divisor_ + 1);
  }

  struct Result {
    std::int64_t quotient, rest;
  };
  /// For i >= 0.
  __device__ Result divide(std::int64_t i) const {
    const auto n = static_cast<std::uint64_t>(i);
    const auto high = static_cast<std::uint64_t>(Unsigned128{multiplier_} * n >> 64);
    const std::uint64_t quotient = (high + n) >> shift_;  // no overflow: n is below 2^63, and high below n
    return {static_cast<std::int64_t>(quotient), static_cast<std::int64_t>(n - quotient * divisor_)};
  }

 private:
  std::uint64_t divisor_ = 1, multiplier_ = 1;
  int shift_ = 0;
};

}  // namespace reel::kernels::cuda
