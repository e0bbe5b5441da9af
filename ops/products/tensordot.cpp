// Products over chosen dimensions: tensordot, kron, cross.

#include <algorithm>

#include <reel/ops/arithmetic.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/matrix_product.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/products.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The dimensions of one operand: those that are summed over, in order, and the others.
struct Split {
  Dims summed, free;
  Shape shape;  // of the others
  std::int64_t count = 1;

  Split(const Tensor& x, const Dims& dims) {
    unsigned seen = 0;
    for (const std::int64_t dim : dims) {
      const int d = wrap_dim("tensordot", dim, x.dim());
      check<ShapeError>(x.dim() > 0 && !(seen >> d & 1u), "tensordot: expected each dimension once, got {}", dims);
      seen |= 1u << d;
      summed.push_back(d);
    }
    for (int d = 0; d < x.dim(); ++d) {
      if (seen >> d & 1u) continue;
      free.push_back(d);
      shape.push_back(x.shape()[d]);
      count *= x.shape()[d];
    }
  }
};

Dims joined(Dims first, const Dims& second) {
  for (const std::int64_t d : second) first.push_back(d);
  return first;
}

Shape padded(const Shape& shape, int rank) {
  Shape out = shape;
  while (out.size() < rank) out.insert(0, 1);
  return out;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t dims) {
  check_factors("tensordot", a, b);
  check<ValueError>(dims >= 0 && dims <= std::min(a.dim(), b.dim()),
                    "tensordot: expected dims from 0 to the ranks of shapes {} and {}, got {}", a.shape(), b.shape(),
                    dims);
  Dims last, first;
  for (std::int64_t d = 0; d < dims; ++d) {
    last.push_back(a.dim() - dims + d);
    first.push_back(d);
  }
  return tensordot(a, b, last, first);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b) {
  check_factors("tensordot", a, b);
  check<ShapeError>(dims_a.size() == dims_b.size(), "tensordot: expected as many dimensions of both, got {} and {}",
                    dims_a, dims_b);
  const Split of_a(a, dims_a), of_b(b, dims_b);
  std::int64_t summed = 1;
  for (int i = 0; i < dims_a.size(); ++i) {
    const std::int64_t n = a.size(of_a.summed[i]), m = b.size(of_b.summed[i]);
    check<ShapeError>(n == m, "tensordot: expected equal sizes of dimensions {} and {}, got {} and {}", dims_a[i],
                      dims_b[i], n, m);
    summed *= n;
  }
  const Tensor rows = reshape(permute(a, joined(of_a.free, of_a.summed)), {of_a.count, summed});
  const Tensor columns = reshape(permute(b, joined(of_b.summed, of_b.free)), {summed, of_b.count});
  return reshape(matmul(rows, columns), joined(of_a.shape, of_b.shape));
}

Tensor kron(const Tensor& a, const Tensor& b) {
  check_same_dtype("kron", a, b);
  const int rank = std::max(a.dim(), b.dim());
  check<ShapeError>(2 * rank <= static_cast<int>(kMaxRank), "kron: expected ranks of at most {}, got shapes {} and {}",
                    kMaxRank / 2, a.shape(), b.shape());
  const Shape of_a = padded(a.shape(), rank), of_b = padded(b.shape(), rank);
  Shape outer, inner, out;
  for (int d = 0; d < rank; ++d) {
    outer.push_back(of_a[d]);
    outer.push_back(1);
    inner.push_back(1);
    inner.push_back(of_b[d]);
    out.push_back(checked_mul(of_a[d], of_b[d]));
  }
  return reshape(mul(reshape(a, outer), reshape(b, inner)), out);
}

Tensor cross(const Tensor& a, const Tensor& b, std::optional<std::int64_t> dim) {
  check_dtype("cross", a, kNumeric);
  check_same_dtype("cross", a, b);
  if (is_half(a)) {
    return in_f32(
        "cross", [&](const Tensor& u, const Tensor& v) { return cross(u, v, dim); }, a, b);
  }
  const Shape shape = broadcast_shapes("cross", a.shape(), b.shape());
  int d = 0;
  if (dim) d = wrap_dim("cross", *dim, shape.size());
  else
    while (d < shape.size() && shape[d] != 3) ++d;
  check<ShapeError>(d < shape.size() && shape[d] == 3, "cross: expected a dimension of size 3, got shapes {} and {}",
                    a.shape(), b.shape());
  const Tensor u = expand(a, shape), v = expand(b, shape);
  const auto part = [d](const Tensor& x, std::int64_t i) { return narrow(x, d, i % 3, 1); };
  Tensors parts;
  for (std::int64_t i = 0; i < 3; ++i) {
    parts.push_back(part(u, i + 1) * part(v, i + 2) - part(u, i + 2) * part(v, i + 1));
  }
  return cat(parts, d);
}

}  // namespace reel
