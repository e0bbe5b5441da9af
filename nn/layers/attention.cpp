// Attention of several heads.

#include <reel/nn/layers/attention.h>

#include <cmath>

#include <reel/nn/init.h>
#include <reel/nn/layers/attention_mask.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/attention.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/normalization.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel::nn {
using namespace reel::detail;

MultiheadAttention::MultiheadAttention(std::int64_t embed_dim, std::int64_t num_heads,
                                       const MultiheadAttentionOptions& options)
    : embed_dim_(embed_dim), num_heads_(num_heads), options_(options) {
  check<ValueError>(embed_dim > 0 && num_heads > 0 && embed_dim % num_heads == 0,
                    "MultiheadAttention: expected an embed_dim that num_heads divides, got {} and {}", embed_dim,
                    num_heads);
  check_option("MultiheadAttention", "dropout", options.dropout, kZeroToOne);
  const std::int64_t kdim = options.kdim.value_or(embed_dim), vdim = options.vdim.value_or(embed_dim);
  check_at_least("MultiheadAttention", "kdim", kdim, 1);
  check_at_least("MultiheadAttention", "vdim", vdim, 1);
  const bool same = kdim == embed_dim && vdim == embed_dim;
  const auto weight = [&](const char* name, bool exists, std::int64_t rows, std::int64_t columns) {
    return register_parameter(name, exists ? init::xavier_uniform_(empty({rows, columns})) : Tensor());
  };
  const auto learnt = [&](const char* name) {
    return register_parameter(name, options.add_bias_kv ? init::xavier_normal_(empty({1, 1, embed_dim})) : Tensor());
  };
  in_proj_weight = weight("in_proj_weight", same, 3 * embed_dim, embed_dim);
  q_proj_weight = weight("q_proj_weight", !same, embed_dim, embed_dim);
  k_proj_weight = weight("k_proj_weight", !same, embed_dim, kdim);
  v_proj_weight = weight("v_proj_weight", !same, embed_dim, vdim);
  in_proj_bias = register_parameter("in_proj_bias", options.bias ? zeros({3 * embed_dim}) : Tensor());
  bias_k = learnt("bias_k");
  bias_v = learnt("bias_v");
  out_proj = register_module("out_proj", Linear(embed_dim, embed_dim, {.bias = options.bias}));
  if (options.bias) init::zeros_(out_proj.bias);
}

void MultiheadAttention::check_inputs(const Tensor& query, const Tensor& key, const Tensor& value) const {
  const std::int64_t kdim = options_.kdim.value_or(embed_dim_), vdim = options_.vdim.value_or(embed_dim_);
  check_defined("MultiheadAttention", query, "the query");
  check_defined("MultiheadAttention", key, "the key");
  check_defined("MultiheadAttention", value, "the value");
  const int rank = query.dim();
  check<ShapeError>((rank == 2 || rank == 3) && key.dim() == rank && value.dim() == rank,
                    "MultiheadAttention: expected query, key and value of rank 3, or 2 without a batch, got shapes {}, "
                    "{} and {}",
                    query.shape(), key.shape(), value.shape());
  check<ShapeError>(
      query.size(-1) == embed_dim_ && key.size(-1) == kdim && value.size(-1) == vdim,
      "MultiheadAttention: expected query, key and value of {}, {} and {} elements, got shapes {}, {} and "
      "{}",
      embed_dim_, kdim, vdim, query.shape(), key.shape(), value.shape());
  const bool one_batch =
      rank == 2 || query.size(options_.batch_first ? 0 : 1) == key.size(options_.batch_first ? 0 : 1);
  check<ShapeError>(one_batch && key.size(0) == value.size(0) && key.size(rank - 2) == value.size(rank - 2),
                    "MultiheadAttention: expected one batch and as many keys as values, got shapes {}, {} and {}",
                    query.shape(), key.shape(), value.shape());
}

/// [L, N, E], or [N, L, E] with the batch first, as [N, heads, L, E / heads].
Tensor MultiheadAttention::in_heads(const Tensor& x) const {
  const Tensor heads = reshape(x, {x.size(0), x.size(1), num_heads_, embed_dim_ / num_heads_});
  return options_.batch_first ? permute(heads, {0, 2, 1, 3}) : permute(heads, {1, 2, 0, 3});
}

