#include <reel/autograd/op.h>
#include <reel/ops/elementwise.h>

namespace reel {
namespace {

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Sigmoid{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor y = ctx.saved(0);
    return {grad * y * (1 - y)};
  }
};

}  // namespace

Tensor sigmoid(const Tensor& x) { return apply(Sigmoid{}, x); }

}  // namespace reel
