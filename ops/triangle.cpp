// tril and triu.

#include <reel/kernels/triangle.h>

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/ops.h>

namespace reel {
namespace {

template <bool Upper> struct Triangle {
  static constexpr std::string_view name = Upper ? "triu" : "tril";
  std::int64_t diagonal;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor rows = x.contiguous();
    const Tensor out = empty(x.shape(), {.dtype = x.dtype(), .device = x.device()});
    if (out.numel() == 0) return out;
    kernels::TriangleArgs args{};
    args.dtype = x.dtype();
    args.upper = Upper;
    args.rows = x.size(-2);
    args.columns = x.size(-1);
    args.batch = x.numel() / (args.rows * args.columns);
    args.diagonal = std::clamp(diagonal, -args.rows, args.columns);  // no further matters; no overflow
    args.x = rows.data();
    args.out = out.data();
    kernels::triangle[x.device()](args);
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Triangle{diagonal}, grad)}; }
};

template <bool Upper> Tensor triangle(const Tensor& x, std::int64_t diagonal) {
  check<ShapeError>(x.dim() >= 2, "{}: expects at least 2 dimensions, got shape {}", Triangle<Upper>::name, x.shape());
  return apply(Triangle<Upper>{diagonal}, x);
}

}  // namespace

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle<false>(x, diagonal); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle<true>(x, diagonal); }

}  // namespace reel
