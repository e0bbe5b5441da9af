#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include <reel/kernels/cuda/launch.h>
#include <reel/tensor/core/host_device.h>

/// Arithmetic of positions in the narrowest type that holds them, with divisions that cost as much as multiplications.
namespace reel::kernels::cuda {

__extension__ using Unsigned128 = unsigned __int128;

/// A number that is the same for a whole launch: `/` and `%` by it are a multiplication and a shift, four instructions
/// for 32 bits where the compiler's division takes 20 and that for 64 bits 70. What is divided must not be negative.
/// (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994, figure 4.1.)
template <class Int> class Divisor {
  using Unsigned = std::make_unsigned_t<Int>;
  using Wide = std::conditional_t<sizeof(Int) == 4, std::uint64_t, Unsigned128>;
  static constexpr int bits = 8 * sizeof(Int);

 public:
  Divisor() = default;
  /// Nothing may be divided by 0, but the number is kept.
  constexpr explicit Divisor(std::int64_t value) : value_(static_cast<Int>(value)) {
    if (value < 1) return;
    const auto divisor = static_cast<Unsigned>(value);
    shift_ = divisor == 1 ? 0 : bits - std::countl_zero(static_cast<Unsigned>(divisor - 1));
    multiplier_ = static_cast<Unsigned>((((Wide{1} << shift_) - divisor) << bits) / divisor + 1);
  }

  REEL_HD constexpr operator Int() const { return value_; }

  friend REEL_HD constexpr Int operator/(Int i, const Divisor& d) {
    const auto n = static_cast<Unsigned>(i);
    // The sum does not overflow: n lacks the highest bit, and the product's upper half is below n.
    return static_cast<Int>((static_cast<Unsigned>(Wide{d.multiplier_} * n >> bits) + n) >> d.shift_);
  }
  friend REEL_HD constexpr Int operator%(Int i, const Divisor& d) { return i - i / d * d.value_; }

 private:
  Int value_ = 1;
  Unsigned multiplier_ = 1;
  int shift_ = 0;
};

/// Calls `f.template operator()<Int>()` with a type that holds positions up to `largest`, and those that the last
/// block of a grid has beyond it.
template <class F> void with_positions(std::int64_t largest, F&& f) {
  if (largest < (std::int64_t{1} << 31) - 65536) f.template operator()<std::int32_t>();
  else f.template operator()<std::int64_t>();
}

/// This thread's number in a grid of blocks of kThreads.
template <class Int> __device__ Int thread_position() {
  return static_cast<Int>(static_cast<Int>(blockIdx.x) * static_cast<Int>(kThreads) + static_cast<Int>(threadIdx.x));
}

}  // namespace reel::kernels::cuda
