#pragma once

#include <string_view>

#include <reel/kernels/cross_entropy.h>
#include <reel/ops/internal/dim_block.h>
#include <reel/ops/options.h>

/// Class labels against logits or log-probabilities: what cross_entropy and nll_loss share.
namespace reel::detail {

/// Logits or log-probabilities over dimension 1, and their labels, as kernels take them.
struct LabelledBlock {
  Tensor data;    // [N, C, ...], in memory [outer, classes, inner]
  Tensor labels;  // [N, ...], row-major
  kernels::ClassBlock block;

  LabelledBlock(const Tensor& x, const Tensor& target, std::int64_t ignore_index);
};

/// The labels as i64. Throws unless `target` [N, ...] (i64 or i32) holds one for each sample of `x` [N, C, ...] (or []
/// for [C]), each in [0, C) or `ignore_index`, and `weight` is undefined or [C].
Tensor checked_labels(std::string_view op, const Tensor& x, const Tensor& target, const Tensor& weight,
                      std::int64_t ignore_index);

/// scale * weight[label] + shift for each sample, 0 where the label is ignored; off the tape. `weight` may be
/// undefined.
Tensor label_weights(const Tensor& x, const Tensor& labels, const Tensor& weight, std::int64_t ignore_index,
                     double scale = 1, double shift = 0);

/// As reduce_loss, but the mean is sum(losses) / sum(weights).
Tensor reduce_weighted(const Tensor& losses, const Tensor& weights, Reduction reduction);

}  // namespace reel::detail
