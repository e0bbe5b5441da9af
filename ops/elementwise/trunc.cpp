// What rounds towards 0: trunc, frac, fmod, and div with a rounding mode.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/number_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/divisor.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/numeric.h>

namespace reel {
using namespace detail;
namespace {

struct Trunc {
  static constexpr std::string_view name = "trunc";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Trunc{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {zeros_for(grad)}; }
};

/// a - b * trunc(a / b): the gradient is 1 for a and -trunc(a / b) for b.
struct Fmod {
  static constexpr std::string_view name = "fmod";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::Fmod{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {grad, ctx.needs_grad(1) ? -(grad * div(ctx.saved(0), ctx.saved(1), "trunc")) : Tensor()};
  }
};

struct FmodScalar {
  static constexpr std::string_view name = "fmod_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Fmod>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad}; }
};

/// Whether to round towards minus infinity; else towards 0.
bool rounds_down(std::string_view rounding_mode) {
  check<ValueError>(rounding_mode == "trunc" || rounding_mode == "floor",
                    "div: expected the rounding mode \"trunc\" or \"floor\", got \"{}\"", rounding_mode);
  return rounding_mode == "floor";
}

}  // namespace

Tensor trunc(const Tensor& x) { return apply(Trunc{}, x); }

Tensor frac(const Tensor& x) {
  check_dtype("frac", x, kFloating);
  return x - trunc(x);
}

Tensor fmod(const Tensor& a, const Tensor& b) {
  const auto [x, y] = broadcast("fmod", a, b);
  check_divisor("fmod", a, b);
  return apply(Fmod{}, x, y);
}

Tensor fmod(const Tensor& a, Scalar b) {
  check_divisor("fmod", a, b);
  return apply(FmodScalar{b}, a);
}

Tensor div(const Tensor& a, const Tensor& b, std::string_view rounding_mode) {
  if (rounds_down(rounding_mode)) return floor_divide(a, b);
  const NoGradGuard guard;
  const auto [x, y] = broadcast("div", a, b);
  check_divisor("div", a, b);
  return elementwise("div", kernels::TruncDivide{}, x, y);
}

Tensor div(const Tensor& a, Scalar b, std::string_view rounding_mode) {
  if (rounds_down(rounding_mode)) return floor_divide(a, b);
  check_divisor("div", a, b);
  return elementwise("div", kernels::ScalarRight<kernels::TruncDivide>{{}, b}, a);
}

}  // namespace reel
