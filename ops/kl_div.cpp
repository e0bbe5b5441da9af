// The Kullback-Leibler divergence.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
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

}  // namespace

Tensor kl_div(const Tensor& log_probs, const Tensor& target, const KlDivOptions& options) {
  check_same_shape("kl_div", log_probs, target);
  check_dtype("kl_div", log_probs, kFloating);
  const Tensor losses =
      options.log_target ? exp(target) * (target - log_probs) : apply(NegativeEntropy{}, target) - target * log_probs;
  return reduce_loss(losses, options.reduction);
}

}  // namespace reel
