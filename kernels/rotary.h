#pragma once

#include <cstdint>
#include <type_traits>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

namespace reel::kernels {

/// Rows of `width` contiguous elements of x [batch, heads, length, width], of which pairs are turned by angles.
struct RotaryArgs {
  DType dtype;
  const void* x;
  const void* cos;  // [length, half], or [batch, length, half]
  const void* sin;
  void* out;  // dense
  std::int64_t batch, heads, length, width;
  std::int64_t batch_stride, head_stride, row_stride;  // of x
  std::int64_t half;                                   // pairs of a row; the elements after them stay
  std::int64_t table_stride;                           // of cos and sin from one of the batch to the next; 0: shared
  bool interleaved;                                    // pairs (2 j, 2 j + 1) instead of (j, j + half)
  bool inverse;                                        // turns by the negative angles
};

/// What a rotation of T is computed in: f32 for f16 and bf16, whose results are rounded once.
template <class T> using RotaryValue = std::conditional_t<std::is_floating_point_v<T>, T, float>;

/// (a, b) turned by an angle.
template <class T> struct TurnedPair {
  T first, second;

  REEL_HD TurnedPair(T a, T b, T cos, T sin, bool inverse) {
    using Value = RotaryValue<T>;
    const Value u = static_cast<Value>(a), v = static_cast<Value>(b), c = static_cast<Value>(cos);
    const Value s = inverse ? -static_cast<Value>(sin) : static_cast<Value>(sin);
    first = static_cast<T>(u * c - v * s);
    second = static_cast<T>(v * c + u * s);
  }
};

namespace cpu {
void rotary(const RotaryArgs& args);
}
namespace cuda {
void rotary(const RotaryArgs& args);
}

/// out = x with each pair (a, b) replaced by (a cos - b sin, b cos + a sin).
inline constexpr KernelTable<void(const RotaryArgs&)> rotary{&cpu::rotary, &cuda::rotary};

}  // namespace reel::kernels
