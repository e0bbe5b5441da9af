// The larger and the smaller of two elements: maximum, minimum.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

template <class Functor> constexpr bool is_maximum = std::is_same_v<Functor, kernels::Maximum>;

/// The part of the gradient of Functor(a, b), maximum or minimum, that a gets. Linear in grad, piecewise constant in a
/// and b.
template <class Functor> struct ChoiceGrad {
  static constexpr std::string_view name = is_maximum<Functor> ? "maximum_grad" : "minimum_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::ChoiceGrad<Functor>{}, grad, a, b);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(ChoiceGrad{}, grad, ctx.saved(0), ctx.saved(1)), Tensor(), Tensor()};
  }
};

template <class Functor> struct Choice {
  static constexpr std::string_view name = is_maximum<Functor> ? "maximum" : "minimum";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, Functor{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    return {ctx.needs_grad(0) ? apply(ChoiceGrad<Functor>{}, grad, a, b) : Tensor(),
            ctx.needs_grad(1) ? apply(ChoiceGrad<Functor>{}, grad, b, a) : Tensor()};
  }
};

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) { return apply_broadcast(Choice<kernels::Maximum>{}, a, b); }

Tensor minimum(const Tensor& a, const Tensor& b) { return apply_broadcast(Choice<kernels::Minimum>{}, a, b); }

}  // namespace reel
