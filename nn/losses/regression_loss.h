#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/regression_loss.h>

/// Losses of predicted numbers as layers; `ops/regression_loss.h` says what each computes.
namespace reel::nn {

/// `huber_loss`.
class HuberLoss : public Layer<HuberLoss> {
 public:
  HuberLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit HuberLoss(const HuberLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<HuberLossOptions, Values...>
  explicit HuberLoss(const Values&... options) : HuberLoss(HuberLossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  HuberLossOptions options_;
};

/// `poisson_nll_loss`.
class PoissonNLLLoss : public Layer<PoissonNLLLoss> {
 public:
  PoissonNLLLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit PoissonNLLLoss(const PoissonNllLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<PoissonNllLossOptions, Values...>
  explicit PoissonNLLLoss(const Values&... options) : PoissonNLLLoss(PoissonNllLossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target) const;

 private:
  PoissonNllLossOptions options_;
};

/// `gaussian_nll_loss`.
class GaussianNLLLoss : public Layer<GaussianNLLLoss> {
 public:
  GaussianNLLLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit GaussianNLLLoss(const GaussianNllLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<GaussianNllLossOptions, Values...>
  explicit GaussianNLLLoss(const Values&... options) : GaussianNLLLoss(GaussianNllLossOptions{options...}) {}
  Tensor forward(const Tensor& y, const Tensor& target, const Tensor& var) const;

 private:
  GaussianNllLossOptions options_;
};

}  // namespace reel::nn
