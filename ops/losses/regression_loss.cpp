// Losses of predicted numbers: huber_loss, poisson_nll_loss, gaussian_nll_loss.

#include <reel/ops/regression_loss.h>

#include <cmath>
#include <numbers>

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// Stirling's approximation of log(t!), t log t - t + log(2 pi t) / 2, and 0 up to t = 1.
Tensor log_factorial(const Tensor& target) {
  const Tensor small = target <= 1, t = masked_fill(target, small, 1);
  return masked_fill(t * log(t) - t + log(t * (2 * std::numbers::pi)) / 2, small, 0);
}

/// The variance with a last dimension that broadcasts to y's.
Tensor checked_variance(std::string_view op, const Tensor& var, const Tensor& y) {
  check_defined(op, var, "the variance");
  check_same_dtype(op, var, y);
  check_same_device(op, var, y);
  if (var.shape() == y.shape()) return var;
  Shape one = y.shape(), none = y.shape();
  if (y.dim() > 0) one[one.size() - 1] = 1, none.erase(none.size() - 1);
  check<ShapeError>(y.dim() > 0 && (var.shape() == one || var.shape() == none),
                    "{}: expected a variance of shape {}, or 1 in place of the last dimension, or without it, got {}",
                    op, y.shape(), var.shape());
  return var.dim() == y.dim() ? var : unsqueeze(var, -1);
}

}  // namespace

Tensor huber_loss(const Tensor& y, const Tensor& target, const HuberLossOptions& options) {
  check_same_shape("huber_loss", y, target);
  check_dtype("huber_loss", y, kFloating);
  check_option("huber_loss", "delta", options.delta, kPositive);
  const auto loss = [&](const Tensor& a, const Tensor& b) {
    return smooth_l1_loss(a, b, options.reduction, options.delta) * options.delta;
  };
  return in_f32("huber_loss", loss, y, target);
}

Tensor poisson_nll_loss(const Tensor& y, const Tensor& target, const PoissonNllLossOptions& options) {
  check_same_shape("poisson_nll_loss", y, target);
  check_dtype("poisson_nll_loss", y, kFloating);
  check_option("poisson_nll_loss", "eps", options.eps, kFiniteAtLeastZero);
  if (is_half(y)) {
    return in_f32(
        "poisson_nll_loss", [&](const Tensor& a, const Tensor& b) { return poisson_nll_loss(a, b, options); }, y,
        target);
  }
  Tensor losses = options.log_input ? exp(y) - target * y : y - target * log(y + options.eps);
  if (options.full) losses = losses + log_factorial(target);
  return reduce_loss(losses, options.reduction);
}

Tensor gaussian_nll_loss(const Tensor& y, const Tensor& target, const Tensor& var,
                         const GaussianNllLossOptions& options) {
  constexpr std::string_view op = "gaussian_nll_loss";
  check_same_shape(op, y, target);
  check_dtype(op, y, kFloating);
  check_option(op, "eps", options.eps, kPositive);
  const Tensor given = checked_variance(op, var, y);
  if (is_half(y)) {
    const auto loss = [&](const Tensor& a, const Tensor& b, const Tensor& v) {
      return gaussian_nll_loss(a, b, v, options);
    };
    return in_f32(op, loss, y, target, var);
  }
  // max(var, eps), whose gradient is passed on below eps, too: what is added to it there is 0.
  const Tensor v = where(given < options.eps, given - given.detach() + options.eps, given);
  Tensor losses = (log(v) + square(y - target) / v) / 2;
  if (options.full) losses = losses + std::log(2 * std::numbers::pi) / 2;
  return reduce_loss(losses, options.reduction);
}

}  // namespace reel
