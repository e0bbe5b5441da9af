// Division that rounds towards minus infinity: floor_divide, remainder.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/divisor.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

/// a - b * floor(a / b): the gradient is 1 for a and -floor(a / b) for b.
struct Remainder {
  static constexpr std::string_view name = "remainder";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return elementwise(name, kernels::Remainder{}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {grad, ctx.needs_grad(1) ? -(grad * floor_divide(ctx.saved(0), ctx.saved(1))) : Tensor()};
  }
};

struct RemainderScalar {
  static constexpr std::string_view name = "remainder_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Remainder>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad}; }
};

}  // namespace

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  const NoGradGuard guard;
  const auto [x, y] = broadcast("floor_divide", a, b);
  check_divisor("floor_divide", a, b);
  return elementwise("floor_divide", kernels::FloorDivide{}, x, y);
}

Tensor floor_divide(const Tensor& a, Scalar b) {
  check_divisor("floor_divide", a, b);
  return elementwise("floor_divide", kernels::ScalarRight<kernels::FloorDivide>{{}, b}, a);
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  const auto [x, y] = broadcast("remainder", a, b);
  check_divisor("remainder", a, b);
  return apply(Remainder{}, x, y);
}

Tensor remainder(const Tensor& a, Scalar b) {
  check_divisor("remainder", a, b);
  return apply(RemainderScalar{b}, a);
}

Tensor operator%(const Tensor& a, const Tensor& b) { return remainder(a, b); }
Tensor operator%(const Tensor& a, Scalar b) { return remainder(a, b); }

}  // namespace reel
