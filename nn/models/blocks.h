#pragma once

#include <string_view>

#include <reel/nn/dropout.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models::detail {

/// x through all blocks; with `checkpointed` each is computed again in backward (`reel::checkpoint`).
Tensor run_blocks(const Sequential& blocks, Tensor x, bool checkpointed);

/// A model's Dropout, with a ValueError of the model's for a probability outside [0, 1].
Dropout dropout_of(std::string_view model, double dropout);

}  // namespace reel::nn::models::detail
