// Smooth activations: celu, softsign, tanhshrink, logsigmoid.

#include <reel/kernels/activation_variant_ops.h>
#include <reel/ops/activation.h>
#include <reel/ops/activation_variants.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// Below 0 y = alpha (e - 1), y' = e, y'' = e / alpha with e = exp(x / alpha).
struct Celu {
  static constexpr std::string_view name = "celu", grad_name = "celu_grad";
  double alpha;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Celu{{}, alpha}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::CeluGrad grad_functor() const { return {{}, alpha}; }
  Tensor curvature(const Tensor& x) const { return where(x > 0, 0, exp(clamp(x, std::nullopt, 0) / alpha) / alpha); }
};

/// y' = r^2 and y'' = -2 sign(x) r^3 with r = 1 / (1 + |x|).
struct Softsign {
  static constexpr std::string_view name = "softsign", grad_name = "softsign_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Softsign{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::SoftsignGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor r = reciprocal(abs(x) + 1);
    return sign(x) * r * square(r) * -2;
  }
};

/// y' = t^2 and y'' = 2 t (1 - t^2) with t = tanh(x).
struct Tanhshrink {
  static constexpr std::string_view name = "tanhshrink", grad_name = "tanhshrink_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Tanhshrink{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::TanhshrinkGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor t = tanh(x);
    return 2 * t * (1 - square(t));
  }
};

/// y' = s and y'' = -s (1 - s) with s = sigmoid(-x).
struct LogSigmoid {
  static constexpr std::string_view name = "logsigmoid", grad_name = "logsigmoid_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::LogSigmoid{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::LogSigmoidGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor s = sigmoid(x);
    return s * (s - 1);
  }
};

}  // namespace

Tensor celu(const Tensor& x, double alpha) {
  check_option("celu", "alpha", alpha, kPositive);
  return apply(Celu{alpha}, x);
}

Tensor softsign(const Tensor& x) { return apply(Softsign{}, x); }
Tensor tanhshrink(const Tensor& x) { return apply(Tanhshrink{}, x); }
Tensor logsigmoid(const Tensor& x) { return apply(LogSigmoid{}, x); }

}  // namespace reel
