// Powers of tensors and numbers.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/number_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

struct Pow {
  static constexpr std::string_view name = "pow";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    if (!is_floating(b.dtype())) return elementwise(name, kernels::IntegerPow{}, a, b);
    return ctx.save(elementwise(name, kernels::Pow{}, a, b));
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), b = ctx.saved(1);
    Grads<2> grads;
    // b a^(b-1), which is 0 where b is 0 and yet depends on b. Only where a is 0 or NaN too would it be NaN.
    if (ctx.needs_grad(0)) {
      const Tensor regular = logical_or(b != 0, abs(a) > 0);
      grads[0] = grad * where(regular, b * pow(where(regular, a, 1), b - 1), 0);
    }
    // log(a) * a^b, and 0 where a is 0 and the power is constant in b.
    if (ctx.needs_grad(1)) {
      const Tensor flat = logical_and(a == 0, b >= 0);
      grads[1] = grad * masked_fill(ctx.saved(2) * log(masked_fill(a, flat, 1)), flat, 0);
    }
    return grads;
  }
};

/// f(functor) with the functor of x to the power of a number; the most frequent ones have kernels of their own.
template <class F> decltype(auto) with_power(DType dtype, Scalar exponent, F&& f) {
  const double e = exponent.to<double>();
  if (e == 2) return f(kernels::Square{});
  if (!is_floating(dtype)) return f(kernels::ScalarRight<kernels::IntegerPow>{{}, exponent});
  if (e == 3) return f(kernels::Cube{});
  if (e == 0.5) return f(kernels::Sqrt{});
  if (e == -0.5) return f(kernels::Rsqrt{});  // NaN where the root is, as the derivative of sqrt
  if (e == -1) return f(kernels::Reciprocal{});
  return f(kernels::ScalarRight<kernels::Pow>{{}, exponent});
}

/// x to the power of a number.
struct PowScalar {
  static constexpr std::string_view name = "pow_scalar";
  Scalar exponent;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    if (exponent.to<double>() == 1) return x.clone();
    return with_power(x.dtype(), exponent, [&](const auto& power) { return elementwise(name, power, x); });
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const double e = exponent.to<double>();
    const Tensor x = ctx.saved(0);
    if (e == 0) return {zeros_for(grad)};
    return {grad * (e == 1 ? ones_like(x) : pow(x, e - 1) * e)};
  }
};

/// A number to the power x.
struct ScalarPow {
  static constexpr std::string_view name = "scalar_pow";
  Scalar base;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    if (!is_floating(x.dtype())) return elementwise(name, kernels::ScalarLeft<kernels::IntegerPow>{{}, base}, x);
    return ctx.save(elementwise(name, kernels::ScalarLeft<kernels::Pow>{{}, base}, x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const double b = base.to<double>();
    if (b != 0) return {grad * (ctx.saved(1) * std::log(b))};
    const Tensor x = ctx.saved(0);
    return {grad * masked_fill(x.detach() * INFINITY, x >= 0, 0)};  // -infinity where x < 0, NaN where x is
  }
};

/// An integer to a negative power is none.
void check_exponent(const Tensor& b) {
  if (b.dtype() != DType::i64 && b.dtype() != DType::i32) return;
  check<ValueError>(all(b >= 0).item<bool>(), "pow: expected exponents of at least 0 for integers, got a negative one");
}
void check_exponent(std::string_view op, const Tensor& x, Scalar b) {
  check_dtype(op, x, kNumeric);
  check_scalar(op, b, x.dtype());
  check<ValueError>(is_floating(x.dtype()) || b.to<double>() >= 0,
                    "{}: expected an exponent of at least 0 for integers, got {}", op, b);
}

}  // namespace

Tensor pow(const Tensor& a, const Tensor& b) {
  check_defined("pow", a, "the first operand");
  check_defined("pow", b, "the second operand");
  check_exponent(b);
  return apply_broadcast(Pow{}, a, b);
}

Tensor pow(const Tensor& a, Scalar b) {
  check_exponent("pow", a, b);
  return apply(PowScalar{b}, a);
}

const Tensor& TensorMethods::pow_(Scalar exponent) const {
  check_exponent("pow_", self(), exponent);
  return with_power(self().dtype(), exponent,
                    [&](const auto& power) -> const Tensor& { return elementwise_in_place("pow_", self(), power); });
}

Tensor pow(Scalar a, const Tensor& b) {
  check_dtype("pow", b, kNumeric);
  check_scalar("pow", a, b.dtype());
  check_exponent(b);
  return apply(ScalarPow{a}, b);
}

}  // namespace reel
