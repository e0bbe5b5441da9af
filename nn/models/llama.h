#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/embedding.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/models/kv_cache.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of Llama, under the names of Hugging Face's configuration. Unless they are set: SmolLM2-135M.
struct LlamaOptions {
  std::int64_t vocab_size = 49152;              ///< Tokens.
  std::int64_t hidden_size = 576;               ///< The width of what runs through the layers.
  std::int64_t intermediate_size = 1536;        ///< The hidden units of each gated network.
  std::int64_t num_hidden_layers = 30;          ///< Blocks of attention and a gated network.
  std::int64_t num_attention_heads = 9;         ///< Heads of each attention; they divide `hidden_size`.
  std::int64_t num_key_value_heads = 3;         ///< Heads of keys and values, each for several of the queries.
  std::int64_t max_position_embeddings = 8192;  ///< The longest text.
  double rms_norm_eps = 1e-5;                   ///< Of the norms.
  double rope_theta = 1e5;                      ///< The slowest rotation of positions takes about 2 pi times as many.
  bool tie_word_embeddings = true;              ///< Whether the output shares its weights with the embedding.
};

/// Llama (Touvron et al. 2023): RMS norms before attention and network, positions as rotations of queries and keys (Su
/// et al. 2021; features i and i + half turn together), heads that share keys and values (Ainslie et al. 2023), a
/// network gated by SiLU (Shazeer 2020), no biases. Names and layouts are those of Hugging Face's LlamaForCausalLM,
/// also of files for models alike, such as SmolLM2.
class Llama : public Layer<Llama> {
 public:
  /// A model with random weights, N(0, 0.02); a ValueError for sizes below 1, or heads that do not divide the width or
  /// each other.
  explicit Llama(const LlamaOptions& options = {});

  /// Token ids [N, T] (i64 or i32) -> logits of the token after each, [N, T, vocab_size]. A ValueError for more than
  /// `max_position_embeddings`.
  Tensor forward(const Tensor& ids) const;
  /// The same for tokens that follow those in the cache; not under a tape.
  Tensor forward(const Tensor& ids, KVCache& cache) const;

  /// `load_state_dict` for files of Hugging Face: names may lack "model.", "lm_head.weight" may be missing if it is the
  /// embedding, frequencies of rotations ("inv_freq") are left out, and other dtypes are converted.
  void load_pretrained(const StateDict& state) const;
  /// The longest text.
  std::int64_t max_positions() const { return options_.max_position_embeddings; }

 private:
  Tensor run(const Tensor& ids, KVCache* cache) const;

  LlamaOptions options_;
  Embedding embed_tokens_{nullptr};
  ModuleList layers_;
  RMSNorm norm_{nullptr};
  Linear lm_head_{nullptr};
};

}  // namespace reel::nn::models
