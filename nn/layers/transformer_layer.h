#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/attention.h>
#include <reel/nn/layers/dropout.h>
#include <reel/nn/layers/linear.h>
#include <reel/nn/layers/normalization.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/activation.h>

/// The layers of a Transformer (Vaswani et al. 2017): attention and a feed-forward network, each with a residual
/// connection and a norm. Of a boolean mask what is true is left out; a floating one is added to the scores.
namespace reel::nn {

/// Options of TransformerEncoderLayer and TransformerDecoderLayer.
struct TransformerLayerOptions {
  std::int64_t dim_feedforward = 2048;  ///< The width of the feed-forward network.
  double dropout = 0.1;                 ///< Of attention weights, hidden activations and residual branches.
  Tensor (*activation)(const Tensor&) =
      relu;                      ///< Of the feed-forward network: a function, or a lambda that captures nothing.
  double layer_norm_eps = 1e-5;  ///< Of the norms.
  bool batch_first = false;      ///< Whether tensors are [N, L, E] instead of [L, N, E].
  bool norm_first = false;       ///< Whether branches are normalised before, not sums after.
  bool bias = true;              ///< Whether linear layers and norms have biases.
};

/// The masks of an encoder or of one of its layers.
struct TransformerEncoderMasks {
  Tensor src_mask = {};              ///< Of pairs, [L, L] or [N * nhead, L, L].
  Tensor src_key_padding_mask = {};  ///< Of positions, [N, L].
  bool is_causal = false;            ///< Whether each position is kept from those after it.
};

/// The masks of a decoder or of one of its layers.
struct TransformerDecoderMasks {
  Tensor tgt_mask = {};                 ///< Of pairs of the target, [T, T] or [N * nhead, T, T].
  Tensor memory_mask = {};              ///< Of pairs of target and memory, [T, S] or [N * nhead, T, S].
  Tensor tgt_key_padding_mask = {};     ///< Of positions of the target, [N, T].
  Tensor memory_key_padding_mask = {};  ///< Of positions of the memory, [N, S].
  bool tgt_is_causal = false;           ///< Whether each position of the target is kept from those after it,
  bool memory_is_causal = false;        ///< and position i from those after i of the memory.
};

namespace detail {

/// What both kinds of layers have: the sizes they were made of, and the feed-forward network.
template <class Derived> class TransformerLayer : public Layer<Derived> {
 public:
  TransformerLayer(NullPointer auto null) : Layer<Derived>(null) {}

  /// Another layer with the same options, weights, dtype, device and mode; what is frozen here is frozen there.
  Derived clone() const;

 protected:
  TransformerLayer(std::int64_t d_model, std::int64_t nhead, const TransformerLayerOptions& options);
  /// Make a child as the options say, or those of the feed-forward network, and register it.
  MultiheadAttention make_attention(const char* name);
  LayerNorm make_norm(const char* name);
  Dropout make_dropout(const char* name);
  void make_feedforward();
  /// x + branch(x), with the norm where the options say so.
  template <class Branch> Tensor residual(const Tensor& x, const LayerNorm& norm, Branch&& branch) const {
    return options_.norm_first ? x + branch(norm(x)) : norm(x + branch(x));
  }
  /// x through the feed-forward network.
  Tensor feedforward(const Tensor& x) const;

 public:
  Linear linear1{nullptr};   ///< The first layer of the feed-forward network,
  Dropout dropout{nullptr};  ///< the dropout of its activations,
  Linear linear2{nullptr};   ///< and its second layer.

 private:
  std::int64_t d_model_ = 0, nhead_ = 1;
  TransformerLayerOptions options_;
};

}  // namespace detail

/// Attention of a sequence to itself, then the feed-forward network.
class TransformerEncoderLayer : public detail::TransformerLayer<TransformerEncoderLayer> {
 public:
  TransformerEncoderLayer(NullPointer auto null) : TransformerLayer(null) {}
  /// A layer for sequences of `d_model` features; `nhead` divides them.
  TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead, const TransformerLayerOptions& options = {});
  template <class... Values>
  requires PositionalOptions<TransformerLayerOptions, Values...> TransformerEncoderLayer(std::int64_t d_model,
                                                                                         std::int64_t nhead,
                                                                                         const Values&... options)
      : TransformerEncoderLayer(d_model, nhead, TransformerLayerOptions{options...}) {}

  /// The hooks and `forward`.
  Tensor operator()(const Tensor& src, const TransformerEncoderMasks& masks = {}) const {
    return Layer::operator()(src, masks);
  }
  /// src [L, N, E], or [N, L, E] with the batch first, or [L, E] without one, to the same shape.
  Tensor forward(const Tensor& src, const TransformerEncoderMasks& masks = {}) const;

  MultiheadAttention self_attn{nullptr};
  LayerNorm norm1{nullptr}, norm2{nullptr};
  Dropout dropout1{nullptr}, dropout2{nullptr};
};

/// Attention of a sequence to itself, then to the memory that the encoder returned, then the feed-forward network.
class TransformerDecoderLayer : public detail::TransformerLayer<TransformerDecoderLayer> {
 public:
  TransformerDecoderLayer(NullPointer auto null) : TransformerLayer(null) {}
  /// A layer for sequences of `d_model` features; `nhead` divides them.
  TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead, const TransformerLayerOptions& options = {});
  template <class... Values>
  requires PositionalOptions<TransformerLayerOptions, Values...> TransformerDecoderLayer(std::int64_t d_model,
                                                                                         std::int64_t nhead,
                                                                                         const Values&... options)
      : TransformerDecoderLayer(d_model, nhead, TransformerLayerOptions{options...}) {}

  /// The hooks and `forward`.
  Tensor operator()(const Tensor& tgt, const Tensor& memory, const TransformerDecoderMasks& masks = {}) const {
    return Layer::operator()(tgt, memory, masks);
  }
  /// tgt [T, N, E] and memory [S, N, E], or with the batch first, or without one, to the shape of tgt.
  Tensor forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderMasks& masks = {}) const;

  MultiheadAttention self_attn{nullptr}, multihead_attn{nullptr};
  LayerNorm norm1{nullptr}, norm2{nullptr}, norm3{nullptr};
  Dropout dropout1{nullptr}, dropout2{nullptr}, dropout3{nullptr};
};

}  // namespace reel::nn
