// Clipping of gradients by norm and by value.

#include <reel/optim/clip_grad.h>

#include <algorithm>
#include <cmath>
#include <vector>

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

/// The p-norm of a gradient, even if it is out of the range of its dtype.
double norm_of(const Tensor& gradient, double p) {
  const Tensor grad = kHalf.contains(gradient.dtype()) ? gradient.to(DType::f32) : gradient;
  const double value = norm(grad, p).item();
  if (!std::isinf(value) || std::isinf(p)) return value;
  const double largest = norm(grad, INFINITY).item();
  return std::isinf(largest) ? largest : largest * norm(grad / largest, p).item();
}

/// The p-norm of numbers that are not negative.
double norm_of(const std::vector<double>& values, double p) {
  double largest = 0, sum = 0;
  for (const double value : values) largest = value > largest || std::isnan(value) ? value : largest;
  if (std::isinf(p) || largest == 0 || !std::isfinite(largest)) return largest;
  for (const double value : values) sum += std::pow(value / largest, p);
  return largest * std::pow(sum, 1 / p);
}

}  // namespace

double clip_grad_norm_(const Tensors& params, double max_norm, double norm_type, bool error_if_nonfinite) {
  detail::check_option("clip_grad_norm_", "max_norm", max_norm, detail::kAtLeastZero);
  detail::check_option("clip_grad_norm_", "norm_type", norm_type, {0, detail::kInfinite, true});
  const NoGradGuard guard;
  const Tensors grads = gradients(params);
  std::vector<double> norms;
  for (const Tensor& grad : grads) norms.push_back(norm_of(grad, norm_type));
  const double total = norm_of(norms, norm_type);
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
