#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <reel/kernels/cuda/launch.h>
#include <reel/tensor/core/host_device.h>

/// Index arithmetic in the narrowest type that holds the positions, with divisions as cheap as multiplications.
namespace reel::kernels::cuda {

__extension__ using Unsigned128 = unsigned __int128;

/// A divisor that is constant for a launch. `/` and `%` by it are a multiplication and a shift: four instructions for
/// 32 bits, where the compiler's division takes 20 (70 for 64 bits). The dividend must not be negative.
/// (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994, figure 4.1.)
template <class Int> class Divisor {
  using Unsigned = std::make_unsigned_t<Int>;
  using Wide = std::conditional_t<sizeof(Int) == 4, std::uint64_t, Unsigned128>;
  static constexpr int bits = 8 * sizeof(Int);

 public:
  Divisor() = default;
  /// 0 may be stored, but nothing may be divided by it.
  constexpr explicit Divisor(std::int64_t value) : value_(static_cast<Int>(value)) {
    if (value < 1) return;
    const auto divisor = static_cast<Unsigned>(value);
    shift_ = divisor == 1 ? 0 : bits - std::countl_zero(static_cast<Unsigned>(divisor - 1));
    multiplier_ = static_cast<Unsigned>((((Wide{1} << shift_) - divisor) << bits) / divisor + 1);
  }

  REEL_HD constexpr operator Int() const { return value_; }

  friend REEL_HD constexpr Int operator/(Int i, const Divisor& d) {
    const auto n = static_cast<Unsigned>(i);
    // The sum does not overflow: the highest bit of n is 0, and the upper half of the product is less than n.
    return static_cast<Int>((static_cast<Unsigned>(Wide{d.multiplier_} * n >> bits) + n) >> d.shift_);
  }
  friend REEL_HD constexpr Int operator%(Int i, const Divisor& d) { return i - i / d * d.value_; }

 private:
  Int value_ = 1;
  Unsigned multiplier_ = 1;
  int shift_ = 0;
};

/// Calls `f.template operator()<Int>()` with a type that holds positions up to `largest`, including those beyond it in
/// the last block of a grid.
template <class F> void with_positions(std::int64_t largest, F&& f) {
  if (largest < (std::int64_t{1} << 31) - 65536) f.template operator()<std::int32_t>();
  else f.template operator()<std::int64_t>();
}

/// The index of this thread in a one-dimensional grid of blocks of kThreads.
template <class Int> __device__ Int thread_position() {
  return static_cast<Int>(static_cast<Int>(blockIdx.x) * static_cast<Int>(kThreads) + static_cast<Int>(threadIdx.x));
}

}  // namespace reel::kernels::cuda
