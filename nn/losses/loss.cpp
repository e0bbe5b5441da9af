// Losses as layers.

#include <reel/nn/losses/loss.h>

#include <reel/nn/own_handle.h>
#include <reel/ops/loss.h>
#include <reel/ops/options.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyOptions& options) : options_(options) {
  reel::detail::check_option("CrossEntropyLoss", "label_smoothing", options.label_smoothing, reel::detail::kZeroToOne);
  options_.weight = register_buffer("weight", own_handle(options.weight));
}
Tensor CrossEntropyLoss::forward(const Tensor& logits, const Tensor& target) const {
  return cross_entropy(logits, target, options_);
}

NLLLoss::NLLLoss(const NllLossOptions& options) : options_(options) {
  options_.weight = register_buffer("weight", own_handle(options.weight));
}
Tensor NLLLoss::forward(const Tensor& log_probs, const Tensor& target) const {
  return nll_loss(log_probs, target, options_);
}

Tensor MSELoss::forward(const Tensor& y, const Tensor& target) const { return mse_loss(y, target, options_.reduction); }

Tensor EuclideanLoss::forward(const Tensor& y, const Tensor& target) const { return euclidean_loss(y, target); }

Tensor L1Loss::forward(const Tensor& y, const Tensor& target) const { return l1_loss(y, target, options_.reduction); }

SmoothL1Loss::SmoothL1Loss(const SmoothL1LossOptions& options) : options_(options) {
  reel::detail::check_option("SmoothL1Loss", "beta", options.beta, reel::detail::kFiniteAtLeastZero);
}
Tensor SmoothL1Loss::forward(const Tensor& y, const Tensor& target) const {
  return smooth_l1_loss(y, target, options_.reduction, options_.beta);
}

BCELoss::BCELoss(const BinaryCrossEntropyOptions& options) : options_(options) {
  options_.weight = register_buffer("weight", own_handle(options.weight));
}
Tensor BCELoss::forward(const Tensor& y, const Tensor& target) const {
  return binary_cross_entropy(y, target, options_);
}

BCEWithLogitsLoss::BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options) : options_(options) {
  options_.weight = register_buffer("weight", own_handle(options.weight));
  options_.pos_weight = register_buffer("pos_weight", own_handle(options.pos_weight));
}
Tensor BCEWithLogitsLoss::forward(const Tensor& logits, const Tensor& target) const {
  return binary_cross_entropy_with_logits(logits, target, options_);
}

Tensor KLDivLoss::forward(const Tensor& log_probs, const Tensor& target) const {
  return kl_div(log_probs, target, options_);
}

}  // namespace reel::nn
