#pragma once

#include <string_view>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>

/// The gradient of an activation f as one kernel, grad * f', that can itself be differentiated.
namespace reel::detail {

/// With s for what f saves, its input or its output, A has: `A::grad_name`; `grad_functor()`, which maps (grad, s) to
/// the gradient; and `curvature(s)`, the derivative of f' with respect to s, made of public operations. An f of
/// straight pieces has none: its second derivative is 0.
template <class A> struct FusedGrad {
  static constexpr std::string_view name = A::grad_name;
  A activation;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& s) const {
    ctx.save(grad);
    ctx.save(s);
    return elementwise(name, activation.grad_functor(), grad, s);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor s = ctx.saved(1);
    Tensor to_s;
    if constexpr (requires { activation.curvature(s); }) {
      if (ctx.needs_grad(1)) to_s = grad * ctx.saved(0) * activation.curvature(s);
    }
    return {ctx.needs_grad(0) ? apply(FusedGrad{activation}, grad, s) : Tensor(), to_s};
  }
};

template <class A> Tensor fused_grad(const A& activation, const Tensor& grad, const Tensor& s) {
  return apply(FusedGrad<A>{activation}, grad, s);
}

}  // namespace reel::detail
