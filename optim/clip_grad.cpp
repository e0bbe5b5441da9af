// Clipping of gradients by norm and by value.

#include <reel/optim/clip_grad.h>

#include <algorithm>
#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/tensor/core/option.h>

namespace reel::optim {
namespace {

Tensors gradients(const Tensors& params) {
  Tensors grads;
  for (const Tensor& param : params) {
    if (const Tensor grad = param.grad(); grad.defined()) grads.push_back(grad);
  }
  return grads;
}

}  // namespace

double clip_grad_norm_(const Tensors& params, double max_norm, double norm_type, bool error_if_nonfinite) {
  detail::check_option("clip_grad_norm_", "max_norm", max_norm, detail::kAtLeastZero);
  detail::check_option("clip_grad_norm_", "norm_type", norm_type, {0, detail::kInfinite, true});
  const NoGradGuard guard;
  const Tensors grads = gradients(params);
  double total = 0;
  for (const Tensor& grad : grads) {
    const double own = norm(grad, norm_type).item();
    if (std::isinf(norm_type)) total = own > total || std::isnan(own) ? own : total;
    else total += std::pow(own, norm_type);
  }
  if (!std::isinf(norm_type)) total = std::pow(total, 1 / norm_type);
  check<ValueError>(!error_if_nonfinite || std::isfinite(total),
                    "clip_grad_norm_: expected a finite norm of the gradients, got {}", total);
  const double factor = max_norm / (total + 1e-6);
  if (factor >= 1 || std::isinf(max_norm)) return total;  // an infinite limit clips nothing, not even inf / inf
  for (const Tensor& grad : grads) grad.mul_(factor);
  return total;
}

void clip_grad_value_(const Tensors& params, double clip_value) {
  detail::check_option("clip_grad_value_", "clip_value", clip_value, detail::kAtLeastZero);
  const NoGradGuard guard;
  const Tensors grads = gradients(params);
  Tensors clipped;
  for (const Tensor& grad : grads) clipped.push_back(clamp(grad, -clip_value, clip_value));
  for (std::size_t i = 0; i < grads.size(); ++i) grads[i].copy_(clipped[i]);
}

}  // namespace reel::optim
