#pragma once

#include <reel/nn/layers/transformer_layer.h>
#include <reel/nn/sequential.h>

namespace reel::nn {

/// Encoder layers, one after the other, and a norm.
class TransformerEncoder : public Layer<TransformerEncoder> {
 public:
  TransformerEncoder(NullPointer auto null) : Layer(null) {}
  /// `num_layers` clones of a layer, which all start with its weights, as in PyTorch. The norm may be left out.
  TransformerEncoder(const TransformerEncoderLayer& encoder_layer, std::int64_t num_layers,
                     const LayerNorm& norm = nullptr);

  /// The hooks and `forward`.
  Tensor operator()(const Tensor& src, const TransformerEncoderMasks& masks = {}) const {
    return Layer::operator()(src, masks);
  }
  /// src, as the layers take it, to the same shape. All layers have the same masks.
  Tensor forward(const Tensor& src, const TransformerEncoderMasks& masks = {}) const;

  ModuleList layers{nullptr};  ///< Of TransformerEncoderLayer.
  LayerNorm norm{nullptr};     ///< Empty if left out.
};

/// Decoder layers, one after the other, and a norm.
class TransformerDecoder : public Layer<TransformerDecoder> {
 public:
  TransformerDecoder(NullPointer auto null) : Layer(null) {}
  /// `num_layers` clones of a layer, which all start with its weights, as in PyTorch. The norm may be left out.
  TransformerDecoder(const TransformerDecoderLayer& decoder_layer, std::int64_t num_layers,
                     const LayerNorm& norm = nullptr);

  /// The hooks and `forward`.
  Tensor operator()(const Tensor& tgt, const Tensor& memory, const TransformerDecoderMasks& masks = {}) const {
    return Layer::operator()(tgt, memory, masks);
  }
  /// tgt and memory, as the layers take them, to the shape of tgt. All layers have the same memory and masks.
  Tensor forward(const Tensor& tgt, const Tensor& memory, const TransformerDecoderMasks& masks = {}) const;

  ModuleList layers{nullptr};  ///< Of TransformerDecoderLayer.
  LayerNorm norm{nullptr};     ///< Empty if left out.
};

/// Options of Transformer.
struct TransformerOptions {
  std::int64_t d_model = 512;                  ///< The features of source and target.
  std::int64_t nhead = 8;                      ///< The heads of each attention, which divide `d_model`.
  std::int64_t num_encoder_layers = 6;         ///< How many layers the encoder has,
  std::int64_t num_decoder_layers = 6;         ///< and the decoder.
  std::int64_t dim_feedforward = 2048;         ///< As in TransformerLayerOptions, also what follows.
  double dropout = 0.1;                        ///< Of attention weights, hidden activations and residual branches.
  Tensor (*activation)(const Tensor&) = relu;  ///< Of the feed-forward networks.
  double layer_norm_eps = 1e-5;                ///< Of the norms.
  bool batch_first = false;                    ///< Whether tensors are [N, L, E] instead of [L, N, E].
  bool norm_first = false;                     ///< Whether branches are normalised before, not sums after.
  bool bias = true;                            ///< Whether linear layers and norms have biases.
};

/// The masks of Transformer: those of its encoder and its decoder.
struct TransformerMasks {
  Tensor src_mask = {};                 ///< Of pairs of the source, [S, S] or [N * nhead, S, S].
  Tensor tgt_mask = {};                 ///< Of pairs of the target, [T, T] or [N * nhead, T, T].
  Tensor memory_mask = {};              ///< Of pairs of target and source, [T, S] or [N * nhead, T, S].
  Tensor src_key_padding_mask = {};     ///< Of positions of the source, [N, S], for the encoder.
  Tensor tgt_key_padding_mask = {};     ///< Of positions of the target, [N, T].
  Tensor memory_key_padding_mask = {};  ///< Of positions of the source, [N, S], for the decoder.
  bool src_is_causal = false;           ///< Whether each position of the source is kept from those after it,
  bool tgt_is_causal = false;           ///< and each of the target,
  bool memory_is_causal = false;        ///< and position i of the target from those after i of the source.
};

/// The encoder and decoder of Vaswani et al. 2017, without embeddings, positions and the layer that predicts. All
/// weights of rank 2 start as `init::xavier_uniform_`.
class Transformer : public Layer<Transformer> {
 public:
  Transformer(NullPointer auto null) : Layer(null) {}
  /// The network with these options.
  explicit Transformer(const TransformerOptions& options = {});
  template <class... Values>
  requires PositionalOptions<TransformerOptions, Values...>
  explicit Transformer(const Values&... options) : Transformer(TransformerOptions{options...}) {}

  /// The hooks and `forward`.
  Tensor operator()(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks = {}) const {
    return Layer::operator()(src, tgt, masks);
  }
  /// src [S, N, E] and tgt [T, N, E], or with the batch first, or without one, to the shape of tgt.
  Tensor forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks = {}) const;

  /// A mask of pairs that keeps each of `size` positions from those after it: minus infinity above the diagonal, else
  /// 0, of the dtype and on the device of `options`. `is_causal` does the same without a mask.
  static Tensor generate_square_subsequent_mask(std::int64_t size, const TensorOptions& options = {});

  TransformerEncoder encoder{nullptr};
  TransformerDecoder decoder{nullptr};
};

}  // namespace reel::nn
