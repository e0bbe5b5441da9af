#pragma once

#include <torch/torch.h>

#include "../transformers.h"

namespace bench {

/// GPT-2 in libtorch, as its users write it: one product makes query, key and value, and the head shares the
/// embedding's weight.
struct GPT2 : torch::nn::Module {
  explicit GPT2(const Transformer& form);
  /// Token ids [N, T] -> logits [N, T, vocabulary].
  torch::Tensor forward(const torch::Tensor& ids);

 private:
  torch::nn::Embedding tokens_, positions_;
  torch::nn::Sequential blocks_;
  torch::nn::LayerNorm norm_;
};

}  // namespace bench
