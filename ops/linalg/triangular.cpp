// Triangular systems: linalg::solve_triangular, linalg::cholesky_solve.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// A^-1 B.
struct SolveTriangular {
  static constexpr std::string_view name = "linalg_solve_triangular";
  bool upper, unit;

  /// To the kernel row-major matrices are transposes: X^T = B^T (A^T)^-1.
  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    const Device device = lapack_device(a);
    const Tensor matrices = lapack_copy(a, device), solution = lapack_copy(b, device);
    kernels::triangular_solve[device]({.dtype = a.dtype(),
                                       .batch = batch_size(a),
                                       .n = a.size(-1),
                                       .rows = b.size(-1),
                                       .upper = !upper,
                                       .unit = unit,
                                       .a = matrices.data(),
                                       .b = solution.data()});
    return ctx.save(solution.to(a.device()));
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_b = apply(SolveTriangular{!upper, unit}, mT(ctx.saved(0)), grad);
    if (!ctx.needs_grad(0)) return {Tensor(), to_b};
    const Tensor to_a = -matmul(to_b, mT(ctx.saved(1)));
    return {upper ? triu(to_a, unit ? 1 : 0) : tril(to_a, unit ? -1 : 0), to_b};
  }
};

Tensor solve_with_factor(std::string_view op, const Tensor& a, const Tensor& b, bool upper, bool unit) {
  check_same_dtype(op, a, b);
  check_square(op, a);
  const auto [matrices, columns] = with_common_batch(op, a, b);
  check<ShapeError>(b.size(-2) == a.size(-1), "{}: expected a right side with {} rows for {}, got shape {}", op,
                    a.size(-1), a.shape(), b.shape());
  return apply_exact(SolveTriangular{upper, unit}, matrices, columns);
}

}  // namespace

Tensor solve_triangular(const Tensor& a, const Tensor& b, bool upper, bool left, bool unitriangular) {
  const std::string_view op = "linalg.solve_triangular";
  if (left) return solve_with_factor(op, a, b, upper, unitriangular);
  check_matrices(op, a);
  check_matrices(op, b);
  return mT(solve_with_factor(op, mT(a), mT(b), !upper, unitriangular));
}

Tensor cholesky_solve(const Tensor& b, const Tensor& factor, bool upper) {
  const std::string_view op = "linalg.cholesky_solve";
  check_same_dtype(op, b, factor);
  check_square(op, factor);
  const Tensor lower = upper ? mT(factor) : factor;
  return solve_with_factor(op, mT(lower), solve_with_factor(op, lower, b, false, false), true, false);
}

}  // namespace reel::linalg
