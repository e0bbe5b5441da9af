// The piecewise linear activations: relu, leaky_relu, prelu.

#include <reel/autograd/tape/op.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// 0 where x <= 0, else grad. Linear in grad, piecewise constant in x.
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
    return {apply(ReluGrad{}, grad, ctx.saved(0))};  // the output is positive, or NaN, where the input is
  }
};

struct LeakyReluGrad {
  static constexpr std::string_view name = "leaky_relu_grad";
  double slope;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x) const {
    ctx.save(x);
    return elementwise(name, kernels::LeakyReluGrad{{}, slope}, grad, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(LeakyReluGrad{slope}, grad, ctx.saved(0)), Tensor()};
  }
};

struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  double slope;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::LeakyRelu{{}, slope}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(LeakyReluGrad{slope}, grad, ctx.saved(0))};
  }
};

struct PRelu {
  static constexpr std::string_view name = "prelu";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& weight) const {
    ctx.save(x);
    ctx.save(weight);
    return elementwise(name, kernels::PRelu{}, x, weight);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), positive = x > 0;
    return {ctx.needs_grad(0) ? where(positive, grad, grad * ctx.saved(1)) : Tensor(),
            ctx.needs_grad(1) ? where(positive, 0, grad * x) : Tensor()};
  }
};

}  // namespace

Tensor relu(const Tensor& x) { return apply(Relu{}, x); }

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  check_option("leaky_relu", "negative_slope", negative_slope, kFinite);
  return apply(LeakyRelu{negative_slope}, x);
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  check_defined("prelu", x);
  check_defined("prelu", weight, "the weight");
  check_same_dtype("prelu", x, weight);
  check_same_device("prelu", x, weight);
  if (weight.numel() == 1) return apply(PRelu{}, x, expand(reshape(weight, {}), x.shape()));
  check<ShapeError>(weight.dim() == 1 && x.dim() >= 2 && x.shape()[1] == weight.numel(),
                    "prelu: expected a weight of one element or one for each channel of {}, got shape {}", x.shape(),
                    weight.shape());
  Shape channels = Dims::filled(x.dim(), 1);
  channels[1] = weight.numel();
  return apply(PRelu{}, x, expand(reshape(weight, channels), x.shape()));
}

}  // namespace reel
