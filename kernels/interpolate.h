#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Resizing of images [images, height, width, depth]: depth is the number of channels where they are innermost in
/// memory, and 1 where each channel is an image of its own.
namespace reel::kernels {

struct InterpolateArgs {
  DType dtype;
  bool bilinear;
  bool align_corners;
  std::int64_t images, depth;
  std::int64_t height, width;          // of the input
  std::int64_t out_height, out_width;  // of the result
  const void* from;                    // the input; for the gradient the gradient of the result
  void* to;                            // the result; for the gradient the gradient of the input
};

/// The two input positions that an output position mixes, and the share of the second.
struct Mix {
  std::int64_t low, high;
  double share;
};

/// What output position `i` of `out_size` mixes of `size` input positions. `low` does not decrease with i.
REEL_HD inline Mix mix_of(const InterpolateArgs& args, std::int64_t i, std::int64_t size, std::int64_t out_size) {
  const auto clamped = [last = size - 1](std::int64_t p) { return p < last ? p : last; };
  if (!args.bilinear) {
    const std::int64_t nearest = clamped(i * size / out_size);
    return {nearest, nearest, 0};
  }
  const auto in = static_cast<double>(size), at = static_cast<double>(i), total = static_cast<double>(out_size);
  double place = 0;
  if (!args.align_corners) place = (at + 0.5) * in / total - 0.5;
  else if (out_size > 1) place = at * (in - 1) / (total - 1);
  if (place < 0) place = 0;
  const std::int64_t low = clamped(static_cast<std::int64_t>(place));
  return {low, clamped(low + 1), place - static_cast<double>(low)};
}

/// The mixture of four neighbours: `v` is the share of the lower two, `u` that of the right ones.
template <class T> REEL_HD T bilinear(T upper_left, T upper_right, T lower_left, T lower_right, T u, T v) {
  return (T(1) - v) * ((T(1) - u) * upper_left + u * upper_right) + v * ((T(1) - u) * lower_left + u * lower_right);
}

namespace cpu {
void interpolate(const InterpolateArgs& args);
void interpolate_grad(const InterpolateArgs& args);
}  // namespace cpu
namespace cuda {
void interpolate(const InterpolateArgs& args);
void interpolate_grad(const InterpolateArgs& args);
}  // namespace cuda

/// Nearest: out[i] = x[floor(i * size / out_size)]. Bilinear: out[i] mixes the two neighbours of i * (size - 1) /
/// (out_size - 1) with aligned corners, else of max((i + 1/2) * size / out_size - 1/2, 0).
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate{&cpu::interpolate, &cuda::interpolate};
/// The transpose.
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate_grad{&cpu::interpolate_grad,
                                                                            &cuda::interpolate_grad};

}  // namespace reel::kernels
