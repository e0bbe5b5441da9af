// Layers of the losses with margins.

#include <reel/nn/losses/margin_loss.h>

#include <reel/nn/own_handle.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

HingeEmbeddingLoss::HingeEmbeddingLoss(const HingeEmbeddingLossOptions& options) : options_(options) {
  check_option("HingeEmbeddingLoss", "margin", options.margin, kFinite);
}
Tensor HingeEmbeddingLoss::forward(const Tensor& x, const Tensor& target) const {
  return hinge_embedding_loss(x, target, options_);
}

MarginRankingLoss::MarginRankingLoss(const MarginLossOptions& options) : options_(options) {
  check_option("MarginRankingLoss", "margin", options.margin, kFinite);
}
Tensor MarginRankingLoss::forward(const Tensor& a, const Tensor& b, const Tensor& target) const {
  return margin_ranking_loss(a, b, target, options_);
}

SoftMarginLoss::SoftMarginLoss(const LossOptions& options) : options_(options) {}
Tensor SoftMarginLoss::forward(const Tensor& x, const Tensor& target) const {
  return soft_margin_loss(x, target, options_.reduction);
}

CosineEmbeddingLoss::CosineEmbeddingLoss(const MarginLossOptions& options) : options_(options) {
  check_option("CosineEmbeddingLoss", "margin", options.margin, {-1, 1});
}
Tensor CosineEmbeddingLoss::forward(const Tensor& a, const Tensor& b, const Tensor& target) const {
  return cosine_embedding_loss(a, b, target, options_);
}

TripletMarginLoss::TripletMarginLoss(const TripletMarginLossOptions& options) : options_(options) {
  check_option("TripletMarginLoss", "margin", options.margin, kFinite);
  check_option("TripletMarginLoss", "p", options.p, kNotNan);
  check_option("TripletMarginLoss", "eps", options.eps, kFiniteAtLeastZero);
}
Tensor TripletMarginLoss::forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative) const {
  return triplet_margin_loss(anchor, positive, negative, options_);
}

TripletMarginWithDistanceLoss::TripletMarginWithDistanceLoss(const TripletMarginWithDistanceLossOptions& options)
    : options_(options) {
  check_option("TripletMarginWithDistanceLoss", "margin", options.margin, kFinite);
}
Tensor TripletMarginWithDistanceLoss::forward(const Tensor& anchor, const Tensor& positive,
                                              const Tensor& negative) const {
  return triplet_margin_with_distance_loss(anchor, positive, negative, options_);
}

MultiMarginLoss::MultiMarginLoss(const MultiMarginLossOptions& options) : options_(options) {
  check<ValueError>(options.p == 1 || options.p == 2, "MultiMarginLoss: expected p to be 1 or 2, got {}", options.p);
  check_option("MultiMarginLoss", "margin", options.margin, kFinite);
  options_.weight = register_buffer("weight", own_handle(options.weight));
}
Tensor MultiMarginLoss::forward(const Tensor& x, const Tensor& target) const {
  return multi_margin_loss(x, target, options_);
}

MultiLabelMarginLoss::MultiLabelMarginLoss(const LossOptions& options) : options_(options) {}
Tensor MultiLabelMarginLoss::forward(const Tensor& x, const Tensor& target) const {
  return multilabel_margin_loss(x, target, options_.reduction);
}

MultiLabelSoftMarginLoss::MultiLabelSoftMarginLoss(const MultilabelSoftMarginLossOptions& options) : options_(options) {
  options_.weight = register_buffer("weight", own_handle(options.weight));
}
Tensor MultiLabelSoftMarginLoss::forward(const Tensor& x, const Tensor& target) const {
  return multilabel_soft_margin_loss(x, target, options_);
}

}  // namespace reel::nn
