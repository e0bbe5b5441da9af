#pragma once

#include <vector>

#include "dqn_network.h"
#include "game.h"

namespace dqn {

static_assert(games::kSide == kScreen && games::kActions == kActionValues, "the network is made for these games");

/// The frames as images of `channels` frames each, [N, channels, 16, 16] from 0 to 1, on the default device.
inline Tensor frame_tensor(const std::vector<games::Frame>& frames, std::int64_t channels) {
  std::vector<std::uint8_t> pixels;
  for (const games::Frame& frame : frames) pixels.insert(pixels.end(), frame.begin(), frame.end());
  const std::int64_t images = static_cast<std::int64_t>(frames.size()) / channels;
  return tensor(pixels, {images, channels, kScreen, kScreen}).to(DType::f32) / 255;
}

}  // namespace dqn
