// Variance and standard deviation: var, std.

#include <algorithm>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

struct VarianceOptions {
  ReducedDims dims;
  double correction;
  bool keepdim;

  /// n - correction, at least 0: too few elements give NaN or infinity, as in PyTorch.
  double divisor(const Shape& from) const { return std::max(0.0, static_cast<double>(dims.count(from)) - correction); }

  Tensor forward(const Tensor& x) const {
    const ReduceBlock block = make_reduce_block(x, dims, keepdim);
    const Tensor out = block.result(x.dtype());
    kernels::variance[x.device()]({.dtype = x.dtype(),
                                   .data = block.data.data(),
                                   .out = out.data(),
                                   .outer = block.outer,
                                   .n = block.n,
                                   .inner = block.inner,
                                   .divisor = divisor(x.shape())});
    return out;
  }

  /// d var / d x = 2 (x - mean) / divisor.
  Tensor backward(const Tensor& x, const Tensor& grad) const {
    const Tensor centered = x.dim() ? x - mean(x, dims.list(x.dim()), true) : x - x;
    return centered * (dims.restore(grad, x.shape()) * (2 / divisor(x.shape())));
  }
};

struct Variance {
  static constexpr std::string_view name = "var";
  VarianceOptions options;

  Tensor forward(Context& ctx, const Tensor& x) const { return options.forward(ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {options.backward(ctx.saved(0), grad)}; }
};

/// The gradient is that of the variance divided by 2 std, and 0 where std is 0.
struct StandardDeviation {
  static constexpr std::string_view name = "std";
  VarianceOptions options;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    const Tensor variance = options.forward(x);
    return ctx.save(elementwise(name, kernels::Sqrt{}, variance));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor y = ctx.saved(1), zero = y == 0;
    return {options.backward(ctx.saved(0), masked_fill(grad / (masked_fill(y, zero, 1) * 2), zero, 0))};
  }
};

VarianceOptions variance_options(std::string_view op, const Tensor& x, const Dims& dims, double correction,
                                 bool keepdim) {
  check_dtype(op, x, kFloating);
  check_option(op, "correction", correction, kFinite);
  return {ReducedDims(op, dims, x.dim()), correction, keepdim};
}

}  // namespace

Tensor var(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  return apply(Variance{variance_options("var", x, dims, correction, keepdim)}, x);
}

Tensor std(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  return apply(StandardDeviation{variance_options("std", x, dims, correction, keepdim)}, x);
}

}  // namespace reel
