// A smooth version of relu: softplus.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/fused_grad.h>

namespace reel {
using namespace detail;
namespace {

/// y = log(1 + exp(beta x)) / beta, y' = s(beta x), y'' = beta s (1 - s); beyond the threshold y = x.
struct Softplus {
  static constexpr std::string_view name = "softplus", grad_name = "softplus_grad";
  double beta, threshold;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Softplus{{}, beta, threshold}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::SoftplusGrad grad_functor() const { return {{}, beta, threshold}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor z = x * beta, s = sigmoid(z);
    return masked_fill(beta * s * (1 - s), z > threshold, 0);
  }
};

}  // namespace

Tensor softplus(const Tensor& x, double beta, double threshold) {
  check_option("softplus", "beta", beta, kPositive);
  check_option("softplus", "threshold", threshold, kNotNan);
  return apply(Softplus{beta, threshold}, x);
}

}  // namespace reel