MultiheadAttention::Heads MultiheadAttention::project(const Tensor& query, const Tensor& key,
                                                      const Tensor& value) const {
  const bool is_self = in_proj_weight.defined() && query.is_same(key) && query.is_same(value);
  if (is_self) {  // in one product
    const Tensor all = linear(query, in_proj_weight, in_proj_bias);
    const Tensors parts = unbind(reshape(all, {all.size(0), all.size(1), 3, embed_dim_}), 2);
    return {in_heads(parts[0]), in_heads(parts[1]), in_heads(parts[2])};
  }
  const bool same = in_proj_weight.defined();
  const Tensors weights = same ? chunk(in_proj_weight, 3) : Tensors{q_proj_weight, k_proj_weight, v_proj_weight};
  const Tensors biases = in_proj_bias.defined() ? chunk(in_proj_bias, 3) : Tensors(3);
  return {in_heads(linear(query, weights[0], biases[0])), in_heads(linear(key, weights[1], biases[1])),
          in_heads(linear(value, weights[2], biases[2]))};
}

/// The keys or values of all heads, and after them the learnt one and zeros, if the options say so.
Tensor MultiheadAttention::with_added(const Tensor& x, const Tensor& learnt) const {
  const std::int64_t head_size = x.size(3);
  const Shape one{x.size(0), num_heads_, 1, head_size};
  Tensors all{x};
  if (learnt.defined()) all.push_back(expand(reshape(learnt, {1, num_heads_, 1, head_size}), one));
  if (options_.add_zero_attn) all.push_back(zeros(one, x.options()));
  return all.size() > 1 ? cat(all, 2) : x;
}

std::tuple<Tensor, Tensor> MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                       const MultiheadAttentionForwardOptions& options) const {
  check_inputs(query, key, value);
  if (query.dim() == 2) {
    const std::int64_t batch = options_.batch_first ? 0 : 1;
    const bool is_self = query.is_same(key) && query.is_same(value);
    const Tensor q = unsqueeze(query, batch);
    MultiheadAttentionForwardOptions batched = options;
    if (options.key_padding_mask.defined()) batched.key_padding_mask = unsqueeze(options.key_padding_mask, 0);
    const auto [y, weights] =
        is_self ? forward(q, q, q, batched) : forward(q, unsqueeze(key, batch), unsqueeze(value, batch), batched);
    return {squeeze(y, batch), weights.defined() ? squeeze(weights, 0) : weights};
  }
  Heads heads = project(query, key, value);
  const detail::ScoreSizes sizes{heads.query.size(0), num_heads_, heads.query.size(2), heads.key.size(2)};
  heads.key = with_added(heads.key, bias_k);
  heads.value = with_added(heads.value, bias_v);
  const std::int64_t added = heads.key.size(2) - sizes.keys;
  const bool only_causal = options.is_causal && !options.need_weights && added == 0 && !options.attn_mask.defined() &&
                           !options.key_padding_mask.defined();
  const Tensor mask = detail::merged_mask(options.attn_mask, options.key_padding_mask,
                                          options.is_causal && !only_causal, sizes, added, query.options());
  const double dropout_p = is_training() ? options_.dropout : 0;
  Tensor y, weights;
  if (options.need_weights) {
    const double scale = 1 / std::sqrt(static_cast<double>(heads.query.size(3)));
    const Tensor scores = matmul(heads.query * scale, transpose(heads.key, -1, -2));
    weights = dropout(detail::masked_softmax(scores, mask), dropout_p);
    y = matmul(weights, heads.value);
    if (options.average_attn_weights) weights = mean(weights, {1});
  } else {
    y = scaled_dot_product_attention(heads.query, heads.key, heads.value,
                                     {.attn_mask = mask, .dropout_p = dropout_p, .is_causal = only_causal});
  }
  const Tensor joined = permute(y, options_.batch_first ? Dims{0, 2, 1, 3} : Dims{2, 0, 1, 3});
  return {out_proj(reshape(joined, {query.size(0), query.size(1), embed_dim_})), weights};
}

}  // namespace reel::nn
