#pragma once

#include <reel/autograd/op.h>

namespace reel {

/// Saves the two factors of a product (elementwise, of matrices, a convolution), each where the other's gradient, which
/// is what needs it, is wanted.
inline void save_factors(Context& ctx, const Tensor& a, const Tensor& b) {
  ctx.save(ctx.needs_grad(1) ? a : Tensor());
  ctx.save(ctx.needs_grad(0) ? b : Tensor());
}

}  // namespace reel
