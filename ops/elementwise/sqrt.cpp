// Fixed powers: sqrt, rsqrt, square, reciprocal.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

struct Sqrt {
  static constexpr std::string_view name = "sqrt";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Sqrt{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / (ctx.saved(0) * 2)}; }
};

struct Rsqrt {
  static constexpr std::string_view name = "rsqrt";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Rsqrt{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (pow(ctx.saved(0), 3) * -0.5)}; }
};

struct Square {
  static constexpr std::string_view name = "square";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Square{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (ctx.saved(0) * 2)}; }
};

struct Reciprocal {
  static constexpr std::string_view name = "reciprocal";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Reciprocal{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor y = ctx.saved(0);
    return {-(grad * y * y)};  // not y^2, which may be out of range
  }
};

}  // namespace

Tensor sqrt(const Tensor& x) { return apply(Sqrt{}, x); }
Tensor rsqrt(const Tensor& x) { return apply(Rsqrt{}, x); }
Tensor square(const Tensor& x) { return apply(Square{}, x); }
Tensor reciprocal(const Tensor& x) { return apply(Reciprocal{}, x); }

}  // namespace reel
