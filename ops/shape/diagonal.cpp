// The diagonal of two dimensions as a view, and the transpose of that operation: matrices with a given diagonal.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct DiagonalOf {
  int dim1, dim2;
  std::int64_t offset;
  Shape from;

  Tensor view(const Tensor& x) const {
    Shape shape = x.shape();
    Strides strides = x.strides();
    const std::int64_t above = std::max<std::int64_t>(offset, 0), below = std::max<std::int64_t>(-offset, 0);
    const std::int64_t length = std::max<std::int64_t>(std::min(shape[dim1] - below, shape[dim2] - above), 0);
    const std::int64_t start = length ? below * strides[dim1] + above * strides[dim2] : 0;
    const std::int64_t step = strides[dim1] + strides[dim2];
    for (int d : {std::max(dim1, dim2), std::min(dim1, dim2)}) {
      shape.erase(d);
      strides.erase(d);
    }
    shape.push_back(length);
    strides.push_back(step);
    return make_view(x, shape, strides, x.storage_offset() + start);
  }
};

Tensor diagonal_grad(const Tensor& grad, const DiagonalOf& diagonal);

struct Diagonal {
  static constexpr std::string_view name = "diagonal";
  DiagonalOf diagonal;

  Tensor forward(Context&, const Tensor& x) const { return diagonal.view(x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {diagonal_grad(grad, diagonal)}; }
};

/// Zeros with the gradient on the diagonal.
struct DiagonalGrad {
  static constexpr std::string_view name = "diagonal_grad";
  DiagonalOf diagonal;

  Tensor forward(Context&, const Tensor& grad) const {
    const Tensor out = zeros(diagonal.from, grad.options());
    diagonal.view(out).copy_(grad);
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Diagonal{diagonal}, grad)}; }
};

Tensor diagonal_grad(const Tensor& grad, const DiagonalOf& diagonal) { return apply(DiagonalGrad{diagonal}, grad); }

}  // namespace

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  check_defined("diagonal", x);
  check<ShapeError>(x.dim() >= 2, "diagonal: expected at least 2 dimensions, got shape {}", x.shape());
  const int a = wrap_dim("diagonal", dim1, x.dim()), b = wrap_dim("diagonal", dim2, x.dim());
  check<ShapeError>(a != b, "diagonal: expected two different dimensions, got {} and {}", dim1, dim2);
  return apply(Diagonal{{.dim1 = a, .dim2 = b, .offset = offset, .from = x.shape()}}, x);
}

Tensor diag_embed(const Tensor& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  check_defined("diag_embed", x);
  check<ShapeError>(x.dim() >= 1, "diag_embed: expected at least 1 dimension, got shape {}", x.shape());
  const int a = wrap_dim("diag_embed", dim1, x.dim() + 1), b = wrap_dim("diag_embed", dim2, x.dim() + 1);
  check<ShapeError>(a != b, "diag_embed: expected two different dimensions, got {} and {}", dim1, dim2);
  Shape shape = x.shape();
  constexpr std::int64_t farthest = std::int64_t{1} << 60;
  check<ValueError>(offset >= -farthest && offset <= farthest,
                    "diag_embed: expected an offset from -2^60 to 2^60, got {}", offset);
  const std::int64_t size = shape.back() + (offset < 0 ? -offset : offset);
  shape.erase(x.dim() - 1);
  for (const int d : {std::min(a, b), std::max(a, b)}) shape.insert(d, size);
  return diagonal_grad(x, {.dim1 = a, .dim2 = b, .offset = offset, .from = shape});
}

Tensor diag(const Tensor& x, std::int64_t diagonal) {
  check_defined("diag", x);
  check<ShapeError>(x.dim() == 1 || x.dim() == 2, "diag: expected a vector or a matrix, got shape {}", x.shape());
  return x.dim() == 1 ? diag_embed(x, diagonal) : reel::diagonal(x, diagonal).clone();
}

}  // namespace reel
