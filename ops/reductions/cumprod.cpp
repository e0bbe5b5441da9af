// The running product along a dimension.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/recurrence.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The kernel along `dim`; undefined addends are left out.
Tensor run_recurrence(const Tensor& factors, const Tensor& addends, int dim, bool reverse) {
  const Tensor a = factors.contiguous(), b = contiguous_if_defined(addends);
  const Tensor out = empty(a.shape(), {.dtype = is_floating(a.dtype()) ? a.dtype() : DType::i64, .device = a.device()});
  std::int64_t outer = 1, inner = 1;
  for (int d = 0; d < dim; ++d) outer *= a.shape()[d];
  for (int d = dim + 1; d < a.dim(); ++d) inner *= a.shape()[d];
  kernels::recurrence[a.device()]({.dtype = a.dtype(),
                                   .factors = a.data(),
                                   .addends = data_or_null(b),
                                   .out = out.data(),
                                   .outer = outer,
                                   .n = a.dim() ? a.shape()[dim] : 1,
                                   .inner = inner,
                                   .reverse = reverse});
  return out;
}

/// x[i - 1] for each i along `dim`, or x[i + 1] if `reverse`; `start` where there is none.
Tensor preceding(const Tensor& x, int dim, bool reverse, double start) {
  if (x.dim() == 0) return full_like(x, start);
  if (x.numel() == 0) return x;
  const Tensor first = full_like(narrow(x, dim, 0, 1), start);
  const Tensor others = narrow(x, dim, reverse ? 1 : 0, x.size(dim) - 1);
  return reverse ? cat({others, first}, dim) : cat({first, others}, dim);
}

/// out[i] = addends[i] + factors[i] * out[i - 1].
struct Recurrence {
  static constexpr std::string_view name = "recurrence";
  int dim;
  bool reverse;

  Tensor forward(Context& ctx, const Tensor& factors, const Tensor& addends) const {
    ctx.save(factors);
    return ctx.save(run_recurrence(factors, addends, dim, reverse));
  }
  /// out[i] has an effect of its own, grad[i], and another through out[i + 1]: the sum of both, which is the gradient
  /// of addends[i], is again a recurrence, backwards.
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_out = apply(Recurrence{dim, !reverse}, preceding(ctx.saved(0), dim, !reverse, 0), grad);
    return {to_out * preceding(ctx.saved(1), dim, reverse, 0), to_out};
  }
};

/// out[i] = x[i] * out[i - 1]. The gradient divides by nothing, so that it is right where x is 0.
struct CumProd {
  static constexpr std::string_view name = "cumprod";
  int dim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(run_recurrence(x, {}, dim, false));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_out = apply(Recurrence{dim, true}, preceding(ctx.saved(0), dim, true, 0), grad);
    return {to_out * preceding(ctx.saved(1), dim, false, 1)};
  }
};

}  // namespace

Tensor cumprod(const Tensor& x, std::int64_t dim) {
  check_dtype("cumprod", x, kNumericAndBool);
  return apply_in_f32(CumProd{wrap_dim("cumprod", dim, x.dim())}, x);
}

}  // namespace reel
