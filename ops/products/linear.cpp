// The affine map of a fully connected layer.

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/matrix_product.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// x [n, in] @ weight^T [in, out] + bias.
struct Linear {
  static constexpr std::string_view name = "linear";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    save_factors(ctx, x, weight);
    return matrix_product(x, t(weight), bias);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {ctx.needs_grad(0) ? matmul(grad, ctx.saved(1)) : Tensor(),
            ctx.needs_grad(1) ? matmul(t(grad), ctx.saved(0)) : Tensor(),
            ctx.needs_grad(2) ? sum(grad, {0}) : Tensor()};
  }
};

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_defined("linear", x);
  check_defined("linear", weight, "the weight");
  check_factors("linear", x, weight);
  check_dtype("linear", x, kFloating);
  check_rank("linear", "the weight", weight, 2);
  const std::int64_t in = weight.size(1), out = weight.size(0);
  check<ShapeError>(x.dim() > 0 && x.size(-1) == in,
                    "linear: expected input whose last dimension is {} for the weight {} ([out, in]), got shape {}", in,
                    weight.shape(), x.shape());
  if (bias.defined()) {
    check_factors("linear", x, bias);
    check<ShapeError>(bias.shape() == Shape{out}, "linear: expected the bias of shape [{}], got {}", out, bias.shape());
  }
  if (x.dim() == 2) return apply(Linear{}, x, weight, bias);
  Shape shape = x.shape();
  shape[x.dim() - 1] = out;
  std::int64_t rows = 1;
  for (int d = 0; d + 1 < x.dim(); ++d) rows *= x.shape()[d];
  return reshape(apply(Linear{}, reshape(x, {rows, in}), weight, bias), shape);
}

}  // namespace reel
