// Choosing between elements by a boolean condition: where, masked_fill.

#include <reel/autograd/tape/op.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Where {
  static constexpr std::string_view name = "where";

  Tensor forward(Context& ctx, const Tensor& condition, const Tensor& a, const Tensor& b) const {
    ctx.save(condition);
    return elementwise(name, kernels::Where{}, condition, a, b);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor condition = ctx.saved(0);
    return {Tensor(), ctx.needs_grad(1) ? where(condition, grad, 0) : Tensor(),
            ctx.needs_grad(2) ? where(condition, 0, grad) : Tensor()};
  }
};

Tensor choose(std::string_view op, const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_defined(op, condition, "the condition");
  check_dtype(op, condition, kBool);
  check_same_dtype(op, a, b);
  check_same_device(op, a, b);
  check_same_device(op, condition, a);
  if (condition.shape() == a.shape() && a.shape() == b.shape()) return apply(Where{}, condition, a, b);
  const Shape shape = broadcast_shapes(op, broadcast_shapes(op, a.shape(), b.shape()), condition.shape());
  return apply(Where{}, expand(condition, shape), expand(a, shape), expand(b, shape));
}

/// A number as a tensor of rank 0, like x.
Tensor constant(std::string_view op, Scalar value, const Tensor& condition, const Tensor& x) {
  check_defined(op, condition, "the condition");
  check_scalar(op, value, x);
  check_same_device(op, condition, x);
  return full({}, value, x.options());
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) { return choose("where", condition, a, b); }
Tensor where(const Tensor& condition, const Tensor& a, Scalar b) {
  return choose("where", condition, a, constant("where", b, condition, a));
}
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) {
  return choose("where", condition, constant("where", a, condition, b), b);
}
Tensor where(const Tensor& condition, Scalar a, Scalar b) {
  check_dtype("where", condition, kBool);
  const DType dtype = a.is_integral() && b.is_integral() ? DType::i64 : DType::f32;
  return where(condition, a, full({}, b, {.dtype = dtype, .device = condition.device()}));
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  return choose("masked_fill", mask, constant("masked_fill", value, mask, x), x);
}

const Tensor& TensorMethods::masked_fill_(const Tensor& mask, Scalar value) const {
  const Tensor& x = self();
  check_in_place("masked_fill_", x);
  check_dtype("masked_fill_", x, kernels::Where::dtypes);
  check_dtype("masked_fill_", mask, kBool);
  check<ShapeError>(broadcast_shapes("masked_fill_", x.shape(), mask.shape()) == x.shape(),
                    "masked_fill_: expected a mask that can be broadcast to {}, got shape {}", x.shape(), mask.shape());
  const NoGradGuard guard;
  const Tensor chosen = constant("masked_fill_", value, mask, x).expand(x.shape());
  elementwise_into(x, kernels::Where{}, copy_if_aliased(x, mask.expand(x.shape())), chosen, x);
  x.bump_version();
  return x;
}

}  // namespace reel
