// The Transformer and its two halves.

#include <reel/nn/layers/transformer.h>

#include <limits>

#include <reel/nn/init.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
namespace {

template <class L> ModuleList clones(std::string_view name, const L& layer, std::int64_t count) {
  reel::detail::check_at_least(name, "num_layers", count, 1);
  ModuleList list;
  for (std::int64_t i = 0; i < count; ++i) list.push_back(layer.clone());
  return list;
}

TransformerLayerOptions layer_options(const TransformerOptions& options) {
  return {.dim_feedforward = options.dim_feedforward,
          .dropout = options.dropout,
          .activation = options.activation,
          .layer_norm_eps = options.layer_norm_eps,
          .batch_first = options.batch_first,
          .norm_first = options.norm_first,
          .bias = options.bias};
}

}  // namespace

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& encoder_layer, std::int64_t num_layers,
                                       const LayerNorm& last) {
  layers = register_module("layers", clones("TransformerEncoder", encoder_layer, num_layers));
  if (last) norm = register_module("norm", last);
}

Tensor TransformerEncoder::forward(const Tensor& src, const TransformerEncoderMasks& masks) const {
  Tensor x = src;
  for (AnyModule& layer : layers) x = layer.as<TransformerEncoderLayer>()(x, masks);
  return norm ? norm(x) : x;
}

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& decoder_layer, std::int64_t num_layers,
                                       const LayerNorm& last) {
  layers = register_module("layers", clones("TransformerDecoder", decoder_layer, num_layers));
  if (last) norm = register_module("norm", last);
}

Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory,
                                   const TransformerDecoderMasks& masks) const {
  Tensor x = tgt;
  for (AnyModule& layer : layers) x = layer.as<TransformerDecoderLayer>()(x, memory, masks);
  return norm ? norm(x) : x;
}

Transformer::Transformer(const TransformerOptions& options) {
  const TransformerLayerOptions layers = layer_options(options);
  const auto norm = [&] { return LayerNorm(options.d_model, {.eps = options.layer_norm_eps, .bias = options.bias}); };
  const TransformerEncoderLayer encoder_layer(options.d_model, options.nhead, layers);
  const TransformerDecoderLayer decoder_layer(options.d_model, options.nhead, layers);
  encoder = register_module("encoder", TransformerEncoder(encoder_layer, options.num_encoder_layers, norm()));
  decoder = register_module("decoder", TransformerDecoder(decoder_layer, options.num_decoder_layers, norm()));
  for (const Tensor& p : parameters()) {
    if (p.dim() > 1) init::xavier_uniform_(p);
  }
}

Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks) const {
  const Tensor memory = encoder(src, {.src_mask = masks.src_mask,
                                      .src_key_padding_mask = masks.src_key_padding_mask,
                                      .is_causal = masks.src_is_causal});
  return decoder(tgt, memory,
                 {.tgt_mask = masks.tgt_mask,
                  .memory_mask = masks.memory_mask,
                  .tgt_key_padding_mask = masks.tgt_key_padding_mask,
                  .memory_key_padding_mask = masks.memory_key_padding_mask,
                  .tgt_is_causal = masks.tgt_is_causal,
                  .memory_is_causal = masks.memory_is_causal});
}

Tensor Transformer::generate_square_subsequent_mask(std::int64_t size, const TensorOptions& options) {
  reel::detail::check_at_least("generate_square_subsequent_mask", "size", size, 0);
  return triu(full({size, size}, -std::numeric_limits<double>::infinity(), options), 1);
}

}  // namespace reel::nn
