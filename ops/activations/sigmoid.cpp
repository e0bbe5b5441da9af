// sigmoid and tanh, whose derivatives are polynomials of their values.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// y' = y (1 - y).
struct Sigmoid {
  static constexpr std::string_view name = "sigmoid", grad_name = "sigmoid_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Sigmoid{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::SigmoidGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& y) const { return 1 - 2 * y; }
};

/// y' = 1 - y^2.
struct Tanh {
  static constexpr std::string_view name = "tanh", grad_name = "tanh_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Tanh{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::TanhGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& y) const { return -2 * y; }
};

}  // namespace

Tensor sigmoid(const Tensor& x) { return apply(Sigmoid{}, x); }
Tensor tanh(const Tensor& x) { return apply(Tanh{}, x); }

}  // namespace reel
