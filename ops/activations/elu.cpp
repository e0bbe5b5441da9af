// The exponential linear units: elu, selu.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// scale * (x where x > 0, else alpha * (exp(x) - 1)).
struct Elu {
  static constexpr std::string_view name = "elu", grad_name = "elu_grad";
  double alpha, scale;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Elu{{}, alpha, scale}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::EluGrad grad_functor() const { return {{}, alpha, scale}; }
  Tensor curvature(const Tensor& x) const {
    return where(x > 0, 0,
                 (alpha * scale) * exp(clamp(x, std::nullopt, 0)));  // without the clamp exp would overflow where x > 0
  }
};

}  // namespace

Tensor elu(const Tensor& x, double alpha) {
  check_dtype("elu", x, kFloating);
  check_option("elu", "alpha", alpha, kFinite);
  return apply(Elu{alpha, 1}, x);
}

Tensor selu(const Tensor& x) {
  check_dtype("selu", x, kFloating);
  return apply(Elu{1.6732632423543772848170429916717, 1.0507009873554804934193349852946}, x);
}

}  // namespace reel
