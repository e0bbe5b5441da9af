// Trigonometric and hyperbolic functions and their inverses.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

struct Sin {
  static constexpr std::string_view name = "sin";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Sin{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * cos(ctx.saved(0))}; }
};

struct Cos {
  static constexpr std::string_view name = "cos";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Cos{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {-(grad * sin(ctx.saved(0)))}; }
};

struct Tan {
  static constexpr std::string_view name = "tan";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Tan{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (square(ctx.saved(0)) + 1)}; }
};

struct Asin {
  static constexpr std::string_view name = "asin";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Asin{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * rsqrt(1 - square(ctx.saved(0)))}; }
};

struct Acos {
  static constexpr std::string_view name = "acos";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Acos{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {-(grad * rsqrt(1 - square(ctx.saved(0))))};
  }
};

struct Atan {
  static constexpr std::string_view name = "atan";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Atan{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / (square(ctx.saved(0)) + 1)}; }
};

/// The gradient is grad * (x, -y) / (x^2 + y^2), and 0 at the origin, where there is none. x and y are divided by a
/// constant, the larger of |x| and |y|, before they are squared.
struct Atan2 {
  static constexpr std::string_view name = "atan2";

  Tensor forward(Context& ctx, const Tensor& y, const Tensor& x) const {
    ctx.save(y);
    ctx.save(x);
    return elementwise(name, kernels::Atan2{}, y, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    // In units of the larger coordinate, so that the squares neither overflow nor underflow.
    const Tensor unit = no_grad([&] {
      const Tensor larger = maximum(abs(ctx.saved(0)), abs(ctx.saved(1)));
      return masked_fill(larger, logical_or(larger == 0, isinf(larger)), 1);
    });
    const Tensor y = ctx.saved(0) / unit, x = ctx.saved(1) / unit, squares = square(x) + square(y);
    const Tensor scaled = grad / masked_fill(squares, squares == 0, 1);
    return {ctx.needs_grad(0) ? scaled * x / unit : Tensor(), ctx.needs_grad(1) ? -(scaled * y) / unit : Tensor()};
  }
};

struct Sinh {
  static constexpr std::string_view name = "sinh";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Sinh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * cosh(ctx.saved(0))}; }
};

struct Cosh {
  static constexpr std::string_view name = "cosh";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Cosh{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * sinh(ctx.saved(0))}; }
};

}  // namespace

Tensor sin(const Tensor& x) { return apply(Sin{}, x); }
Tensor cos(const Tensor& x) { return apply(Cos{}, x); }
Tensor tan(const Tensor& x) { return apply(Tan{}, x); }
Tensor asin(const Tensor& x) { return apply(Asin{}, x); }
Tensor acos(const Tensor& x) { return apply(Acos{}, x); }
Tensor atan(const Tensor& x) { return apply(Atan{}, x); }
Tensor sinh(const Tensor& x) { return apply(Sinh{}, x); }
Tensor cosh(const Tensor& x) { return apply(Cosh{}, x); }

Tensor atan2(const Tensor& y, const Tensor& x) {
  return in_f32(
      "atan2", [](const Tensor& a, const Tensor& b) { return apply_broadcast(Atan2{}, a, b); }, y, x);
}

}  // namespace reel
