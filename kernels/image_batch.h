#pragma once

#include <cstdint>

/// Batches of images from memory.
namespace reel::kernels::cpu {

/// `batch` images of `pixels` bytes at `indices` of a set, one after the other, as floats in [0, 1]: byte / 255.
struct ImageBatchArgs {
  const std::uint8_t* set;
  const std::int64_t* indices;
  std::int64_t batch, pixels;
  float* out;
};

/// On the CPU only: sets of images lie there.
void image_batch(const ImageBatchArgs& args);

}  // namespace reel::kernels::cpu
