// Weights whose zeros win over infinite logarithms.

#include <reel/ops/internal/loss.h>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/factors.h>

namespace reel::detail {
namespace {

struct Weigh {
  static constexpr std::string_view name = "weigh";

  Tensor forward(Context& ctx, const Tensor& weight, const Tensor& x) const {
    save_factors(ctx, weight, x);
    return elementwise(name, kernels::Weigh{}, weight, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {ctx.needs_grad(0) ? grad * ctx.saved(1) : Tensor(), ctx.needs_grad(1) ? grad * ctx.saved(0) : Tensor()};
  }
};

}  // namespace

Tensor weigh(const Tensor& weight, const Tensor& x) { return apply(Weigh{}, weight, x); }

}  // namespace reel::detail
