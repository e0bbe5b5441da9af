// The p-norm over dimensions.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// The 2-norm y; the gradient x / y is 0 where y is 0.
struct Norm2 {
  static constexpr std::string_view name = "norm";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    const Tensor squares = reduce<kernels::SumOfSquares>(name, ctx.save(x), dims, keepdim);
    return ctx.save(elementwise(name, kernels::Sqrt{}, squares));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), zero = y == 0;
    const Tensor factor = masked_fill(grad / masked_fill(y, zero, 1), zero, 0);
    return {x * dims.restore(factor, x.shape())};
  }
};

/// The sum of absolute values; its gradient is the sign.
struct Norm1 {
  static constexpr std::string_view name = "norm1";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return reduce<kernels::SumOfMagnitudes>("norm", ctx.save(x), dims, keepdim);
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {sign(x) * dims.restore(grad, x.shape())};
  }
};

}  // namespace

Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim) {
  check_dtype("norm", x, kFloating);
  check_option("norm", "p", p, kNotNan);
  const ReducedDims reduced("norm", dims, x.dim());
  if (p == 2) return apply(Norm2{reduced, keepdim}, x);
  if (p == 1) return apply(Norm1{reduced, keepdim}, x);
  if (std::isinf(p)) {
    check<ValueError>(reduced.count(x.shape()) > 0, "norm: expected at least one element to choose from, got shape {}",
                      x.shape());
    return p > 0 ? amax(abs(x), dims, keepdim) : amin(abs(x), dims, keepdim);
  }
  if (p == 0) return sum(x != 0, dims, keepdim).to(x.dtype());
  // Zeros are masked out of the power: its derivative |x|^(p - 1) may be infinite there.
  const Tensor zero = x == 0;
  const Tensor powers = masked_fill(pow(abs(masked_fill(x, zero, 1)), p), zero, p > 0 ? 0.0 : INFINITY);
  const Tensor total = sum(powers, dims, keepdim), none = total == 0;
  return masked_fill(pow(masked_fill(total, none, 1), 1 / p), none, p > 0 ? 0.0 : INFINITY);
}

}  // namespace reel
