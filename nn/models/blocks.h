#pragma once

#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// x through all blocks; with `checkpointed` each is computed again in backward (`reel::checkpoint`).
Tensor run(const Sequential& blocks, Tensor x, bool checkpointed);

}  // namespace reel::nn::models
