// smooth_l1_loss, and l1_loss as its case beta = 0.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// grad * d / beta where |d| < beta, else grad * sign(d), for d = y - t.
struct SmoothL1Grad {
  static constexpr std::string_view name = "smooth_l1_loss_grad";
  double beta;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& y, const Tensor& t) const {
    for (const Tensor* x : {&grad, &y, &t}) ctx.save(*x);
    return elementwise(name, kernels::SmoothL1Grad{{}, beta}, grad, y, t);
  }
  Grads<3> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor y = ctx.saved(1), t = ctx.saved(2);
    Tensor to_y;
    if (beta > 0 && (ctx.needs_grad(1) || ctx.needs_grad(2))) {
      to_y = where(abs(y - t) < beta, upstream * ctx.saved(0) / beta, 0);
    }
    return {apply(SmoothL1Grad{beta}, upstream, y, t), to_y, to_y.defined() && ctx.needs_grad(2) ? -to_y : Tensor()};
  }
};

struct SmoothL1 {
  static constexpr std::string_view name = "smooth_l1_loss";
  double beta;

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& t) const {
    ctx.save(y);
    ctx.save(t);
    return elementwise(name, kernels::SmoothL1{{}, beta}, y, t);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_y = apply(SmoothL1Grad{beta}, grad, ctx.saved(0), ctx.saved(1));
    return {to_y, ctx.needs_grad(1) ? -to_y : Tensor()};
  }
};

}  // namespace

Tensor smooth_l1_loss(const Tensor& y, const Tensor& target, Reduction reduction, double beta) {
  check_same_shape("smooth_l1_loss", y, target);
  check_dtype("smooth_l1_loss", y, kFloating);
  check_option("smooth_l1_loss", "beta", beta, kFiniteAtLeastZero);
  if (is_half(y)) {
    const auto loss = [&](const Tensor& a, const Tensor& b) { return smooth_l1_loss(a, b, reduction, beta); };
    return in_f32("smooth_l1_loss", loss, y, target);
  }
  return reduce_loss(apply(SmoothL1{beta}, y, target), reduction);
}

Tensor l1_loss(const Tensor& y, const Tensor& target, Reduction reduction) {
  check_same_shape("l1_loss", y, target);
  check_dtype("l1_loss", y, kFloating);
  if (is_half(y)) {
    return in_f32(
        "l1_loss", [&](const Tensor& a, const Tensor& b) { return l1_loss(a, b, reduction); }, y, target);
  }
  return reduce_loss(apply(SmoothL1{0}, y, target), reduction);
}

}  // namespace reel
