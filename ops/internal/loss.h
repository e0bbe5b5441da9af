#pragma once

#include <string_view>

#include <reel/ops/internal/checks.h>
#include <reel/ops/options.h>
#include <reel/ops/reduction.h>

/// What the loss functions share.
namespace reel::detail {

/// The losses, their mean or their sum. The mean of no losses is NaN.
inline Tensor reduce_loss(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::mean ? mean(losses) : sum(losses);
}

/// weight * x, element by element, and 0 where the weight is 0 and x infinite: what has probability 0 contributes
/// nothing to an expectation, even if its logarithm is -infinity.
Tensor weigh(const Tensor& weight, const Tensor& x);

/// Losses of outputs and targets do not broadcast: [N, 1] against [N] would compare every output with every target.
inline void check_same_shape(std::string_view op, const Tensor& y, const Tensor& target) {
  check_defined(op, y, "the output");
  check_defined(op, target, "the target");
  check<ShapeError>(y.shape() == target.shape(), "{}: expected a target of the output's shape {}, got {}", op,
                    y.shape(), target.shape());
  check_same_dtype(op, y, target);
  check_same_device(op, y, target);
}

}  // namespace reel::detail
