// Linear interpolation between two tensors.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Lerp {
  static constexpr std::string_view name = "lerp";

  Tensor forward(Context& ctx, const Tensor& start, const Tensor& end, const Tensor& weight) const {
    ctx.save(ctx.needs_grad(2) ? start : Tensor());
    ctx.save(ctx.needs_grad(2) ? end : Tensor());
    return elementwise(name, kernels::Lerp{}, start, end, ctx.save(weight));
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor weight = ctx.saved(2);
    return {ctx.needs_grad(0) ? grad * (1 - weight) : Tensor(), ctx.needs_grad(1) ? grad * weight : Tensor(),
            ctx.needs_grad(2) ? grad * (ctx.saved(1) - ctx.saved(0)) : Tensor()};
  }
};

}  // namespace

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  check_defined("lerp", weight, "the weight");
  check_same_dtype("lerp", start, end);
  const Shape shape = broadcast_shapes("lerp", broadcast_shapes("lerp", start.shape(), end.shape()), weight.shape());
  return apply_in_f32(Lerp{}, expand(start, shape), expand(end, shape), expand(weight, shape));
}

Tensor lerp(const Tensor& start, const Tensor& end, Scalar weight) {
  check_defined("lerp", end, "the end");
  check_dtype("lerp", start, kFloating);
  check_same_device("lerp", start, end);
  return lerp(start, end, full({}, weight, start.options()));
}

}  // namespace reel
