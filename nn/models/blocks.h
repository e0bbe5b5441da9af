#pragma once

#include <string_view>

#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models::detail {

/// x through all blocks; with `checkpointed` each is computed again in backward (`reel::checkpoint`).
Tensor run_blocks(const Sequential& blocks, Tensor x, bool checkpointed);

/// A model's Dropout, with a ValueError of the model's for a probability outside [0, 1].
Dropout dropout_of(std::string_view model, double dropout);

/// The paper's k = 2, n = 5, alpha = 1e-4, beta = 0.75 (Krizhevsky et al. 2012); its alpha is not divided by n.
LocalResponseNorm alexnet_response_norm();

/// Draws weights as He et al. 2015 propose (fan-in). Biases become 0 or stay.
void init_for_relu(const Module& net, bool zero_biases);

}  // namespace reel::nn::models::detail
