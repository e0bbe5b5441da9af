// Functions of statistics and signals: erfc, erfinv, sinc, lgamma, digamma, polygamma.

#include <cmath>
#include <numbers>

#include <reel/kernels/special_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/special.h>

namespace reel {
using namespace detail;
namespace {

struct Erfc {
  static constexpr std::string_view name = "erfc";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Erfc{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (exp(-square(ctx.saved(0))) * -M_2_SQRTPI)};
  }
};

/// The slope is the reciprocal of that of erf at the result y.
struct Erfinv {
  static constexpr std::string_view name = "erfinv";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Erfinv{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (exp(square(ctx.saved(0))) / M_2_SQRTPI)};
  }
};

/// With z = pi x: y = sin z / z, y' = pi (cos z - y) / z, y'' = -pi^2 y - 2 y' / x.
struct Sinc {
  static constexpr std::string_view name = "sinc", grad_name = "sinc_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Sinc{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::SincGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    constexpr double square_of_pi = std::numbers::pi * std::numbers::pi;
    const Tensor zero = x == 0, slope = fused_grad(*this, ones_like(x), x);
    const Tensor ratio = masked_fill(slope / masked_fill(x, zero, 1), zero, -square_of_pi / 3);
    return sinc(x) * -square_of_pi - 2 * ratio;
  }
};

struct Lgamma {
  static constexpr std::string_view name = "lgamma";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Lgamma{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * digamma(ctx.saved(0))}; }
};

struct Digamma {
  static constexpr std::string_view name = "digamma";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Digamma{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * polygamma(1, ctx.saved(0))}; }
};

struct Polygamma {
  static constexpr std::string_view name = "polygamma";
  int n;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Polygamma{{}, n}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * polygamma(n + 1, ctx.saved(0))}; }
};

}  // namespace

Tensor erfc(const Tensor& x) { return apply(Erfc{}, x); }
Tensor erfinv(const Tensor& x) { return apply(Erfinv{}, x); }
Tensor sinc(const Tensor& x) { return apply(Sinc{}, x); }
Tensor lgamma(const Tensor& x) { return apply(Lgamma{}, x); }
Tensor digamma(const Tensor& x) { return apply(Digamma{}, x); }

Tensor polygamma(std::int64_t n, const Tensor& x) {
  check<ValueError>(n >= 0 && n < 1000, "polygamma: expected n in [0, 1000), got {}", n);
  if (n > 0) return apply(Polygamma{static_cast<int>(n)}, x);
  check_dtype("polygamma", x, kFloating);
  return digamma(x);
}

}  // namespace reel
