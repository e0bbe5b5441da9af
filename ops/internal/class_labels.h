#pragma once

#include <string_view>

#include <reel/kernels/cross_entropy.h>
#include <reel/ops/internal/dim_block.h>
#include <reel/ops/options.h>

/// Class labels against logits or log-probabilities: what cross_entropy and nll_loss share.
namespace reel::detail {

/// A loss over dimension 1 (a vector has been given one in front), with its labels in the order of the memory.
struct LabelledBlock {
  Tensor data;    // [N, C, ...], [outer, classes, inner] in memory
  Tensor labels;  // [N, ...], row-major
  kernels::ClassBlock block;

  LabelledBlock(const Tensor& x, const Tensor& target, std::int64_t ignore_index);
};

/// Throws unless `target` holds a label for each sample of `x` [N, C, ...] (a scalar one for [C]), each in [0, C) or
/// `ignore_index`, and `weight` is undefined or [C].
void check_labels(std::string_view op, const Tensor& x, const Tensor& target, const Tensor& weight,
                  std::int64_t ignore_index);

/// scale * weight[label] + shift of each sample, 0 where the label is ignored; off the tape. `weight` may be undefined.
Tensor label_weights(const Tensor& x, const Tensor& labels, const Tensor& weight, std::int64_t ignore_index,
                     double scale = 1, double shift = 0);

/// losses / (sum of weights) for the mean: what PyTorch calls the weighted mean.
Tensor reduce_weighted(const Tensor& losses, const Tensor& weights, Reduction reduction);

}  // namespace reel::detail
