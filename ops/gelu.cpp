// Activations that multiply x by a smooth step function: gelu, silu.

#include <cmath>

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// y = x Phi(x), y' = Phi(x) + x phi(x), y'' = (2 - x^2) phi(x).
struct Gelu {
  static constexpr std::string_view name = "gelu", grad_name = "gelu_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Gelu{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::GeluGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor squares = square(clamp(x, -1000, 1000));  // far out y'' is 0, not infinity times 0
    return (2 - squares) * (exp(-0.5 * squares) * (1 / std::sqrt(2 * M_PI)));
  }
};

/// y = x s(x), y' = s + x s', y'' = 2 s' + x s'' with s' = s (1 - s) and s'' = s' (1 - 2 s).
struct Silu {
  static constexpr std::string_view name = "silu", grad_name = "silu_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Silu{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::SiluGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor z = clamp(x, -1000, 1000), s = sigmoid(z);  // far out y'' is 0, not infinity times 0
    return s * (1 - s) * (2 + z * (1 - 2 * s));
  }
};

}  // namespace

Tensor gelu(const Tensor& x) { return apply(Gelu{}, x); }
Tensor silu(const Tensor& x) { return apply(Silu{}, x); }

}  // namespace reel
