// Losses of squared differences: mse_loss, euclidean_loss.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// 2 * grad * (y - t).
struct SquaredDifferenceGrad {
  static constexpr std::string_view name = "mse_loss_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& y, const Tensor& t) const {
    for (const Tensor* x : {&grad, &y, &t}) ctx.save(*x);
    return elementwise(name, kernels::SquaredDifferenceGrad{}, grad, y, t);
  }
  Grads<3> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor to_y = ctx.needs_grad(1) || ctx.needs_grad(2) ? upstream * ctx.saved(0) * 2 : Tensor();
    return {apply(SquaredDifferenceGrad{}, upstream, ctx.saved(1), ctx.saved(2)), to_y,
            ctx.needs_grad(2) ? -to_y : Tensor()};
  }
};

struct SquaredDifference {
  static constexpr std::string_view name = "mse_loss";

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& t) const {
    ctx.save(y);
    ctx.save(t);
    return elementwise(name, kernels::SquaredDifference{}, y, t);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_y = apply(SquaredDifferenceGrad{}, grad, ctx.saved(0), ctx.saved(1));
    return {to_y, ctx.needs_grad(1) ? -to_y : Tensor()};
  }
};

}  // namespace

Tensor mse_loss(const Tensor& y, const Tensor& target, Reduction reduction) {
  check_same_shape("mse_loss", y, target);
  if (is_half(y)) {
    return in_f32(
        "mse_loss", [&](const Tensor& a, const Tensor& b) { return mse_loss(a, b, reduction); }, y, target);
  }
  return reduce_loss(apply(SquaredDifference{}, y, target), reduction);
}

Tensor euclidean_loss(const Tensor& y, const Tensor& target) {
  check_same_shape("euclidean_loss", y, target);
  check_dtype("euclidean_loss", y, kFloating);
  if (is_half(y)) return in_f32("euclidean_loss", euclidean_loss, y, target);
  const std::int64_t samples = y.dim() == 0 ? 1 : y.shape()[0];
  return sum(apply(SquaredDifference{}, y, target)) / (2 * samples);
}

}  // namespace reel
