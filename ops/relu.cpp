#include <reel/autograd/op.h>
#include <reel/ops/elementwise.h>

namespace reel {
namespace {

/// grad where x > 0, else 0. Linear in grad, and flat in x.
struct ReluGrad {
  static constexpr std::string_view name = "relu_grad";

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x) const {
    ctx.save(x);
    return elementwise(name, kernels::ReluGrad{}, grad, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(ReluGrad{}, grad, ctx.saved(0)), Tensor()};
  }
};

struct Relu {
  static constexpr std::string_view name = "relu";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Relu{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(ReluGrad{}, grad, ctx.saved(0))};  // the output is positive where the input is
  }
};

}  // namespace

Tensor relu(const Tensor& x) { return apply(Relu{}, x); }

}  // namespace reel
