#pragma once

#include <array>
#include <cstdint>
#include <string>

/// The training steps, which each library writes with its own modules: what they are called, and the sizes that are not
/// in their names.
namespace bench {

inline constexpr std::array kMlpBatches{64, 256};
inline std::string mlp_step(std::int64_t batch, const std::string& optimizer) {
  return "MLP 784-500-10 step, batch " + std::to_string(batch) + ", " + optimizer;
}

/// Convolution (32, 5x5) - ReLU - pool 2 - convolution (64, 5x5) - ReLU - pool 2 - 1024 - ReLU - 10.
inline constexpr const char* kCnnStep = "CNN step, batch 64, Adam";
/// The ResNet-18 for small images: its stem is one 3x3 convolution.
inline constexpr const char* kResNetStep = "ResNet-18 step, 32x32, batch 32, SGD momentum";
/// Inputs of 256, one layer of 256, and of each of the 35 outputs a linear layer to 64 classes.
inline constexpr const char* kLstmStep = "LSTM 256 step, sequence 35, batch 32, SGD";

}  // namespace bench
