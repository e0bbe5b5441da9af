#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The GPT-2 whose training steps are measured at several lengths, with as many tokens in each: Reel's own model, and
/// the same one in libtorch.
namespace bench {

struct Transformer {
  std::int64_t positions, batch;
  std::int64_t layers = 4, width = 256, heads = 4, vocabulary = 256;

  /// What its row is called.
  std::string step() const {
    return "GPT-2 step, 4 layers, 256 wide, " + std::to_string(batch) + "x" + std::to_string(positions) +
           " positions, AdamW";
  }
  /// The same with little work.
  Transformer small() const {
    return {.positions = 8, .batch = 2, .layers = 1, .width = 8, .heads = 2, .vocabulary = 16};
  }
};

inline const std::vector<Transformer> kTransformers{{128, 16}, {512, 4}, {2048, 1}};

}  // namespace bench
