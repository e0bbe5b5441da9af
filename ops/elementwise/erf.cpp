// The error function.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

struct Erf {
  static constexpr std::string_view name = "erf";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Erf{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (exp(-square(ctx.saved(0))) * M_2_SQRTPI)};
  }
};

}  // namespace

Tensor erf(const Tensor& x) { return apply(Erf{}, x); }

}  // namespace reel
