#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Resizing of images [images, height, width, depth]. With channels-last memory `depth` is the number of channels; in
/// row-major memory each channel is an image of its own and `depth` is 1.
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

/// The two input positions that an output position interpolates between. `high` has the weight `high_weight`, `low` the
/// rest.
struct InterpolationTaps {
  std::int64_t low, high;
  double high_weight;
};

/// The taps of output position `i` of `out_size` among `size` input positions. `low` never decreases as i grows.
REEL_HD inline InterpolationTaps interpolation_taps(const InterpolateArgs& args, std::int64_t i, std::int64_t size,
                                                    std::int64_t out_size) {
  const auto clamped = [last = size - 1](std::int64_t p) { return p < last ? p : last; };
  if (!args.bilinear) {
    const std::int64_t nearest = clamped(i * size / out_size);
    return {nearest, nearest, 0};
  }
  const auto in = static_cast<double>(size), at = static_cast<double>(i), out = static_cast<double>(out_size);
  double source = 0;
  if (!args.align_corners) source = (at + 0.5) * in / out - 0.5;
  else if (out_size > 1) source = at * (in - 1) / (out - 1);
  if (source < 0) source = 0;
  const std::int64_t low = clamped(static_cast<std::int64_t>(source));
  return {low, clamped(low + 1), source - static_cast<double>(low)};
}

/// (1 - w) * low + w * high. A weight of 0 is no tap: an infinite or NaN pixel does not reach beyond its neighbours.
template <class T> REEL_HD T between(T low, T high, T w) {
  const T mean = (T(1) - w) * low + w * high;
  return w == T(0) ? low : mean;
}

/// Bilinear interpolation of four neighbours: `v` is the weight of the lower two, `u` that of the right two.
template <class T> REEL_HD T bilinear(T upper_left, T upper_right, T lower_left, T lower_right, T u, T v) {
  return between(between(upper_left, upper_right, u), between(lower_left, lower_right, u), v);
}

namespace cpu {
void interpolate(const InterpolateArgs& args);
void interpolate_grad(const InterpolateArgs& args);
}  // namespace cpu
namespace cuda {
void interpolate(const InterpolateArgs& args);
void interpolate_grad(const InterpolateArgs& args);
}  // namespace cuda

/// Nearest: out[i] = x[floor(i * size / out_size)]. Bilinear: out[i] interpolates at the position
/// i * (size - 1) / (out_size - 1) with aligned corners, else at max((i + 1/2) * size / out_size - 1/2, 0).
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate{&cpu::interpolate, &cuda::interpolate};
/// The gradient of the input: the transpose of `interpolate`.
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate_grad{&cpu::interpolate_grad,
                                                                            &cuda::interpolate_grad};

}  // namespace reel::kernels
