// Running the blocks of a network.

#include <reel/nn/models/blocks.h>

#include <reel/autograd/checkpoint.h>

namespace reel::nn::models {

Tensor run(const Sequential& blocks, Tensor x, bool checkpointed) {
  if (!checkpointed) return blocks(x);
  for (const AnyModule& block : blocks) x = checkpoint(block, x);
  return x;
}

}  // namespace reel::nn::models
