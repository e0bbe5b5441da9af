// Multiplication and division: mul, div and their operators.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/factors.h>

namespace reel {
using namespace detail;
namespace {

struct Mul {
  static constexpr std::string_view name = "mul";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    save_factors(ctx, a, b);
    return elementwise(name, kernels::Mul{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {ctx.needs_grad(0) ? grad * ctx.saved(1) : Tensor(), ctx.needs_grad(1) ? grad * ctx.saved(0) : Tensor()};
  }
};

struct MulScalar {
  static constexpr std::string_view name = "mul_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Mul>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad * value}; }
};

struct Div {
  static constexpr std::string_view name = "div";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(ctx.needs_grad(1) ? a : Tensor());
    ctx.save(b);
    return elementwise(name, kernels::Div{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor b = ctx.saved(1), quotient = grad / b;
    return {quotient, ctx.needs_grad(1) ? -(quotient * ctx.saved(0)) / b : Tensor()};
  }
};

struct DivScalar {
  static constexpr std::string_view name = "div_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Div>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad / value}; }
};

/// value / x.
struct ScalarDiv {
  static constexpr std::string_view name = "scalar_div";
  Scalar value;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return elementwise(name, kernels::ScalarLeft<kernels::Div>{{}, value}, x);
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    return {grad * (value / x) / -x};
  }
};

}  // namespace

Tensor mul(const Tensor& a, const Tensor& b) { return apply_broadcast(Mul{}, a, b); }

Tensor mul(const Tensor& a, Scalar b) {
  check_scalar("mul", b, a);
  return apply(MulScalar{b}, a);
}

Tensor div(const Tensor& a, const Tensor& b) { return apply_broadcast(Div{}, a, b); }

Tensor div(const Tensor& a, Scalar b) {
  check_dtype("div", a, kFloating);
  return apply(DivScalar{b}, a);
}

Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
Tensor operator*(const Tensor& a, Scalar b) { return mul(a, b); }
Tensor operator*(Scalar a, const Tensor& b) { return mul(b, a); }
Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
Tensor operator/(const Tensor& a, Scalar b) { return div(a, b); }
Tensor operator/(Scalar a, const Tensor& b) {
  check_dtype("div", b, kFloating);
  return apply(ScalarDiv{a}, b);
}

}  // namespace reel
