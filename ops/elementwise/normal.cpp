// Functions of the normal distribution: its shares, their logarithms and inverses, the scaled error function.

#include <numbers>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/special_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/special.h>

namespace reel {
using namespace detail;
namespace {

constexpr double kDensityAt0 = std::numbers::inv_sqrtpi * std::numbers::sqrt2 / 2;

/// exp(x^2) times the n-th repeated integral of erfc; each is the slope of the one before.
struct Erfcx {
  static constexpr std::string_view name = "erfcx";
  int n;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::ScaledErfcIntegral{{}, n}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (apply(Erfcx{n + 1}, ctx.saved(0)) * (-2.0 * (n + 1)))};
  }
};

/// The slope is the density.
struct Ndtr {
  static constexpr std::string_view name = "ndtr";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Ndtr{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (exp(square(ctx.saved(0)) * -0.5) * kDensityAt0)};
  }
};

/// The logarithm of the share, and its first two derivatives m and m' = -m (x + m); m'' follows from these.
struct LogNdtr {
  static constexpr std::string_view name = "log_ndtr";
  int derivative;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::LogNdtr{{}, derivative}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    if (derivative < 2) return {grad * apply(LogNdtr{derivative + 1}, x)};
    const Tensor m = apply(LogNdtr{1}, x), slope = apply(LogNdtr{2}, x);
    return {grad * -(slope * (x + m) + m * (1 + slope))};
  }
};

/// The slope is the reciprocal of the density at the result.
struct Ndtri {
  static constexpr std::string_view name = "ndtri";

  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(elementwise(name, kernels::Ndtri{}, x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {grad * (exp(square(ctx.saved(0)) * 0.5) / kDensityAt0)};
  }
};

struct Entr {
  static constexpr std::string_view name = "entr";

  Tensor forward(Context& ctx, const Tensor& x) const { return elementwise(name, kernels::Entr{}, ctx.save(x)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * (-1 - log(ctx.saved(0)))}; }
};

}  // namespace

Tensor erfcx(const Tensor& x) { return apply(Erfcx{0}, x); }
Tensor ndtr(const Tensor& x) { return apply(Ndtr{}, x); }
Tensor log_ndtr(const Tensor& x) { return apply(LogNdtr{0}, x); }
Tensor ndtri(const Tensor& p) { return apply(Ndtri{}, p); }
Tensor entr(const Tensor& x) { return apply(Entr{}, x); }

}  // namespace reel
