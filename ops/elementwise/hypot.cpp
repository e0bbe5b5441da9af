// Sums in another scale: hypot, of squares; logaddexp, of exponentials.

#include <numbers>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/number_ops.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/numeric.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// The part of the gradient of hypot(a, b) that a gets: grad * r with r = a / hypot(a, b).
struct HypotGrad {
  static constexpr std::string_view name = "hypot_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& a, const Tensor& b) const {
    ctx.save(grad);
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::HypotGrad{}, grad, a, b);
  }
  /// With s = b / hypot(a, b): dr/da = s^2 / hypot and dr/db = -r s / hypot, both 0 at the origin.
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(1), b = ctx.saved(2), length = hypot(a, b), one = ones_like(a);
    const Tensor curvature = grad * ctx.saved(0) / masked_fill(length, length == 0, 1);
    const Tensor r = apply(HypotGrad{}, one, a, b), s = apply(HypotGrad{}, one, b, a);
    return {ctx.needs_grad(0) ? apply(HypotGrad{}, grad, a, b) : Tensor(),
            ctx.needs_grad(1) ? curvature * s * s : Tensor(), ctx.needs_grad(2) ? -(curvature * r * s) : Tensor()};
  }
};

struct Hypot {
  static constexpr std::string_view name = "hypot";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::Hypot{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    return {ctx.needs_grad(0) ? apply(HypotGrad{}, grad, a, b) : Tensor(),
            ctx.needs_grad(1) ? apply(HypotGrad{}, grad, b, a) : Tensor()};
  }
};

/// log(exp(unit * a) + exp(unit * b)) / unit. The gradients are sigmoid(unit * (a - b)) for a and the rest for b.
template <bool Binary> struct LogAddExp {
  static constexpr std::string_view name = Binary ? "logaddexp2" : "logaddexp";
  static constexpr double unit = Binary ? std::numbers::ln2 : 1;

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::LogAddExp{{}, unit}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    const Tensor same = logical_and(a == b, isinf(a));  // they share: infinity - infinity has no sigmoid
    const Tensor distance = masked_fill(a - b, same, 0) * unit;
    return {ctx.needs_grad(0) ? grad * sigmoid(distance) : Tensor(),
            ctx.needs_grad(1) ? grad * sigmoid(-distance) : Tensor()};
  }
};

}  // namespace

Tensor hypot(const Tensor& a, const Tensor& b) {
  return in_f32(
      "hypot", [](const Tensor& x, const Tensor& y) { return apply_broadcast(Hypot{}, x, y); }, a, b);
}

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  return in_f32(
      "logaddexp", [](const Tensor& x, const Tensor& y) { return apply_broadcast(LogAddExp<false>{}, x, y); }, a, b);
}

Tensor logaddexp2(const Tensor& a, const Tensor& b) {
  return in_f32(
      "logaddexp2", [](const Tensor& x, const Tensor& y) { return apply_broadcast(LogAddExp<true>{}, x, y); }, a, b);
}

}  // namespace reel
