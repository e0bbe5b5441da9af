// Local response normalisation over neighbouring channels.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/response_norm.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/normalization.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Response {
  std::int64_t size;
  double alpha, beta, k;

  std::int64_t before() const { return size / 2; }
  std::int64_t after() const { return (size - 1) / 2; }

  /// x is a dense image; grad, if defined, is in the same layout.
  Tensor run(const Tensor& x, const Tensor& grad) const {
    const Tensor out = empty_like(x);
    const std::int64_t channels = x.size(1), others = channels ? x.numel() / channels : 0;
    const std::int64_t blocks = is_channels_last_image(x) ? others : x.size(0);
    const kernels::ResponseNormArgs args{.dtype = x.dtype(),
                                         .blocks = blocks,
                                         .channels = channels,
                                         .inner = blocks ? others / blocks : 0,
                                         .size = size,
                                         .alpha = alpha,
                                         .beta = beta,
                                         .k = k,
                                         .x = x.data(),
                                         .grad = data_or_null(grad),
                                         .out = out.data()};
    (grad.defined() ? kernels::response_norm_grad : kernels::response_norm)[x.device()](args);
    return out;
  }
};

/// Let W be the sum over the window, W' its transpose, a = alpha / size and s = k + a W(x^2). Then y = x s^-beta, and
/// the gradient of x is grad s^-beta - 2 a beta x W'(grad x s^(-beta - 1)).
struct ResponseNormGrad {
  static constexpr std::string_view name = "local_response_norm_grad";
  Response response;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x) const {
    ctx.save(grad);
    ctx.save(x);
    return response.run(x, dense_image(grad, is_channels_last_image(x)));
  }
  /// The gradients of the inner product of that with u.
  Grads<2> backward(const Context& ctx, const Tensor& grad_of_grad) const {
    const double a = response.alpha / static_cast<double>(response.size), beta = response.beta;
    const Shape shape = ctx.saved(1).shape();
    const Shape view{shape[0], shape[1], ctx.saved(1).numel() / std::max<std::int64_t>(1, shape[0] * shape[1])};
    const Tensor grad = reshape(ctx.saved(0), view), x = reshape(ctx.saved(1), view), u = reshape(grad_of_grad, view);
    const auto window = [&](const Tensor& v, std::int64_t before, std::int64_t after) {
      return sum(unfold(pad(v, {0, 0, before, after}), 1, response.size, 1), {3});
    };
    const auto sum_window = [&](const Tensor& v) { return window(v, response.before(), response.after()); };
    const auto transposed = [&](const Tensor& v) { return window(v, response.after(), response.before()); };
    const Tensor s = sum_window(square(x)) * a + response.k, power = pow(s, -beta), next = power / s;
    const Tensor v = sum_window(u * x);
    Grads<2> grads;
    if (ctx.needs_grad(0)) grads[0] = reshape(u * power - x * next * v * (2 * a * beta), shape);
    if (ctx.needs_grad(1)) {
      const Tensor through_s = grad * next * (v * x / s * (2 * a * (beta + 1)) - u) * beta;
      grads[1] = reshape(
          (x * transposed(through_s) - (u * transposed(grad * x * next) + v * grad * next) * beta) * (2 * a), shape);
    }
    return grads;
  }
};

struct ResponseNorm {
  static constexpr std::string_view name = "local_response_norm";
  Response response;

  Tensor forward(Context& ctx, const Tensor& x) const { return response.run(ctx.save(x), Tensor()); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(ResponseNormGrad{response}, grad, ctx.saved(0))};
  }
};

}  // namespace

Tensor local_response_norm(const Tensor& x, std::int64_t size, double alpha, double beta, double k) {
  check_defined("local_response_norm", x);
  check_dtype("local_response_norm", x, kFloating);
  check<ShapeError>(x.dim() >= 2, "local_response_norm: expected input [N, C, ...], got shape {}", x.shape());
  check_at_least("local_response_norm", "size", size, 1);
  check_option("local_response_norm", "alpha", alpha, kFiniteAtLeastZero);
  check_option("local_response_norm", "beta", beta, kFinite);
  check_option("local_response_norm", "k", k, kFiniteAtLeastZero);
  if (x.numel() == 0) return x.clone();
  return apply_in_f32(ResponseNorm{{.size = size, .alpha = alpha, .beta = beta, .k = k}}, dense_image(x));
}

}  // namespace reel
