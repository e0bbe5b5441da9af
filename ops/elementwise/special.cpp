// Inverse hyperbolic functions, exponentials and logarithms to other bases, logit, xlogy, xlog1py.

#include <reel/ops/special.h>

#include <cmath>

#include <reel/kernels/special_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/fused_grad.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// y' = r and y'' = -x r^3 with r = 1 / sqrt(1 + x^2).
struct Asinh {
  static constexpr std::string_view name = "asinh", grad_name = "asinh_grad";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Asinh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {fused_grad(*this, grad, ctx.saved(0))}; }

  kernels::AsinhGrad grad_functor() const { return {}; }
  Tensor curvature(const Tensor& x) const {
    const Tensor z = clamp(x, -1e18, 1e18),
                 r = rsqrt(square(z) + 1);  // beyond, the square would leave the range of f32
    return -(z * r) * square(r);
  }
};

/// y' = 1 / sqrt(x^2 - 1), in factors of which neither cancels nor overflows.
struct Acosh {
  static constexpr std::string_view name = "acosh";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Acosh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {grad * rsqrt(x - 1) * rsqrt(x + 1)};
  }
};

struct Atanh {
  static constexpr std::string_view name = "atanh";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Atanh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {grad / ((1 - x) * (1 + x))};
  }
};

struct Exp2 {
  static constexpr std::string_view name = "exp2";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Exp2{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (ctx.saved(0) * M_LN2)}; }
};

struct Log10 {
  static constexpr std::string_view name = "log10";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Log10{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / ctx.saved(0) / M_LN10}; }
};

/// The gradient is grad * (log y, x / y), and 0 by what x = 0 multiplies.
struct Xlogy {
  static constexpr std::string_view name = "xlogy";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& y) const {
    ctx.save(x);
    ctx.save(y);
    return elementwise(name, kernels::Xlogy{}, x, y);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), zero = x == 0, base = masked_fill(y, logical_and(zero, y <= 0), 1);
    return {ctx.needs_grad(0) ? grad * log(base) : Tensor(), ctx.needs_grad(1) ? grad * (x / base) : Tensor()};
  }
};

/// The gradient is grad * (log(1 + y), x / (1 + y)), with the same exception.
struct Xlog1py {
  static constexpr std::string_view name = "xlog1py";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& y) const {
    ctx.save(x);
    ctx.save(y);
    return elementwise(name, kernels::Xlog1py{}, x, y);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1), base = masked_fill(y, logical_and(x == 0, y <= -1), 0);
    return {ctx.needs_grad(0) ? grad * log1p(base) : Tensor(), ctx.needs_grad(1) ? grad * (x / (1 + base)) : Tensor()};
  }
};

Tensor like(std::string_view op, const Tensor& x, Scalar value) {
  check_scalar(op, value, x);
  return full({}, value, {.dtype = x.dtype(), .device = x.device()});
}

}  // namespace

Tensor asinh(const Tensor& x) { return apply(Asinh{}, x); }
Tensor acosh(const Tensor& x) { return apply(Acosh{}, x); }
Tensor atanh(const Tensor& x) { return apply(Atanh{}, x); }
Tensor exp2(const Tensor& x) { return apply(Exp2{}, x); }
Tensor log10(const Tensor& x) { return apply(Log10{}, x); }

Tensor logit(const Tensor& x, std::optional<double> eps) {
  check_dtype("logit", x, kFloating);
  if (eps) check_option("logit", "eps", *eps, {0, 0.5});
  if (is_half(x)) {
    return in_f32(
        "logit", [&](const Tensor& y) { return logit(y, eps); }, x);
  }
  const Tensor p = eps ? clamp(x, *eps, 1 - *eps) : x;
  return log(p) - log1p(-p);
}

Tensor xlogy(const Tensor& x, const Tensor& y) {
  return in_f32(
      "xlogy", [](const Tensor& a, const Tensor& b) { return apply_broadcast(Xlogy{}, a, b); }, x, y);
}
Tensor xlogy(const Tensor& x, Scalar y) { return xlogy(x, like("xlogy", x, y)); }
Tensor xlogy(Scalar x, const Tensor& y) { return xlogy(like("xlogy", y, x), y); }

Tensor xlog1py(const Tensor& x, const Tensor& y) {
  return in_f32(
      "xlog1py", [](const Tensor& a, const Tensor& b) { return apply_broadcast(Xlog1py{}, a, b); }, x, y);
}
Tensor xlog1py(const Tensor& x, Scalar y) { return xlog1py(x, like("xlog1py", x, y)); }
Tensor xlog1py(Scalar x, const Tensor& y) { return xlog1py(like("xlog1py", y, x), y); }

}  // namespace reel
