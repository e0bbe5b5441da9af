#pragma once

#include <cstdint>

namespace reel::kernels::cpu {

/// The images at `indices` of a set, each of `pixels` bytes, as floats in [0, 1]: out[batch, pixels] = byte / 255.
struct ImageBatchArgs {
  const std::uint8_t* set;
  const std::int64_t* indices;
  std::int64_t batch, pixels;
  float* out;
};

/// On the CPU only, where data sets are stored.
void image_batch(const ImageBatchArgs& args);

}  // namespace reel::kernels::cpu
