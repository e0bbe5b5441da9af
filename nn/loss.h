#pragma once

#include <reel/nn/layer.h>
#include <reel/ops/options.h>

/// The losses as layers, `criterion(prediction, target)`; `ops/ops.h` says what each computes. Weights given in the
/// options become buffers: they move with the module and belong to its state.
namespace reel::nn {

struct LossOptions {
  Reduction reduction = Reduction::mean;
};

struct SmoothL1LossOptions {
  Reduction reduction = Reduction::mean;
  double beta = 1;
};

/// `cross_entropy` of logits and class indices or probabilities.
class CrossEntropyLoss : public Layer<CrossEntropyLoss> {
 public:
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  CrossEntropyOptions options_;
};

/// `nll_loss` of log-probabilities and class indices.
class NLLLoss : public Layer<NLLLoss> {
 public:
  explicit NLLLoss(const NllLossOptions& options = {});
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  NllLossOptions options_;
};

/// `mse_loss`.
class MSELoss : public Layer<MSELoss> {
 public:
  explicit MSELoss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `euclidean_loss`, the lecture's 1/(2N) times the sum of squared norms.
class EuclideanLoss : public Layer<EuclideanLoss> {
 public:
  Tensor forward(const Tensor& y, const Tensor& target) const;
};

/// `l1_loss`.
class L1Loss : public Layer<L1Loss> {
 public:
  explicit L1Loss(const LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `smooth_l1_loss`.
class SmoothL1Loss : public Layer<SmoothL1Loss> {
 public:
  explicit SmoothL1Loss(const SmoothL1LossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  SmoothL1LossOptions options_;
};

/// `binary_cross_entropy` of probabilities.
class BCELoss : public Layer<BCELoss> {
 public:
  explicit BCELoss(const BinaryCrossEntropyOptions& options = {});
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  BinaryCrossEntropyOptions options_;
};

/// `binary_cross_entropy_with_logits`.
class BCEWithLogitsLoss : public Layer<BCEWithLogitsLoss> {
 public:
  explicit BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options = {});
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  BinaryCrossEntropyWithLogitsOptions options_;
};

/// `kl_div` of log-probabilities and a target distribution.
class KLDivLoss : public Layer<KLDivLoss> {
 public:
  explicit KLDivLoss(const KlDivOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  KlDivOptions options_;
};

}  // namespace reel::nn
