// The activation mish (Misra 2019).

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// y = x t with t = tanh(softplus(x)), y' = t + x t', y'' = 2 t' + x t''. Of s = sigmoid(x) are t' = (1 - t^2) s and
/// t'' = t' (1 - s - 2 t s).
struct Mish {
  static constexpr std::string_view name = "mish", grad_name = "mish_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Mish{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::MishGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor z = clamp(x, -1000, 1000);  // far out y'' is 0, not infinity times 0
    const Tensor s = sigmoid(z), t = tanh(softplus(z));
    return (1 - square(t)) * s * (2 + z * (1 - s - 2 * t * s));
  }
};

}  // namespace

Tensor mish(const Tensor& x) { return apply(Mish{}, x); }

}  // namespace reel
