// Slices of a dimension written at positions: index_add, index_copy, index_fill.

#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/selection.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// x with `source`, which broadcasts to the slices only if it is a number, written or added at the positions.
Tensor update_slices(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& positions,
                     const Tensor& source, bool accumulate) {
  const Tensor index = index_tensor(op, x, positions);
  check<ShapeError>(index.dim() <= 1, "{}: expected an index of rank 1, got shape {}", op, index.shape());
  const int d = wrap_dim(op, dim, x.dim());
  if (x.dim() == 0) {
    return reshape(update_slices(op, unsqueeze(x, 0), 0, index, reshape(source, {-1}), accumulate), {});
  }
  check_defined(op, source, "the source");
  check_same_dtype(op, x, source);
  check_same_device(op, x, source);
  Shape slices = x.shape();
  slices[d] = index.numel();
  check<ShapeError>(source.shape() == slices, "{}: expected a source of shape {}, got {}", op, slices, source.shape());
  check_positions(op, index, dim, x.shape()[d]);
  return put_slices(x, x.shape(), d, index, source, accumulate);
}

}  // namespace

Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha) {
  check_dtype("index_add", x, kNumeric);
  check_scalar("index_add", alpha, x);
  check_same_dtype("index_add", x, source);
  check_same_device("index_add", x, source);
  const bool scaled = alpha.to<double>() != 1;
  if (scaled && is_half(x)) {
    return in_f32(
        "index_add", [&](const Tensor& y, const Tensor& s) { return index_add(y, dim, index, s, alpha); }, x, source);
  }
  return update_slices("index_add", x, dim, index, scaled ? source * alpha : source, true);
}

Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  check_defined("index_copy", source, "the source");
  return update_slices("index_copy", x, dim, index, source, false);
}

Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  check_scalar("index_fill", value, x);
  check_defined("index_fill", index, "the index");
  check_same_device("index_fill", x, index);
  Shape slices = x.dim() > 0 ? x.shape() : Shape{1};
  slices[wrap_dim("index_fill", dim, x.dim())] = index.numel();
  return update_slices("index_fill", x, dim, index, expand(full({}, value, x.options()), slices), false);
}

}  // namespace reel
