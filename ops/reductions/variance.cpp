// Variance and standard deviation: var, std.

#include <algorithm>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/in_f32.h>
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

  /// The variance or its root.
  Tensor forward(const Tensor& x, bool root) const {
    const ReduceBlock block = make_reduce_block(x, dims, keepdim);
    const Tensor out = block.result(x.dtype());
    kernels::variance[x.device()]({.dtype = x.dtype(),
                                   .data = block.data.data(),
                                   .out = out.data(),
                                   .outer = block.outer,
                                   .n = block.n,
                                   .inner = block.inner,
                                   .divisor = divisor(x.shape()),
                                   .root = root});
    return out;
  }

  Tensor centered(const Tensor& x) const { return x.dim() ? x - mean(x, dims.list(x.dim()), true) : x - x; }
};

/// d var / d x = 2 (x - mean) / divisor.
struct Variance {
  static constexpr std::string_view name = "var";
  VarianceOptions options;

  Tensor forward(Context& ctx, const Tensor& x) const { return options.forward(ctx.save(x), false); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {options.centered(x) * (options.dims.restore(grad, x.shape()) * (2 / options.divisor(x.shape())))};
  }
};

/// d std / d x = (x - mean) / std / divisor, and 0 where std is 0.
struct StandardDeviation {
  static constexpr std::string_view name = "stddev";
  VarianceOptions options;

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(options.forward(ctx.save(x), true)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), zero = y == 0;
    const auto restored = [&](const Tensor& result) { return options.dims.restore(result, x.shape()); };
    // Divided by std first: grad / std may be out of range.
    return {options.centered(x) / restored(masked_fill(y, zero, 1)) *
            (restored(masked_fill(grad, zero, 0)) * (1 / options.divisor(x.shape())))};
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
  return apply_in_f32(Variance{variance_options("var", x, dims, correction, keepdim)}, x);
}

Tensor stddev(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  return apply_in_f32(StandardDeviation{variance_options("stddev", x, dims, correction, keepdim)}, x);
}

}  // namespace reel
