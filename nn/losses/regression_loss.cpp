// Layers of the losses of predicted numbers.

#include <reel/nn/losses/regression_loss.h>

#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

HuberLoss::HuberLoss(const HuberLossOptions& options) : options_(options) {
  check_option("HuberLoss", "delta", options.delta, kPositive);
}
Tensor HuberLoss::forward(const Tensor& y, const Tensor& target) const { return huber_loss(y, target, options_); }

PoissonNLLLoss::PoissonNLLLoss(const PoissonNllLossOptions& options) : options_(options) {
  check_option("PoissonNLLLoss", "eps", options.eps, kFiniteAtLeastZero);
}
Tensor PoissonNLLLoss::forward(const Tensor& y, const Tensor& target) const {
  return poisson_nll_loss(y, target, options_);
}

GaussianNLLLoss::GaussianNLLLoss(const GaussianNllLossOptions& options) : options_(options) {
  check_option("GaussianNLLLoss", "eps", options.eps, kPositive);
}
Tensor GaussianNLLLoss::forward(const Tensor& y, const Tensor& target, const Tensor& var) const {
  return gaussian_nll_loss(y, target, var, options_);
}

}  // namespace reel::nn
