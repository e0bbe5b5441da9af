// Modified Bessel functions of the first kind.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/special_ops.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/special.h>

namespace reel {
using namespace detail;
namespace {

/// I_n, or exp(-|x|) I_n. The slope of I_n is the mean of its neighbours, I_(n-1) and I_(n+1) (Abramowitz and Stegun
/// 9.6.26; I_(-1) is I_1), in which nothing cancels, and which every order has.
struct BesselI {
  static constexpr std::string_view name = "bessel_i";
  int n;
  bool scaled;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::BesselI{{}, n, scaled}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    const auto order = [&](int m) { return apply(BesselI{m, scaled}, x); };
    const Tensor slope = n == 0 ? order(1) : (order(n - 1) + order(n + 1)) * 0.5;
    return {grad * (scaled ? slope - sign(x) * order(n) : slope)};
  }
};

Tensor bessel(std::string_view name, const Tensor& x, int n, bool scaled) {
  check_dtype(name, x, kFloating);
  // In the slope of the scaled ones digits cancel, too many for half floats.
  return in_f32(
      name,
      [&](const Tensor& y) {
        return apply(BesselI{n, scaled}, y);
      },
      x);
}

}  // namespace

Tensor i0(const Tensor& x) { return bessel("i0", x, 0, false); }
Tensor i0e(const Tensor& x) { return bessel("i0e", x, 0, true); }
Tensor i1(const Tensor& x) { return bessel("i1", x, 1, false); }
Tensor i1e(const Tensor& x) { return bessel("i1e", x, 1, true); }

}  // namespace reel
