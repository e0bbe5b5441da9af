#pragma once

#include <reel/nn/layer.h>
#include <reel/ops/options.h>

/// The losses as layers, `criterion(prediction, target)`; `ops/ops.h` says what each computes. Weights given in the
/// options become buffers: they move with the module and belong to its state.
namespace reel::nn {

/// Options of losses that have only this one.
struct LossOptions {
  Reduction reduction = Reduction::mean;  ///< What becomes of the elements' losses.
};

/// Options of SmoothL1Loss.
struct SmoothL1LossOptions {
  Reduction reduction = Reduction::mean;  ///< What becomes of the elements' losses.
  double beta = 1;                        ///< Where the parabola ends and the straight line begins.
};

/// `cross_entropy` of logits and class indices or probabilities.
class CrossEntropyLoss : public Layer<CrossEntropyLoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  CrossEntropyOptions options_;
};

/// `nll_loss` of log-probabilities and class indices.
class NLLLoss : public Layer<NLLLoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit NLLLoss(const NllLossOptions& options = {});
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  NllLossOptions options_;
};

/// `mse_loss`.
class MSELoss : public Layer<MSELoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit MSELoss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `euclidean_loss`: 1/(2N) times the sum of squared norms.
class EuclideanLoss : public Layer<EuclideanLoss> {
 public:
  /// The loss of a batch.
  Tensor forward(const Tensor& y, const Tensor& target) const;
};

/// `l1_loss`.
class L1Loss : public Layer<L1Loss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit L1Loss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `smooth_l1_loss`.
class SmoothL1Loss : public Layer<SmoothL1Loss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit SmoothL1Loss(const SmoothL1LossOptions& options = {});
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  SmoothL1LossOptions options_;
};

/// `binary_cross_entropy` of probabilities.
class BCELoss : public Layer<BCELoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit BCELoss(const BinaryCrossEntropyOptions& options = {});
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  BinaryCrossEntropyOptions options_;
};

/// `binary_cross_entropy_with_logits`.
class BCEWithLogitsLoss : public Layer<BCEWithLogitsLoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options = {});
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  BinaryCrossEntropyWithLogitsOptions options_;
};

/// `kl_div` of log-probabilities and a target distribution.
class KLDivLoss : public Layer<KLDivLoss> {
 public:
  /// The loss with these options; `forward` computes it.
  explicit KLDivLoss(const KlDivOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  KlDivOptions options_;
};

}  // namespace reel::nn
