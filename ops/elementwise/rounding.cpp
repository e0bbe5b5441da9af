// Piecewise constant functions, whose gradient is 0, and abs, whose gradient is one: sign, floor, ceil, round, abs.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

struct Sign {
  static constexpr std::string_view name = "sign";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Sign{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {zeros_for(grad)}; }
};

struct Floor {
  static constexpr std::string_view name = "floor";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Floor{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {zeros_for(grad)}; }
};

struct Ceil {
  static constexpr std::string_view name = "ceil";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Ceil{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {zeros_for(grad)}; }
};

struct Round {
  static constexpr std::string_view name = "round";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Round{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {zeros_for(grad)}; }
};

struct Abs {
  static constexpr std::string_view name = "abs";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Abs{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * sign(ctx.saved(0))}; }
};

}  // namespace

Tensor sign(const Tensor& x) { return apply(Sign{}, x); }
Tensor floor(const Tensor& x) { return apply(Floor{}, x); }
Tensor ceil(const Tensor& x) { return apply(Ceil{}, x); }
Tensor round(const Tensor& x) { return apply(Round{}, x); }
Tensor abs(const Tensor& x) { return apply(Abs{}, x); }

}  // namespace reel
