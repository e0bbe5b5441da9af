// Exponentials and logarithms: exp, expm1, log, log1p, log2.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

struct Exp {
  static constexpr std::string_view name = "exp";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Exp{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * ctx.saved(0)}; }
};

struct Expm1 {
  static constexpr std::string_view name = "expm1";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Expm1{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (ctx.saved(0) + 1)}; }
};

struct Log {
  static constexpr std::string_view name = "log";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Log{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / ctx.saved(0)}; }
};

struct Log1p {
  static constexpr std::string_view name = "log1p";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Log1p{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / (ctx.saved(0) + 1)}; }
};

struct Log2 {
  static constexpr std::string_view name = "log2";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Log2{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad / (ctx.saved(0) * M_LN2)}; }
};

}  // namespace

Tensor exp(const Tensor& x) { return apply(Exp{}, x); }
Tensor expm1(const Tensor& x) { return apply(Expm1{}, x); }
Tensor log(const Tensor& x) { return apply(Log{}, x); }
Tensor log1p(const Tensor& x) { return apply(Log1p{}, x); }
Tensor log2(const Tensor& x) { return apply(Log2{}, x); }

}  // namespace reel
