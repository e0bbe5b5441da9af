// softmax and its logarithm.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/softmax.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/dim_block.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

Tensor softmax_along(const Tensor& x, int dim, bool log) {
  const DimBlock block(x, dim);
  const Tensor out = empty_like(block.data);
  kernels::softmax[x.device()]({.dtype = x.dtype(),
                                .log = log,
                                .x = block.data.data(),
                                .out = out.data(),
                                .outer = block.outer,
                                .n = block.n,
                                .inner = block.inner});
  return out;
}

Tensor gradient_along(const Tensor& grad, const Tensor& y, int dim, bool log) {
  const DimBlock block(y, dim);
  const Tensor g = with_strides(grad, block.data.strides());
  const Tensor out = empty_like(block.data);
  kernels::softmax_grad[y.device()]({.dtype = y.dtype(),
                                     .log = log,
                                     .grad = g.data(),
                                     .y = block.data.data(),
                                     .grad_x = out.data(),
                                     .outer = block.outer,
                                     .n = block.n,
                                     .inner = block.inner});
  return out;
}

/// y * (grad - sum(grad * y)) for y = softmax(x).
struct SoftmaxGrad {
  static constexpr std::string_view name = "softmax_grad";
  int dim;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& y) const {
    ctx.save(grad);
    ctx.save(y);
    return gradient_along(grad, y, dim, false);
  }
  Grads<2> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor grad = ctx.saved(0), y = ctx.saved(1);
    Tensor to_y;
    if (ctx.needs_grad(1)) {
      to_y = upstream * (grad - sum(grad * y, {dim}, true)) - grad * sum(upstream * y, {dim}, true);
    }
    return {apply(SoftmaxGrad{dim}, upstream, y), to_y};
  }
};

struct Softmax {
  static constexpr std::string_view name = "softmax";
  int dim;

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(softmax_along(x, dim, false)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(SoftmaxGrad{dim}, grad, ctx.saved(0))};
  }
};

/// grad - exp(y) * sum(grad) for y = log_softmax(x).
struct LogSoftmaxGrad {
  static constexpr std::string_view name = "log_softmax_grad";
  int dim;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& y) const {
    ctx.save(grad);
    ctx.save(y);
    return gradient_along(grad, y, dim, true);
  }
  Grads<2> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor grad = ctx.saved(0), weighted = upstream * exp(ctx.saved(1));
    return {upstream - sum(weighted, {dim}, true), ctx.needs_grad(1) ? -(weighted * sum(grad, {dim}, true)) : Tensor()};
  }
};

struct LogSoftmax {
  static constexpr std::string_view name = "log_softmax";
  int dim;

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(softmax_along(x, dim, true)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(LogSoftmaxGrad{dim}, grad, ctx.saved(0))};
  }
};

}  // namespace

Tensor softmax(const Tensor& x, std::int64_t dim) {
  check_dtype("softmax", x, kFloating);
  return apply_in_f32(Softmax{wrap_dim("softmax", dim, x.dim())}, x);
}

Tensor log_softmax(const Tensor& x, std::int64_t dim) {
  check_dtype("log_softmax", x, kFloating);
  return apply_in_f32(LogSoftmax{wrap_dim("log_softmax", dim, x.dim())}, x);
}

}  // namespace reel
