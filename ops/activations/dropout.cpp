// Dropout of elements and of whole channels: dropout, dropout2d.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/dropout.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/random.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/normalization.h>

namespace reel {
using namespace detail;
namespace {

/// Applies a mask that the generator's state determines, so that the mask is not stored and the gradient is the
/// same operation. Element i in row-major order gets number i of the draw, whatever the layout.
struct Dropout {
  static constexpr std::string_view name = "dropout";
  double p;
  kernels::DrawState state;

  kernels::DropoutArgs args(const void* x, const Tensor& out) const {
    const double threshold = std::nearbyint(p * 0x1p32);
    return {.dtype = out.dtype(),
            .x = x,
            .out = out.data(),
            .n = out.numel(),
            .state = state,
            .threshold = threshold < 0x1p32 ? static_cast<std::uint32_t>(threshold) : UINT32_MAX,
            .scale = 1 / (1 - p)};
  }

  Tensor forward(Context&, const Tensor& x) const {
    if (!x.is_contiguous()) {
      const Tensor out = empty_like(x);
      elementwise_into(out, kernels::Masked{}, x, mask(x.shape(), x));
      return out;
    }
    const Tensor out = empty_like(x);
    kernels::dropout[x.device()](args(x.data(), out));
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Dropout{*this}, grad)}; }

  /// 0 or 1 / (1 - p) for each element of `shape`, of the dtype and device of `like`.
  Tensor mask(const Shape& shape, const Tensor& like) const {
    const Tensor out = empty(shape, like.options());
    kernels::dropout[out.device()](args(nullptr, out));
    return out;
  }
};

/// Applies a mask of 0 and other numbers.
struct Masked {
  static constexpr std::string_view name = "dropout2d";

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& mask) const {
    return elementwise(name, kernels::Masked{}, x, ctx.save(mask));
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(Masked{}, grad, ctx.saved(0)), Tensor()};
  }
};

void check_dropout(std::string_view op, const Tensor& x, double p) {
  check_dtype(op, x, kFloating);
  check_option(op, "p", p, kZeroToOne);
}

Tensor drop_channels(std::string_view op, const Tensor& x, double p, bool training) {
  check_dropout(op, x, p);
  check<ShapeError>(x.dim() >= 2, "{}: expected input [N, C, ...], got shape {}", op, x.shape());
  if (!training || p == 0) return x;
  if (p == 1) return zeros_for(x);
  Shape channels = Dims::filled(x.dim(), 1);
  channels[0] = x.shape()[0];
  channels[1] = x.shape()[1];
  const Dropout draw{p, next_draw(default_generator(), x.device())};
  return in_f32(
      op, [&](const Tensor& y) { return apply_broadcast(Masked{}, y, draw.mask(channels, y)); }, x);
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool training) {
  check_dropout("dropout", x, p);
  if (!training || p == 0) return x;
  if (p == 1) return zeros_for(x);
  return apply_in_f32(Dropout{p, next_draw(default_generator(), x.device())}, x);
}

Tensor dropout2d(const Tensor& x, double p, bool training) { return drop_channels("dropout2d", x, p, training); }

Tensor dropout3d(const Tensor& x, double p, bool training) { return drop_channels("dropout3d", x, p, training); }

}  // namespace reel
