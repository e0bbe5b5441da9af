// The p-norm over dimensions.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The 2-norm y; the gradient x / y is 0 where y is 0.
struct Norm2 {
  static constexpr std::string_view name = "norm";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(reduce(kernels::euclidean_norm, x, x.dtype(), dims, keepdim));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), zero = y == 0;
    const auto restored = [&](const Tensor& result) { return dims.restore(result, x.shape()); };
    // x / y first, which is at most 1: grad / y may be out of range.
    return {x / restored(masked_fill(y, zero, 1)) * restored(masked_fill(grad, zero, 0))};
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

/// The number of elements that are not 0; its gradient is 0.
struct Norm0 {
  static constexpr std::string_view name = "norm0";
  ReducedDims dims;
  bool keepdim;
  Shape shape;  // of x

  Tensor forward(Context&, const Tensor& x) const {
    return reduce<kernels::Sum>("norm", x != 0, dims, keepdim).to(x.dtype());
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    return {expand(dims.restore(zeros_for(grad), shape), shape)};
  }
};

/// The magnitude that dominates sum |x|^p, to be taken out of the power: the largest, or for p < 0 the smallest that is
/// not 0. 1 where there is none, and where it is infinite or NaN.
Tensor dominant(const Tensor& x, double p, const Dims& dims) {
  const Tensor magnitudes = abs(x);
  const Tensor d = p > 0 ? amax(magnitudes, dims, true) : amin(masked_fill(magnitudes, x == 0, INFINITY), dims, true);
  return where(logical_and(d > 0, d < INFINITY), d, 1);
}

/// The other norms. Up to |p| = 1 a power of |x| is nearer to 1 than |x|: it leaves the range only if the norm does.
struct NormP {
  static constexpr std::string_view name = "norm_p";
  ReducedDims dims;
  bool keepdim;
  double p;

  Tensor forward(Context& ctx, const Tensor& x) const {
    const NoGradGuard guard;
    ctx.save(x);
    const Dims list = dims.list(x.dim());
    const auto from_powers = [&](const Tensor& v) { return pow(sum(pow(abs(v), p), list, true), 1 / p); };
    const bool scaled = std::fabs(p) > 1 && x.numel() > 0;
    const Tensor unit = scaled ? dominant(x, p, list) : Tensor();
    const Tensor y = scaled ? from_powers(x / unit) * unit : from_powers(x);
    return ctx.save(reshape(y, dims.shape(x.shape(), keepdim)));
  }
  /// sign(x) (|x| / y)^(p - 1), and 0 where x or y is 0: the power may be infinite there.
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), none = y == 0;
    const auto restored = [&](const Tensor& result) { return dims.restore(result, x.shape()); };
    const Tensor ratio = abs(x) / restored(masked_fill(y, none, 1)), zero = ratio == 0;
    const Tensor slope = masked_fill(pow(masked_fill(ratio, zero, 1), p - 1), zero, 0) * sign(x);
    return {slope * restored(masked_fill(grad, none, 0))};
  }
};

}  // namespace

Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim) {
  check_dtype("norm", x, kFloating);
  check_option("norm", "p", p, kNotNan);
  if (is_half(x))
    return in_f32(
        "norm", [&](const Tensor& y) { return norm(y, p, dims, keepdim); }, x);
  const ReducedDims reduced("norm", dims, x.dim());
  if (p == 2) return apply(Norm2{reduced, keepdim}, x);
  if (p == 1) return apply(Norm1{reduced, keepdim}, x);
  if (std::isinf(p)) {
    check<ValueError>(reduced.count(x.shape()) > 0, "norm: expected at least one element to choose from, got shape {}",
                      x.shape());
    return p > 0 ? amax(abs(x), dims, keepdim) : amin(abs(x), dims, keepdim);
  }
  if (p == 0) return apply(Norm0{reduced, keepdim, x.shape()}, x);
  return apply(NormP{reduced, keepdim, p}, x);
}

}  // namespace reel
