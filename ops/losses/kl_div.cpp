// The Kullback-Leibler divergence.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// t log t, 0 at 0.
struct NegativeEntropy {
  static constexpr std::string_view name = "kl_div_entropy";

  Tensor forward(Context& ctx, const Tensor& t) const {
    ctx.save(t);
    return elementwise(name, kernels::NegativeEntropy{}, t);
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (log(ctx.saved(0)) + 1)}; }
};

/// exp(t) * (t - x), 0 where t is -infinity.
struct LogTargetDivergence {
  static constexpr std::string_view name = "kl_div_log_target";

  Tensor forward(Context& ctx, const Tensor& t, const Tensor& x) const {
    ctx.save(t);
    ctx.save(ctx.needs_grad(0) ? x : Tensor());
    return elementwise(name, kernels::LogTargetDivergence{}, t, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor t = ctx.saved(0), probability = exp(t);
    return {ctx.needs_grad(0) ? grad * (apply(LogTargetDivergence{}, t, ctx.saved(1)) + probability) : Tensor(),
            ctx.needs_grad(1) ? -(grad * probability) : Tensor()};
  }
};

}  // namespace

Tensor kl_div(const Tensor& log_probs, const Tensor& target, const KlDivOptions& options) {
  check_same_shape("kl_div", log_probs, target);
  check_dtype("kl_div", log_probs, kFloating);
  if (is_half(log_probs)) {
    return in_f32(
        "kl_div", [&](const Tensor& a, const Tensor& b) { return kl_div(a, b, options); }, log_probs, target);
  }
  const Tensor losses = options.log_target ? apply(LogTargetDivergence{}, target, log_probs)
                                           : apply(NegativeEntropy{}, target) - weigh(target, log_probs);
  return reduce_loss(losses, options.reduction);
}

}  // namespace reel
