// The layers of a Transformer.

#include <reel/nn/layers/transformer_layer.h>

#include <reel/ops/arithmetic.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {

namespace detail {

template <class Derived> TransformerLayer<Derived>::TransformerLayer(std::int64_t d_model, std::int64_t nhead,
                                                                     const TransformerLayerOptions& options)
    : d_model_(d_model), nhead_(nhead), options_(options) {
  const std::string& name = this->type_name();
  reel::detail::check_at_least(name, "dim_feedforward", options.dim_feedforward, 1);
  reel::detail::check_option(name, "dropout", options.dropout, reel::detail::kZeroToOne);
  reel::detail::check_option(name, "layer_norm_eps", options.layer_norm_eps, reel::detail::kFiniteAtLeastZero);
  check<ValueError>(options.activation != nullptr, "{}: expected an activation, got a null pointer", name);
}

template <class Derived> MultiheadAttention TransformerLayer<Derived>::make_attention(const char* name) {
  return this->register_module(
      name,
      MultiheadAttention(d_model_, nhead_,
                         {.dropout = options_.dropout, .bias = options_.bias, .batch_first = options_.batch_first}));
}

template <class Derived> LayerNorm TransformerLayer<Derived>::make_norm(const char* name) {
  return this->register_module(name, LayerNorm(d_model_, {.eps = options_.layer_norm_eps, .bias = options_.bias}));
}

template <class Derived> Dropout TransformerLayer<Derived>::make_dropout(const char* name) {
  return this->register_module(name, Dropout(options_.dropout));
}

template <class Derived> void TransformerLayer<Derived>::make_feedforward() {
  linear1 = this->register_module("linear1", Linear(d_model_, options_.dim_feedforward, {.bias = options_.bias}));
  dropout = make_dropout("dropout");
  linear2 = this->register_module("linear2", Linear(options_.dim_feedforward, d_model_, {.bias = options_.bias}));
}

template <class Derived> Tensor TransformerLayer<Derived>::feedforward(const Tensor& x) const {
  return linear2(dropout(options_.activation(linear1(x))));
}

template <class Derived> Derived TransformerLayer<Derived>::clone() const {
  const Derived copy(d_model_, nhead_, options_);
  copy.to(linear1.weight.device(), linear1.weight.dtype());
  copy.load_state_dict(this->state_dict());
  copy.train(this->is_training());
  const Tensors own = this->parameters(), copied = copy.parameters();
  for (std::size_t i = 0; i < own.size(); ++i) copied[i].requires_grad_(own[i].requires_grad());
  return copy;
}

template class TransformerLayer<TransformerEncoderLayer>;
template class TransformerLayer<TransformerDecoderLayer>;

}  // namespace detail

// The children are made in PyTorch's order, which is that of states and of printing.

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerLayerOptions& options)
    : TransformerLayer(d_model, nhead, options) {
  self_attn = make_attention("self_attn");
  make_feedforward();
  norm1 = make_norm("norm1");
  norm2 = make_norm("norm2");
  dropout1 = make_dropout("dropout1");
  dropout2 = make_dropout("dropout2");
}

Tensor TransformerEncoderLayer::forward(const Tensor& src, const TransformerEncoderMasks& masks) const {
  const auto attend = [&](const Tensor& x) {
    const auto [y, weights] = self_attn(x, x, x,
                                        {.key_padding_mask = masks.src_key_padding_mask,
                                         .need_weights = false,
                                         .attn_mask = masks.src_mask,
                                         .is_causal = masks.is_causal});
    return dropout1(y);
  };
  const Tensor x = residual(src, norm1, attend);
  return residual(x, norm2, [&](const Tensor& y) { return dropout2(feedforward(y)); });
}

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t d_model, std::int64_t nhead,
                                                 const TransformerLayerOptions& options)
    : TransformerLayer(d_model, nhead, options) {
  self_attn = make_attention("self_attn");
  multihead_attn = make_attention("multihead_attn");
  make_feedforward();
  norm1 = make_norm("norm1");
  norm2 = make_norm("norm2");
  norm3 = make_norm("norm3");
  dropout1 = make_dropout("dropout1");
  dropout2 = make_dropout("dropout2");
  dropout3 = make_dropout("dropout3");
}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory,
                                        const TransformerDecoderMasks& masks) const {
  const auto attend_to_itself = [&](const Tensor& x) {
    const auto [y, weights] = self_attn(x, x, x,
                                        {.key_padding_mask = masks.tgt_key_padding_mask,
                                         .need_weights = false,
                                         .attn_mask = masks.tgt_mask,
                                         .is_causal = masks.tgt_is_causal});
    return dropout1(y);
  };
  const auto attend_to_memory = [&](const Tensor& x) {
    const auto [y, weights] = multihead_attn(x, memory, memory,
                                             {.key_padding_mask = masks.memory_key_padding_mask,
                                              .need_weights = false,
                                              .attn_mask = masks.memory_mask,
                                              .is_causal = masks.memory_is_causal});
    return dropout2(y);
  };
  const Tensor x = residual(residual(tgt, norm1, attend_to_itself), norm2, attend_to_memory);
  return residual(x, norm3, [&](const Tensor& y) { return dropout3(feedforward(y)); });
}

}  // namespace reel::nn
