// Activations that multiply x by a smooth step function, gelu and silu, and swiglu, a silu times another tensor.

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

/// y = x s(v), v = c (x + a x^3). With s' = s (1 - s) v': y' = s + x s', y'' = s (1 - s) (2 v' + x ((1 - 2 s) v'^2 +
/// v'')).
struct GeluTanh {
  static constexpr std::string_view name = "gelu_tanh", grad_name = "gelu_tanh_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::GeluTanh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::GeluTanhGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const double c = 2 * std::sqrt(2 / M_PI), a = 0.044715;
    const Tensor z = clamp(x, -1000, 1000), squares = square(z);  // far out y'' is 0, not infinity times 0
    const Tensor s = sigmoid(c * z * (1 + a * squares)), slope = c * (1 + 3 * a * squares);
    return s * (1 - s) * (2 * slope + z * ((1 - 2 * s) * square(slope) + 6 * a * c * z));
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

/// grad * up * silu'(gate), which is linear and symmetric in grad and up.
struct SwigluGateGrad {
  static constexpr std::string_view name = "swiglu_gate_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& gate, const Tensor& up) const {
    ctx.save(grad);
    ctx.save(gate);
    ctx.save(up);
    return elementwise(name, kernels::SwigluGateGrad{}, grad, gate, up);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor first = ctx.saved(0), gate = ctx.saved(1), up = ctx.saved(2);
    return {ctx.needs_grad(0) ? apply(SwigluGateGrad{}, grad, gate, up) : Tensor(),
            ctx.needs_grad(1) ? grad * first * up * Silu{}.curvature(gate) : Tensor(),
            ctx.needs_grad(2) ? apply(SwigluGateGrad{}, grad, gate, first) : Tensor()};
  }
};

struct Swiglu {
  static constexpr std::string_view name = "swiglu";

  Tensor forward(Context& ctx, const Tensor& gate, const Tensor& up) const {
    ctx.save(gate);
    ctx.save(up);
    return elementwise(name, kernels::Swiglu{}, gate, up);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor gate = ctx.saved(0);
    return {ctx.needs_grad(0) ? apply(SwigluGateGrad{}, grad, gate, ctx.saved(1)) : Tensor(),
            ctx.needs_grad(1) ? apply(Swiglu{}, gate, grad) : Tensor()};
  }
};

}  // namespace

Tensor gelu(const Tensor& x) { return apply(Gelu{}, x); }
Tensor gelu(const Tensor& x, GeluApproximate approximate) {
  return approximate == GeluApproximate::tanh ? apply(GeluTanh{}, x) : gelu(x);
}
Tensor silu(const Tensor& x) { return apply(Silu{}, x); }
Tensor swiglu(const Tensor& gate, const Tensor& up) { return apply_broadcast(Swiglu{}, gate, up); }

}  // namespace reel
