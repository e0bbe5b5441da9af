// Differences of neighbours, and the integral that they undo: diff, trapezoid.

#include <algorithm>

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/reduction.h>
#include <reel/ops/scan.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// All but the first, or all but the last element along a dimension.
Tensor after(const Tensor& x, int dim) { return narrow(x, dim, 1, x.size(dim) - 1); }
Tensor before(const Tensor& x, int dim) { return narrow(x, dim, 0, x.size(dim) - 1); }

/// The dimension of an operation that needs one, counted from the front.
int real_dim(std::string_view op, const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim(op, dim, x.dim());
  check<ShapeError>(x.dim() > 0, "{}: expected a tensor with dimensions, got one of rank 0", op);
  return d;
}

/// The sum of the mean heights of neighbours times `widths`, a tensor or a number.
template <class W> Tensor area(const Tensor& y, const W& widths, int dim) {
  return sum((before(y, dim) + after(y, dim)) * widths, {dim}) * 0.5;
}

}  // namespace

Tensor diff(const Tensor& x, std::int64_t n, std::int64_t dim, const Tensor& prepend, const Tensor& append) {
  check_dtype("diff", x, kNumericAndBool);
  const int d = real_dim("diff", x, dim);
  check_at_least("diff", "n", n, 0);
  if (is_half(x)) {
    const auto f = [&](const Tensor& y, const Tensor& a, const Tensor& b) { return diff(y, n, dim, a, b); };
    return in_f32("diff", f, x, prepend, append);
  }
  Tensors parts;
  for (const Tensor& part : {prepend, x, append}) {
    if (part.defined()) parts.push_back(part);
  }
  Tensor out = parts.size() > 1 ? cat(parts, d) : n == 0 ? x.clone() : x;
  for (std::int64_t i = 0; i < n && out.size(d) > 0; ++i) {
    out = x.dtype() == DType::boolean ? after(out, d) != before(out, d) : after(out, d) - before(out, d);
  }
  return out.is_same(x) ? x.clone() : out;
}

Tensor trapezoid(const Tensor& y, double dx, std::int64_t dim) {
  check_dtype("trapezoid", y, kFloating);
  check_option("trapezoid", "dx", dx, kFinite);
  if (is_half(y)) {
    return in_f32(
        "trapezoid", [&](const Tensor& z) { return trapezoid(z, dx, dim); }, y);
  }
  const int d = real_dim("trapezoid", y, dim);
  return y.size(d) == 0 ? sum(y, {d}) : area(y, dx, d);
}

Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim) {
  check_dtype("trapezoid", y, kFloating);
  check_same_dtype("trapezoid", y, x);
  check_same_device("trapezoid", y, x);
  if (is_half(y)) {
    return in_f32(
        "trapezoid", [&](const Tensor& a, const Tensor& b) { return trapezoid(a, b, dim); }, y, x);
  }
  const int d = real_dim("trapezoid", y, dim);
  Shape along = Dims::filled(y.dim(), 1);
  along[d] = x.numel();
  const Tensor points = x.dim() == 1 ? reshape(x, along) : x;
  check<ShapeError>(broadcast_shapes("trapezoid", points.shape(), y.shape()) == y.shape(),
                    "trapezoid: expected points that broadcast to {}, got shape {}", y.shape(), x.shape());
  return y.size(d) == 0 ? sum(y, {d}) : area(y, diff(expand(points, y.shape()), 1, d), d);
}

}  // namespace reel
