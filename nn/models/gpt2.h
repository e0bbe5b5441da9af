#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/embedding.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/models/kv_cache.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of GPT2, under the names of Hugging Face's configuration. Unless they are set: the smallest of the paper.
struct GPT2Options {
  std::int64_t vocab_size = 50257;  ///< Tokens.
  std::int64_t n_positions = 1024;  ///< The longest text.
  std::int64_t n_embd = 768;        ///< The width of what runs through the layers.
  std::int64_t n_layer = 12;        ///< Blocks of attention and a two-layer network.
  std::int64_t n_head = 12;         ///< Heads of each attention; they divide `n_embd`.
  double dropout = 0.1;             ///< Of embeddings, attention weights and what each half of a block adds.
  double eps = 1e-5;                ///< Of the layer norms.
};

/// x @ weight + bias over the last dimension: a linear layer whose weight is [in, out], as GPT-2's files have it.
class Conv1D : public Layer<Conv1D> {
 public:
  Conv1D(NullPointer auto null) : Layer(null) {}
  /// A layer with weights N(0, 0.02) and biases 0. The order of the sizes is Linear's, not that of Hugging Face.
  Conv1D(std::int64_t in_features, std::int64_t out_features);

  /// x [..., in] -> [..., out].
  Tensor forward(const Tensor& x) const;

  Tensor weight;  ///< [in, out].
  Tensor bias;    ///< [out].
};

/// GPT-2 (Radford et al. 2019): learned positions, layer norms before attention and network, GELU in its tanh form, and
/// an output that shares its weights with the embedding. Names, layouts and initialisation are those of Hugging Face's
/// GPT2LMHeadModel. The smallest has 124,439,808 parameters.
class GPT2 : public Layer<GPT2> {
 public:
  /// A model with random weights; a ValueError for sizes below 1, or heads that do not divide the width.
  explicit GPT2(const GPT2Options& options = {});

  /// Token ids [N, T] (i64 or i32) -> logits of the token after each, [N, T, vocab_size]. A ValueError for more than
  /// `n_positions`.
  Tensor forward(const Tensor& ids) const;
  /// The same for tokens that follow those in the cache; not under a tape.
  Tensor forward(const Tensor& ids, KVCache& cache) const;

  /// `load_state_dict` for files of Hugging Face: names may lack "transformer.", "lm_head.weight" may be missing, the
  /// causal masks that old files hold ("attn.bias") are left out, and other dtypes are converted.
  void load_pretrained(const StateDict& state) const;
  /// The longest text.
  std::int64_t max_positions() const { return options_.n_positions; }

 private:
  Tensor run(const Tensor& ids, KVCache* cache) const;

  GPT2Options options_;
  Embedding wte_{nullptr}, wpe_{nullptr};
  Dropout drop_{nullptr};
  ModuleList h_;
  LayerNorm ln_f_{nullptr};
  Linear lm_head_{nullptr};
};

}  // namespace reel::nn::models
