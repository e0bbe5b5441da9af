#pragma once

#include <reel/autograd/tape/op.h>

namespace reel::detail {

/// Saves the two factors of a product (elementwise, of matrices, or a convolution), each only if the gradient of the
/// other, which needs it, is wanted.
inline void save_factors(Context& ctx, const Tensor& a, const Tensor& b) {
  ctx.save(ctx.needs_grad(1) ? a : Tensor());
  ctx.save(ctx.needs_grad(0) ? b : Tensor());
}

/// A factor as products and convolutions take it: f32 is rounded under autocast, a dense layout is kept. Only where
/// nothing is recorded. No CPU multiplies f16 faster than f32, so there the rounded numbers are f32 again.
inline Tensor rounded_factor(const Tensor& x) {
  if (!x.defined() || x.dtype() != DType::f32) return x;
  const Tensor rounded = x.to(Autocast::dtype());
  return rounded.dtype() == DType::f16 && x.device().is_cpu() ? rounded.to(DType::f32) : rounded;
}

}  // namespace reel::detail
