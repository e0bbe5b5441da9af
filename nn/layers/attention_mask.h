#pragma once

#include <reel/tensor/tensor.h>

// The masks of `nn::MultiheadAttention` as `scaled_dot_product_attention` takes them.
namespace reel::nn::detail {

/// The sizes of the scores [batch, heads, queries, keys].
struct ScoreSizes {
  std::int64_t batch, heads, queries, keys;
};

/// All masks in one that broadcasts to the scores: undefined if there is none; boolean, with true for what may be seen,
/// if all are; else floating, to be added. `added` more keys, which everyone sees, follow the others.
/// A ShapeError or DTypeError for one that does not fit. `options` are those of the scores.
Tensor merged_mask(const Tensor& attn_mask, const Tensor& key_padding_mask, bool is_causal, const ScoreSizes& sizes,
                   std::int64_t added, const TensorOptions& options);

/// The softmax of scores over the keys, zeros for a query that sees none. The mask may be undefined.
Tensor masked_softmax(const Tensor& scores, const Tensor& mask);

}  // namespace reel::nn::detail
