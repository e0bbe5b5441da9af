#include <reel/autograd/op.h>
#include <reel/ops/elementwise.h>

namespace reel {
namespace {

struct Exp {
  static constexpr std::string_view name = "exp";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Exp{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * ctx.saved(0)}; }
};

}  // namespace

Tensor exp(const Tensor& x) { return apply(Exp{}, x); }

}  // namespace reel
