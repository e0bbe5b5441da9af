#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/embedding.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/sequential.h>

namespace reel::nn::models {

/// Options of Bert, under the names of Hugging Face's configuration. Unless they are set: "base" of the paper.
struct BertOptions {
  std::int64_t vocab_size = 30522;               ///< Tokens.
  std::int64_t hidden_size = 768;                ///< The width of what runs through the layers.
  std::int64_t num_hidden_layers = 12;           ///< Blocks of attention and a two-layer network.
  std::int64_t num_attention_heads = 12;         ///< Heads of each attention; they divide `hidden_size`.
  std::int64_t intermediate_size = 3072;         ///< The hidden units of each two-layer network.
  std::int64_t max_position_embeddings = 512;    ///< The longest text.
  std::int64_t type_vocab_size = 2;              ///< Kinds of tokens: of the first text, of the second.
  std::optional<std::int64_t> pad_token_id = 0;  ///< The token whose embedding is zero and learns nothing.
  double dropout = 0.1;  ///< Of embeddings, attention weights and what each half of a block adds.
  double eps = 1e-12;    ///< Of the layer norms.
  bool pooler = true;    ///< Whether there is a layer for `pool`.
};

/// BERT's encoder (Devlin et al. 2018): each token sees all tokens of the text. Names, layouts and initialisation are
/// those of Hugging Face's BertModel. all-MiniLM-L6-v2 is this with a width of 384, 6 layers and 1536 hidden units.
class Bert : public Layer<Bert> {
 public:
  /// A model with random weights; a ValueError for sizes below 1, or heads that do not divide the width.
  explicit Bert(const BertOptions& options = {});

  /// Token ids [N, T] (i64 or i32) -> what each token has become, [N, T, hidden_size]. `attention_mask` [N, T]: 0 (or
  /// false) for tokens that others must not see, such as padding. `token_type_ids` [N, T]; without them all 0.
  Tensor forward(const Tensor& ids, const Tensor& attention_mask = {}, const Tensor& token_type_ids = {}) const;
  /// What the first token has become, through a layer and tanh: [N, T, hidden_size] -> [N, hidden_size]. A ValueError
  /// for a model without a pooler.
  Tensor pool(const Tensor& hidden) const;

  /// `load_state_dict` for files of Hugging Face: names may begin with "bert.", layer norms may have a "gamma" and a
  /// "beta", what is not the encoder's ("cls.", "embeddings.position_ids", a pooler that this model has not) is left
  /// out, and other dtypes are converted.
  void load_pretrained(const StateDict& state) const;

 private:
  BertOptions options_;
  Embedding word_embeddings_{nullptr}, position_embeddings_{nullptr}, token_type_embeddings_{nullptr};
  LayerNorm norm_{nullptr};
  Dropout dropout_{nullptr};
  ModuleList layers_;
  Linear pooler_{nullptr};
};

/// The mean of each text's tokens, hidden [N, T, features] -> [N, features]; where `attention_mask` [N, T] is 0 (or
/// false) a token does not count. A text without tokens has mean 0. With `normalize` each has length 1, as sentence
/// embeddings do.
Tensor mean_pool(const Tensor& hidden, const Tensor& attention_mask = {}, bool normalize = false);

}  // namespace reel::nn::models
