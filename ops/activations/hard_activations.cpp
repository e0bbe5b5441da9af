// Activations of straight pieces and parabolas: hardswish, hardsigmoid, relu6, hardshrink, softshrink, threshold,
// rrelu.

#include <reel/kernels/activation_variant_ops.h>
#include <reel/ops/activation.h>
#include <reel/ops/activation_variants.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/fused_grad.h>

namespace reel {
using namespace detail;
namespace {

/// y = x (x + 3) / 6 between -3 and 3, so y'' = 1/3 there.
struct Hardswish {
  static constexpr std::string_view name = "hardswish", grad_name = "hardswish_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Hardswish{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::HardswishGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const { return masked_fill(full_like(x, 1.0 / 3), logical_or(x<-3, x> 3), 0); }
};

struct Hardsigmoid {
  static constexpr std::string_view name = "hardsigmoid", grad_name = "hardsigmoid_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Hardsigmoid{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::HardsigmoidGrad grad_functor() const { return {}; }
};

struct Hardshrink {
  static constexpr std::string_view name = "hardshrink", grad_name = "hardshrink_grad";
  double lambd;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Hardshrink{{}, lambd}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::ShrinkGrad grad_functor() const { return {{}, lambd}; }
};

struct Softshrink {
  static constexpr std::string_view name = "softshrink", grad_name = "softshrink_grad";
  double lambd;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Softshrink{{}, lambd}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::ShrinkGrad grad_functor() const { return {{}, lambd}; }
};

struct Threshold {
  static constexpr std::string_view name = "threshold", grad_name = "threshold_grad";
  double threshold, value;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Threshold{{}, threshold, value}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::ThresholdGrad grad_functor() const { return {{}, threshold}; }
};

}  // namespace

Tensor hardswish(const Tensor& x) { return apply(Hardswish{}, x); }

Tensor hardsigmoid(const Tensor& x) { return apply(Hardsigmoid{}, x); }

Tensor relu6(const Tensor& x) {
  check_dtype("relu6", x, kFloating);
  return hardtanh(x, 0, 6);
}

Tensor hardshrink(const Tensor& x, double lambd) {
  check_option("hardshrink", "lambd", lambd, kFiniteAtLeastZero);
  return apply(Hardshrink{lambd}, x);
}

Tensor softshrink(const Tensor& x, double lambd) {
  check_option("softshrink", "lambd", lambd, kFiniteAtLeastZero);
  return apply(Softshrink{lambd}, x);
}

Tensor threshold(const Tensor& x, double threshold, double value) {
  check_option("threshold", "threshold", threshold, kNotNan);
  check_option("threshold", "value", value, kNotNan);
  return apply(Threshold{threshold, value}, x);
}

Tensor rrelu(const Tensor& x, double lower, double upper, bool training) {
  check_dtype("rrelu", x, kFloating);
  check_option("rrelu", "lower", lower, kFinite);
  check_option("rrelu", "upper", upper, {lower, kInfinite, false, true});
  if (!training) return leaky_relu(x, (lower + upper) / 2);
  // Drawn in f32 for both dtypes, which so get the same numbers.
  const Tensor slopes = empty(x.shape(), {.device = x.device()}).uniform_(lower, upper).to(x.dtype());
  return where(x > 0, x, x * slopes);
}

}  // namespace reel
