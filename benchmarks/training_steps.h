#pragma once

#include <functional>
#include <string>
#include <vector>

/// The training steps that are measured: forward, cross-entropy, backward and update on random input.
namespace reel::bench {

struct TrainingStep {
  std::string name;
  std::function<void()> run;
};

/// MLP 784-500-10 with batches of 64 and 256 (Adam), the lecture's CNN with 64 (Adam), ResNet-18 on 32x32 with 32 (SGD
/// with momentum).
std::vector<TrainingStep> training_steps();

}  // namespace reel::bench
