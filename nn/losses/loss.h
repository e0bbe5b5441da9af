#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
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
  CrossEntropyLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit CrossEntropyLoss(const CrossEntropyOptions& options = {});
  template <class... Values>
  requires PositionalOptions<CrossEntropyOptions, Values...>
  explicit CrossEntropyLoss(const Values&... options) : CrossEntropyLoss(CrossEntropyOptions{options...}) {}
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  CrossEntropyOptions options_;
};

/// `nll_loss` of log-probabilities and class indices.
class NLLLoss : public Layer<NLLLoss> {
 public:
  NLLLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit NLLLoss(const NllLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<NllLossOptions, Values...>
  explicit NLLLoss(const Values&... options) : NLLLoss(NllLossOptions{options...}) {}
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  NllLossOptions options_;
};

/// `mse_loss`.
class MSELoss : public Layer<MSELoss> {
 public:
  MSELoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit MSELoss(const LossOptions& options = {}) : options_(options) {}
  template <class... Values>
  requires PositionalOptions<LossOptions, Values...>
  explicit MSELoss(const Values&... options) : MSELoss(LossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `euclidean_loss`: 1/(2N) times the sum of squared norms.
class EuclideanLoss : public Layer<EuclideanLoss> {
 public:
  EuclideanLoss() = default;
  EuclideanLoss(NullPointer auto null) : Layer(null) {}
  /// The loss of a batch.
  Tensor forward(const Tensor& y, const Tensor& target) const;
};

/// `l1_loss`.
class L1Loss : public Layer<L1Loss> {
 public:
  L1Loss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit L1Loss(const LossOptions& options = {}) : options_(options) {}
  template <class... Values>
  requires PositionalOptions<LossOptions, Values...>
  explicit L1Loss(const Values&... options) : L1Loss(LossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  LossOptions options_;
};

/// `smooth_l1_loss`.
class SmoothL1Loss : public Layer<SmoothL1Loss> {
 public:
  SmoothL1Loss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit SmoothL1Loss(const SmoothL1LossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<SmoothL1LossOptions, Values...>
  explicit SmoothL1Loss(const Values&... options) : SmoothL1Loss(SmoothL1LossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  SmoothL1LossOptions options_;
};

/// `binary_cross_entropy` of probabilities.
class BCELoss : public Layer<BCELoss> {
 public:
  BCELoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit BCELoss(const BinaryCrossEntropyOptions& options = {});
  template <class... Values>
  requires PositionalOptions<BinaryCrossEntropyOptions, Values...>
  explicit BCELoss(const Values&... options) : BCELoss(BinaryCrossEntropyOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  BinaryCrossEntropyOptions options_;
};

/// `binary_cross_entropy_with_logits`.
class BCEWithLogitsLoss : public Layer<BCEWithLogitsLoss> {
 public:
  BCEWithLogitsLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit BCEWithLogitsLoss(const BinaryCrossEntropyWithLogitsOptions& options = {});
  template <class... Values>
  requires PositionalOptions<BinaryCrossEntropyWithLogitsOptions, Values...>
  explicit BCEWithLogitsLoss(const Values&... options)
      : BCEWithLogitsLoss(BinaryCrossEntropyWithLogitsOptions{options...}) {}
  Tensor forward(const Tensor& logits, const Tensor& target) const;

 private:
  BinaryCrossEntropyWithLogitsOptions options_;
};

/// `kl_div` of log-probabilities and a target distribution.
class KLDivLoss : public Layer<KLDivLoss> {
 public:
  KLDivLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit KLDivLoss(const KlDivOptions& options = {}) : options_(options) {}
  template <class... Values>
  requires PositionalOptions<KlDivOptions, Values...>
  explicit KLDivLoss(const Values&... options) : KLDivLoss(KlDivOptions{options...}) {}
  Tensor forward(const Tensor& log_probs, const Tensor& target) const;

 private:
  KlDivOptions options_;
};

}  // namespace reel::nn
