// What the models share.

#include <reel/nn/models/blocks.h>

#include <reel/autograd/checkpoint.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::models {

Tensor detail::run_blocks(const Sequential& blocks, Tensor x, bool checkpointed) {
  if (!checkpointed) return blocks(x);
  for (const AnyModule& block : blocks) x = checkpoint(block, x);
  return x;
}

Dropout detail::dropout_of(std::string_view model, double dropout) {
  check<ValueError>(dropout >= 0 && dropout <= 1, "{}: expected dropout in [0, 1], got {}", model, dropout);
  return Dropout(dropout);
}

}  // namespace reel::nn::models
