#pragma once

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Losses of numbers that are predicted, robust ones and likelihoods. They do not broadcast.
namespace reel {

/// Options of huber_loss.
struct HuberLossOptions {
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
  double delta = 1;                       ///< Where the parabola ends and the straight line begins; above 0.
};

/// Options of poisson_nll_loss.
struct PoissonNllLossOptions {
  bool log_input = true;                  ///< Whether the prediction is the logarithm of the rate.
  bool full = false;                      ///< Whether to add Stirling's approximation of log(target!), for targets > 1.
  double eps = 1e-8;                      ///< Added to a rate before its logarithm is taken.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
};

/// Options of gaussian_nll_loss.
struct GaussianNllLossOptions {
  bool full = false;                      ///< Whether to add the constant log(2 pi) / 2.
  double eps = 1e-6;                      ///< The least variance; above 0.
  Reduction reduction = Reduction::mean;  ///< Of the losses of the elements.
};

/// d^2 / 2 where d = |y - t| < delta, else delta * (d - delta / 2) (Huber 1964).
Tensor huber_loss(const Tensor& y, const Tensor& target, const HuberLossOptions& options = {});
/// The negative log-likelihood of counts t under a Poisson distribution with rate exp(y), exp(y) - t y, or with
/// log_input = false with rate y, y - t log(y + eps).
Tensor poisson_nll_loss(const Tensor& y, const Tensor& target, const PoissonNllLossOptions& options = {});
/// The negative log-likelihood under a normal distribution with mean y, (log v + (y - t)^2 / v) / 2 with v = max(var,
/// eps). `var` has the shape of y, or 1 in place of the last dimension, or lacks it. As in PyTorch the gradient by var
/// is that by v, also below eps; a negative variance counts as eps.
Tensor gaussian_nll_loss(const Tensor& y, const Tensor& target, const Tensor& var,
                         const GaussianNllLossOptions& options = {});

}  // namespace reel
