#pragma once

#include <cstdint>
#include <functional>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Losses that ask for a margin between what belongs together and what does not. They do not broadcast.
namespace reel {

/// Options of hinge_embedding_loss.
struct HingeEmbeddingLossOptions {
  double margin = 1;                      ///< From where on a distance costs nothing.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
};

/// Options of cosine_embedding_loss and margin_ranking_loss.
struct MarginLossOptions {
  double margin = 0;                      ///< The cosine up to which, or the difference from which on, nothing is lost.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the samples.
};

/// Options of triplet_margin_loss.
struct TripletMarginLossOptions {
  double margin = 1;  ///< By how much the negative should be further away than the positive.
  double p = 2;       ///< The norm.
  double eps = 1e-6;  ///< Added to the differences.
  bool swap = false;  ///< Whether the negative's distance from the positive counts if it is shorter.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the samples.
};

/// Options of triplet_margin_with_distance_loss.
struct TripletMarginWithDistanceLossOptions {
  /// The distance of two tensors of samples; pairwise_distance if empty.
  std::function<Tensor(const Tensor&, const Tensor&)> distance_function = {};
  double margin = 1;  ///< By how much the negative should be further away than the positive.
  bool swap = false;  ///< Whether the negative's distance from the positive counts if it is shorter.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the samples.
};

/// Options of multi_margin_loss.
struct MultiMarginLossOptions {
  std::int64_t p = 1;                     ///< The power of the shortfalls: 1 or 2.
  double margin = 1;                      ///< By how much the label's score should be above the others.
  Tensor weight = {};                     ///< [classes]: the weight of each class.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the samples.
};

/// Options of multilabel_soft_margin_loss.
struct MultilabelSoftMarginLossOptions {
  Tensor weight = {};                     ///< [classes]: the weight of each class.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the samples.
};

/// x where the target is 1, max(0, margin - x) where it is -1, for distances x.
Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, const HingeEmbeddingLossOptions& options = {});
/// max(0, margin - t (a - b)): a should be larger where the target is 1, b where it is -1.
Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& target,
                           const MarginLossOptions& options = {});
/// log(1 + exp(-t x)) for targets of 1 and -1, exact for arguments of any size.
Tensor soft_margin_loss(const Tensor& x, const Tensor& target, Reduction reduction = Reduction::mean);
/// 1 - cos where the target is 1, max(0, cos - margin) where it is -1, for the cosine between the vectors a and b, [N,
/// D] with targets [N], or [D] with one target. `margin` is in [-1, 1].
Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target,
                             const MarginLossOptions& options = {});
/// max(0, margin + d(anchor, positive) - d(anchor, negative)) with the p-norm over the last dimension as distance
/// (Balntas et al. 2016, also for swap).
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossOptions& options = {});
/// The same with a distance of the caller's.
Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossOptions& options = {});
/// weight[t] / C * sum over the other classes c of max(0, margin - x[t] + x[c])^p, for scores x [N, C] and labels t [N]
/// (i64 or i32), or [C] and one label.
Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginLossOptions& options = {});
/// 1 / C * sum over the labels t and the other classes c of max(0, 1 - x[t] + x[c]), for scores x [N, C] or [C] and
/// labels (i64 or i32) of the same shape, those before the first -1 of each sample. Takes memory for N * C^2 elements.
Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, Reduction reduction = Reduction::mean);
/// The mean over the classes, the last dimension, of binary_cross_entropy_with_logits.
Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target,
                                   const MultilabelSoftMarginLossOptions& options = {});

}  // namespace reel
