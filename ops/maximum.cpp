// The larger and the smaller of two elements: maximum, minimum.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

/// The part of the gradient of max(a, b) that a gets. Linear in grad, piecewise constant in a and b.
struct GreaterGrad {
  static constexpr std::string_view name = "maximum_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::GreaterGrad{}, grad, a, b);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(GreaterGrad{}, grad, ctx.saved(0), ctx.saved(1)), Tensor(), Tensor()};
  }
};

struct Maximum {
  static constexpr std::string_view name = "maximum";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::Maximum{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    return {ctx.needs_grad(0) ? apply(GreaterGrad{}, grad, a, b) : Tensor(),
            ctx.needs_grad(1) ? apply(GreaterGrad{}, grad, b, a) : Tensor()};
  }
};

struct Minimum {
  static constexpr std::string_view name = "minimum";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::Minimum{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    return {ctx.needs_grad(0) ? apply(GreaterGrad{}, grad, b, a) : Tensor(),
            ctx.needs_grad(1) ? apply(GreaterGrad{}, grad, a, b) : Tensor()};
  }
};

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) { return apply_broadcast(Maximum{}, a, b); }

Tensor minimum(const Tensor& a, const Tensor& b) { return apply_broadcast(Minimum{}, a, b); }

}  // namespace reel
