#pragma once

#include <optional>
#include <tuple>

#include <reel/nn/layer.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of MultiheadAttention.
struct MultiheadAttentionOptions {
  double dropout = 0;                               ///< The share of the weights that is dropped in training.
  bool bias = true;                                 ///< Whether the projections have biases.
  bool add_bias_kv = false;                         ///< Whether a learnt key and a learnt value follow the others.
  bool add_zero_attn = false;                       ///< Whether a key and a value of zeros follow the others.
  std::optional<std::int64_t> kdim = std::nullopt;  ///< The size of keys; by default `embed_dim`.
  std::optional<std::int64_t> vdim = std::nullopt;  ///< The size of values; by default `embed_dim`.
  bool batch_first = false;                         ///< Whether tensors are [N, L, E] instead of [L, N, E].
};

/// What else a call of MultiheadAttention takes. Of a boolean mask what is true is left out
/// (`scaled_dot_product_attention` has it the other way round); a floating mask is added to the scores.
struct MultiheadAttentionForwardOptions {
  Tensor key_padding_mask = {};      ///< Of keys, [N, S].
  bool need_weights = true;          ///< Whether the weights are wanted; without them it takes less time and memory.
  Tensor attn_mask = {};             ///< Of pairs of a query and a key, [L, S] or [N * num_heads, L, S].
  bool average_attn_weights = true;  ///< Whether the weights are the mean over the heads, or of each.
  bool is_causal = false;            ///< Whether query i is kept from the keys after key i.
};

/// Attention of several heads, each with projections of its own (Vaswani et al. 2017):
/// out_proj(concat(`scaled_dot_product_attention`(q W_h, k W_h, v W_h))). A query that sees no key gets zeros for its
/// heads. The projections start as `init::xavier_uniform_`, their biases with zeros.
class MultiheadAttention : public Layer<MultiheadAttention> {
 public:
  MultiheadAttention(NullPointer auto null) : Layer(null) {}
  /// `num_heads` divide `embed_dim`.
  MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads, const MultiheadAttentionOptions& options = {});
  template <class... Values>
  requires PositionalOptions<MultiheadAttentionOptions, Values...> MultiheadAttention(std::int64_t embed_dim,
                                                                                      std::int64_t num_heads,
                                                                                      const Values&... options)
      : MultiheadAttention(embed_dim, num_heads, MultiheadAttentionOptions{options...}) {}

  /// The hooks and `forward`.
  auto operator()(const Tensor& query, const Tensor& key, const Tensor& value,
                  const MultiheadAttentionForwardOptions& options = {}) const {
    return Layer::operator()(query, key, value, options);
  }
  /// query [L, N, embed_dim], key [S, N, kdim] and value [S, N, vdim], or all with the batch first, or without one.
  /// Returns the output, which has the query's shape, and the weights [N, L, S] or [N, num_heads, L, S], undefined if
  /// they are not needed.
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const MultiheadAttentionForwardOptions& options = {}) const;

  Tensor
      in_proj_weight;  ///< [3 embed_dim, embed_dim]: those of query, key and value; undefined if these differ in size.
  Tensor q_proj_weight, k_proj_weight, v_proj_weight;  ///< [embed_dim, size] in its place; else undefined.
  Tensor in_proj_bias;                                 ///< [3 embed_dim]. Undefined without biases.
  Tensor bias_k, bias_v;                               ///< [1, 1, embed_dim]. Undefined without `add_bias_kv`.
  Linear out_proj{nullptr};                            ///< From the heads to the output.

 private:
  /// Query, key and value of all heads, [N, heads, length, size of a head].
  struct Heads {
    Tensor query, key, value;
  };
  Heads project(const Tensor& query, const Tensor& key, const Tensor& value) const;
  Tensor in_heads(const Tensor& x) const;
  Tensor with_added(const Tensor& x, const Tensor& learnt) const;
  void check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const;

  std::int64_t embed_dim_ = 0, num_heads_ = 1;
  MultiheadAttentionOptions options_;
};

}  // namespace reel::nn
