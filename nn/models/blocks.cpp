// What the models share.

#include <reel/nn/models/blocks.h>

#include <reel/autograd/checkpoint.h>
#include <reel/nn/init.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::models {

Tensor detail::run_blocks(const Sequential& blocks, Tensor x, bool checkpointed) {
  if (!checkpointed) return blocks(x);
  for (const AnyModule& block : blocks) x = checkpoint(block, x);
  return x;
}

Dropout detail::dropout_of(std::string_view model, double dropout) {
  reel::detail::check_option(model, "dropout", dropout, reel::detail::kZeroToOne);
  return Dropout(dropout);
}

LocalResponseNorm detail::alexnet_response_norm() {
  constexpr std::int64_t kNeighbours = 5;
  return LocalResponseNorm(kNeighbours, {.alpha = kNeighbours * 1e-4, .beta = 0.75, .k = 2});
}

void detail::init_for_relu(const Module& net, bool zero_biases) {
  for (const Tensor& p : net.parameters()) {
    if (p.dim() > 1) init::kaiming_normal_(p, {.nonlinearity = init::Nonlinearity::relu});
    else if (zero_biases) init::zeros_(p);
  }
}

}  // namespace reel::nn::models
