#pragma once

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Losses. The target has the shape of the prediction: losses do not broadcast, for that hides mistakes.
namespace reel {

/// -log softmax(logits)[target], over dimension 1 (0 for a vector). Targets are class indices (i64 or i32) or
/// probabilities (the logits' shape and dtype).
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options = {});
/// -log_probs[target] over dimension 1, for class indices (i64 or i32).
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NllLossOptions& options = {});
/// (y - t)^2.
Tensor mse_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean);
/// 1/(2N) * sum over the N samples of |y - t|^2, Caffe's Euclidean loss: K/2 times mse_loss for K outputs.
Tensor euclidean_loss(const Tensor& y, const Tensor& target);
/// |y - t|.
Tensor l1_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean);
/// d^2 / (2 beta) where d = |y - t| < beta, else d - beta / 2.
Tensor smooth_l1_loss(const Tensor& y, const Tensor& target, Reduction reduction = Reduction::mean, double beta = 1);
/// -(t log y + (1 - t) log(1 - y)); the logarithms are not below -100.
Tensor binary_cross_entropy(const Tensor& y, const Tensor& target, const BinaryCrossEntropyOptions& options = {});
/// binary_cross_entropy of sigmoid(logits), exact for logits of any size; pos_weight scales the positive term.
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsOptions& options = {});
/// t * (log t - x) for log-probabilities x; with log_target the target is a logarithm too.
Tensor kl_div(const Tensor& log_probs, const Tensor& target, const KlDivOptions& options = {});

}  // namespace reel
