// The binary cross-entropy of probabilities and of logits.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/loss_ops.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/loss.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// grad * (y - t) / (y (1 - y)).
struct BceGrad {
  static constexpr std::string_view name = "binary_cross_entropy_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& y, const Tensor& t) const {
    for (const Tensor* x : {&grad, &y, &t}) ctx.save(*x);
    return elementwise(name, kernels::BinaryCrossEntropyGrad{}, grad, y, t);
  }
  Grads<3> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor grad = ctx.saved(0), y = ctx.saved(1), t = ctx.saved(2);
    Tensor to_y, to_t;
    if (ctx.needs_grad(1) || ctx.needs_grad(2)) {
      const Tensor scaled = upstream * grad, variance = y * (1 - y) + 1e-12;
      if (ctx.needs_grad(1)) to_y = scaled * (y * y - 2 * y * t + t) / (variance * variance);
      if (ctx.needs_grad(2)) to_t = -(scaled / variance);
    }
    return {apply(BceGrad{}, upstream, y, t), to_y, to_t};
  }
};

struct Bce {
  static constexpr std::string_view name = "binary_cross_entropy";

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& t) const {
    ctx.save(y);
    ctx.save(t);
    return elementwise(name, kernels::BinaryCrossEntropy{}, y, t);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor y = ctx.saved(0);
    Tensor to_t;  // the loss is linear in the target
    if (ctx.needs_grad(1)) to_t = grad * (apply(Bce{}, y, ones_like(y)) - apply(Bce{}, y, zeros_like(y)));
    return {apply(BceGrad{}, grad, y, ctx.saved(1)), to_t};
  }
};

/// grad * (sigmoid(x) - t).
struct BceWithLogitsGrad {
  static constexpr std::string_view name = "binary_cross_entropy_with_logits_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x, const Tensor& t) const {
    for (const Tensor* in : {&grad, &x, &t}) ctx.save(*in);
    return elementwise(name, kernels::BinaryCrossEntropyWithLogitsGrad{}, grad, x, t);
  }
  Grads<3> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor grad = ctx.saved(0), x = ctx.saved(1);
    Tensor to_x;
    if (ctx.needs_grad(1)) {
      const Tensor y = sigmoid(x);
      to_x = upstream * grad * y * (1 - y);
    }
    return {apply(BceWithLogitsGrad{}, upstream, x, ctx.saved(2)), to_x,
            ctx.needs_grad(2) ? -(upstream * grad) : Tensor()};
  }
};

struct BceWithLogits {
  static constexpr std::string_view name = "binary_cross_entropy_with_logits";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& t) const {
    ctx.save(x);
    ctx.save(t);
    return elementwise(name, kernels::BinaryCrossEntropyWithLogits{}, x, t);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {apply(BceWithLogitsGrad{}, grad, x, ctx.saved(1)), ctx.needs_grad(1) ? -(grad * x) : Tensor()};
  }
};

/// The factor must broadcast to the shape of the losses, not the losses to a larger one.
void check_factor(std::string_view op, std::string_view what, const Tensor& factor, const Tensor& y) {
  if (!factor.defined()) return;
  check_same_dtype(op, factor, y);
  check_same_device(op, factor, y);
  check<ShapeError>(broadcast_shapes(op, y.shape(), factor.shape()) == y.shape(),
                    "{}: expected {} that broadcasts to {}, got shape {}", op, what, y.shape(), factor.shape());
}

Tensor weighted(const Tensor& losses, const Tensor& weight) { return weight.defined() ? losses * weight : losses; }

}  // namespace

Tensor binary_cross_entropy(const Tensor& y, const Tensor& target, const BinaryCrossEntropyOptions& options) {
  constexpr std::string_view op = "binary_cross_entropy";
  check_same_shape(op, y, target);
  check_dtype(op, y, kFloating);
  check_factor(op, "the weight", options.weight, y);
  if (is_half(y)) {
    const auto loss = [&](const Tensor& a, const Tensor& b, const Tensor& weight) {
      return binary_cross_entropy(a, b, {.weight = weight, .reduction = options.reduction});
    };
    return in_f32(op, loss, y, target, options.weight);
  }
  const Tensor outputs = no_grad([&] { return dense(y); });
  kernels::range_check[y.device()]({.check = {.op = op, .kind = kernels::RangeCheck::Kind::probability},
                                    .dtype = y.dtype(),
                                    .data = outputs.data(),
                                    .n = y.numel(),
                                    .low = 0,
                                    .high = 1});
  return reduce_loss(weighted(apply(Bce{}, y, target), options.weight), options.reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsOptions& options) {
  constexpr std::string_view op = "binary_cross_entropy_with_logits";
  check_same_shape(op, logits, target);
  check_dtype(op, logits, kFloating);
  check_factor(op, "the weight", options.weight, logits);
  check_factor(op, "the pos_weight", options.pos_weight, logits);
  if (is_half(logits)) {
    const auto loss = [&](const Tensor& x, const Tensor& t, const Tensor& weight, const Tensor& pos_weight) {
      return binary_cross_entropy_with_logits(
          x, t, {.weight = weight, .reduction = options.reduction, .pos_weight = pos_weight});
    };
    return in_f32(op, loss, logits, target, options.weight, options.pos_weight);
  }
  Tensor losses;
  if (!options.pos_weight.defined()) {
    losses = apply(BceWithLogits{}, logits, target);
  } else {  // the positive term, t * log(1 + exp(-x)), counts pos_weight times
    losses = weigh(1 - target, apply(BceWithLogits{}, logits, zeros_like(logits))) +
             weigh(options.pos_weight * target, apply(BceWithLogits{}, logits, ones_like(logits)));
  }
  return reduce_loss(weighted(losses, options.weight), options.reduction);
}

}  // namespace reel
