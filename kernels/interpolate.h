#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

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

namespace cpu {
void interpolate(const InterpolateArgs& args);
void interpolate_grad(const InterpolateArgs& args);
}  // namespace cpu

/// Nearest: out[i] = x[floor(i * size / out_size)]. Bilinear: out[i] mixes the two neighbours of i * (size - 1) /
/// (out_size - 1) with aligned corners, else of max((i + 1/2) * size / out_size - 1/2, 0).
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate{&cpu::interpolate};
/// The transpose.
inline constexpr KernelTable<void(const InterpolateArgs&)> interpolate_grad{&cpu::interpolate_grad};

}  // namespace reel::kernels
