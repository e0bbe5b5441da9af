// The masks of attention.

#include <reel/nn/layers/attention_mask.h>

#include <limits>

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn::detail {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

void check_mask_dtype(std::string_view name, const Tensor& mask, DType dtype) {
  check<DTypeError>(mask.dtype() == DType::boolean || mask.dtype() == dtype,
                    "MultiheadAttention: expected {} of dtype bool or {}, got {}", name, dtype, mask.dtype());
}

/// The mask of pairs, to broadcast to the scores.
Tensor pair_mask(const Tensor& mask, const ScoreSizes& s) {
  if (mask.shape() == Shape{s.queries, s.keys}) return mask;
  check<ShapeError>(mask.shape() == Shape{s.batch * s.heads, s.queries, s.keys},
                    "MultiheadAttention: expected attn_mask of shape [{}, {}] or [{}, {}, {}], got {}", s.queries,
                    s.keys, s.batch * s.heads, s.queries, s.keys, mask.shape());
  return reshape(mask, {s.batch, s.heads, s.queries, s.keys});
}

/// The mask of keys likewise.
Tensor key_mask(const Tensor& mask, const ScoreSizes& s) {
  check<ShapeError>(mask.shape() == Shape{s.batch, s.keys},
                    "MultiheadAttention: expected key_padding_mask of shape [{}, {}], got {}", s.batch, s.keys,
                    mask.shape());
  return reshape(mask, {s.batch, 1, 1, s.keys});
}

/// What is added to the scores.
Tensor as_addend(const Tensor& mask, DType dtype) {
  if (mask.dtype() != DType::boolean) return mask;
  return masked_fill(zeros(mask.shape(), {.dtype = dtype, .device = mask.device()}), mask, kMinusInfinity);
}

}  // namespace

Tensor merged_mask(const Tensor& attn_mask, const Tensor& key_padding_mask, bool is_causal, const ScoreSizes& sizes,
                   std::int64_t added, const TensorOptions& options) {
  Tensors masks;
  if (attn_mask.defined()) {
    check_mask_dtype("attn_mask", attn_mask, options.dtype);
    masks.push_back(pair_mask(attn_mask, sizes));
  }
  if (key_padding_mask.defined()) {
    check_mask_dtype("key_padding_mask", key_padding_mask, options.dtype);
    masks.push_back(key_mask(key_padding_mask, sizes));
  }
  if (masks.empty() && !is_causal) return {};
  if (is_causal) {
    const Tensor later = ones({sizes.queries, sizes.keys}, {.dtype = DType::boolean, .device = options.device});
    masks.push_back(triu(later, 1));
  }
  bool boolean = true;
  for (const Tensor& mask : masks) boolean = boolean && mask.dtype() == DType::boolean;
  Tensor merged;
  for (const Tensor& mask : masks) {
    const Tensor part = boolean ? mask : as_addend(mask, options.dtype);
    merged = !merged.defined() ? part : boolean ? logical_or(merged, part) : merged + part;
  }
  if (added > 0) {
    Shape more = merged.shape();
    more[more.size() - 1] = added;
    merged = cat({merged, zeros(more, merged.options())}, -1);
  }
  return boolean ? logical_not(merged) : merged;
}

Tensor masked_softmax(const Tensor& scores, const Tensor& mask) {
  if (!mask.defined()) return softmax(scores, -1);
  const bool boolean = mask.dtype() == DType::boolean;
  const Tensor unseen = boolean ? logical_not(any(mask, {-1}, true)) : all(mask == kMinusInfinity, {-1}, true);
  const Tensor masked = boolean ? masked_fill(scores, logical_not(mask), kMinusInfinity) : scores + mask;
  // A row of minus infinities would have NaN as its softmax, and NaN gradients.
  return masked_fill(softmax(masked_fill(masked, unseen, 0), -1), unseen, 0);
}

}  // namespace reel::nn::detail
