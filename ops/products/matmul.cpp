// Products of vectors, matrices and batches: matmul, bmm, addmm, baddbmm, outer, dot.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/factors.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/matrix_product.h>
#include <reel/ops/internal/zeros_for.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/products.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// [batch..., m, k] @ [batch..., k, n] with equal batch dimensions.
struct MatMul {
  static constexpr std::string_view name = "matmul";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    save_factors(ctx, a, b);
    return matrix_product(a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {ctx.needs_grad(0) ? matmul(grad, transpose(ctx.saved(1), -2, -1)) : Tensor(),
            ctx.needs_grad(1) ? matmul(transpose(ctx.saved(0), -2, -1), grad) : Tensor()};
  }
};

Shape with_batch(const Shape& batch, std::int64_t rows, std::int64_t cols) {
  Shape shape = batch;
  shape.push_back(rows);
  shape.push_back(cols);
  return shape;
}

/// The common batch dimensions; an error shows the whole shapes.
Shape broadcast_batches(const Tensor& a, const Tensor& b, const Shape& batch_a, const Shape& batch_b) {
  try {
    return broadcast_shapes("matmul", batch_a, batch_b);
  } catch (const ShapeError&) {
    fail<ShapeError>("matmul: expected batches that broadcast together, got {} @ {}", a.shape(), b.shape());
  }
}

/// beta * c + alpha * (a @ b); what a factor of 0 leaves out has a gradient of 0.
Tensor scaled_sum(const Tensor& c, const Tensor& a, const Tensor& b, double beta, double alpha) {
  const Tensor product = alpha == 0 ? matmul(zeros_for(a), zeros_for(b)) : matmul(a, b);
  return add(beta == 0 ? zeros_for(c) : beta == 1 ? c : c * beta, product, alpha);
}

Shape leading(const Tensor& x, int count) { return Shape(std::span(x.shape().begin(), x.shape().begin() + count)); }

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_factors("matmul", a, b);
  check<ShapeError>(a.dim() > 0 && b.dim() > 0,
                    "matmul: expected operands of rank 1 or more, got shapes {} and {}; use * for numbers", a.shape(),
                    b.shape());
  const std::int64_t k = a.size(-1), rows_of_b = b.size(b.dim() == 1 ? 0 : -2);
  check<ShapeError>(k == rows_of_b, "matmul: expected equal inner dimensions, got {} @ {} ({} and {})", a.shape(),
                    b.shape(), k, rows_of_b);
  if (a.dim() == 1 && b.dim() == 1) return dot(a, b);
  if (a.dim() == 1) return squeeze(matmul(unsqueeze(a, 0), b), -2);
  if (b.dim() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  if (a.dim() == 2 && b.dim() == 2) return apply(MatMul{}, a, b);
  const Shape batch_a = leading(a, a.dim() - 2), batch_b = leading(b, b.dim() - 2);
  const std::int64_t m = a.size(-2), n = b.size(-1);
  if (b.dim() == 2) {  // one taller product, so that the gradient of b is a single product, too
    return reshape(apply(MatMul{}, reshape(a, {numel(batch_a) * m, k}), b), with_batch(batch_a, m, n));
  }
  if (batch_a == batch_b) return apply(MatMul{}, a, b);
  const Shape batch = broadcast_batches(a, b, batch_a, batch_b);
  return apply(MatMul{}, expand(a, with_batch(batch, m, k)), expand(b, with_batch(batch, k, n)));
}

Tensor mm(const Tensor& a, const Tensor& b) {
  check_factors("mm", a, b);
  check_rank("mm", "the first operand", a, 2);
  check_rank("mm", "the second operand", b, 2);
  return matmul(a, b);
}

Tensor mv(const Tensor& matrix, const Tensor& vector) {
  check_factors("mv", matrix, vector);
  check_rank("mv", "the matrix", matrix, 2);
  check_rank("mv", "the vector", vector, 1);
  return matmul(matrix, vector);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  check_factors("bmm", a, b);
  check_rank("bmm", "the first operand", a, 3);
  check_rank("bmm", "the second operand", b, 3);
  check<ShapeError>(a.size(0) == b.size(0), "bmm: expected equal batches, got {} @ {} ({} and {})", a.shape(),
                    b.shape(), a.size(0), b.size(0));
  check<ShapeError>(a.size(2) == b.size(1), "bmm: expected equal inner dimensions, got {} @ {} ({} and {})", a.shape(),
                    b.shape(), a.size(2), b.size(1));
  return apply(MatMul{}, a, b);
}

Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta, double alpha) {
  check_factors("addmm", a, b);
  check_factors("addmm", c, a);
  check_dtype("addmm", a, kFloating);
  check_rank("addmm", "the first factor", a, 2);
  check_rank("addmm", "the second factor", b, 2);
  check<ShapeError>(a.size(1) == b.size(0), "addmm: expected equal inner dimensions, got {} @ {} ({} and {})",
                    a.shape(), b.shape(), a.size(1), b.size(0));
  const Shape shape{a.size(0), b.size(1)};
  bool fits = c.dim() <= 2;
  for (int d = 1; fits && d <= c.dim(); ++d) fits = c.size(-d) == 1 || c.size(-d) == shape[2 - d];
  check<ShapeError>(fits, "addmm: expected a tensor that broadcasts to the product's shape {}, got {}", shape,
                    c.shape());
  if (beta == 1 && alpha == 1 && c.dim() == 1 && c.size(0) == shape[1]) return linear(a, t(b), c);
  const auto f = [&](const Tensor& z, const Tensor& x, const Tensor& y) { return scaled_sum(z, x, y, beta, alpha); };
  return in_f32("addmm", f, c, a, b);
}

Tensor baddbmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta, double alpha) {
  check_factors("baddbmm", a, b);
  check_factors("baddbmm", c, a);
  check_dtype("baddbmm", a, kFloating);
  check_rank("baddbmm", "the first factor", a, 3);
  check_rank("baddbmm", "the second factor", b, 3);
  check<ShapeError>(a.size(0) == b.size(0) && a.size(2) == b.size(1),
                    "baddbmm: expected equal batches and inner dimensions, got {} @ {}", a.shape(), b.shape());
  const Shape shape{a.size(0), a.size(1), b.size(2)};
  check<ShapeError>(broadcast_shapes("baddbmm", c.shape(), shape) == shape,
                    "baddbmm: expected a tensor that broadcasts to the products' shape {}, got {}", shape, c.shape());
  const auto f = [&](const Tensor& z, const Tensor& x, const Tensor& y) { return scaled_sum(z, x, y, beta, alpha); };
  return in_f32("baddbmm", f, c, a, b);
}

Tensor outer(const Tensor& a, const Tensor& b) {
  check_factors("outer", a, b);
  check_rank("outer", "the first operand", a, 1);
  check_rank("outer", "the second operand", b, 1);
  return mul(unsqueeze(a, 1), b);
}

Tensor trace(const Tensor& x) {
  check_rank("trace", "the matrix", x, 2);
  check_dtype("trace", x, kNumeric);
  return sum(diagonal(x));
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_factors("dot", a, b);
  check_rank("dot", "the first operand", a, 1);
  check_rank("dot", "the second operand", b, 1);
  check<ShapeError>(a.size(0) == b.size(0), "dot: expected equal sizes, got {} and {}", a.size(0), b.size(0));
  return reshape(apply(MatMul{}, unsqueeze(a, 0), unsqueeze(b, 1)), {});
}

}  // namespace reel
