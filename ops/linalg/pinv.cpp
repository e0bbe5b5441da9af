// What singular values near 0 decide: linalg::pinv, linalg::matrix_rank, linalg::lstsq.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// The part of x that is orthogonal to the columns of the projection p q.
Tensor outside(const Tensor& p, const Tensor& q, const Tensor& x) { return x - matmul(p, matmul(q, x)); }

struct Pinv {
  static constexpr std::string_view name = "linalg_pinv";
  std::string_view op;
  RankTolerance tolerance;

  Tensor forward(Context& ctx, const Tensor& a) const {
    const auto [u, s, vt] = run_svd(op, ctx.save(a), true, false);
    const Tensor zero = s <= rank_threshold(s, a, tolerance);
    const Tensor reciprocals = masked_fill(reciprocal(masked_fill(s, zero, 1)), zero, 0);
    return ctx.save(matmul(mT(vt) * unsqueeze(reciprocals, -2), mT(u)));
  }
  /// -P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A).
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor a = ctx.saved(0), p = ctx.saved(1), pt = mT(p), gt = mT(grad);
    const Tensor by_rows = matmul(matmul(outside(a, p, gt), p), pt);
    const Tensor by_columns = mT(outside(p, a, matmul(grad, matmul(pt, p))));
    return {by_rows + by_columns - matmul(matmul(pt, grad), pt)};
  }
};

Tensor rank_of(const Tensor& s, const Tensor& threshold) { return sum(s > threshold, {-1}); }

}  // namespace

Tensor pinv(const Tensor& a, const RankTolerance& tolerance) {
  check_matrices("linalg.pinv", a);
  check_tolerance("linalg.pinv", tolerance);
  return apply_exact(Pinv{"linalg.pinv", tolerance}, a);
}

Tensor matrix_rank(const Tensor& a, const RankTolerance& tolerance) {
  check_matrices("linalg.matrix_rank", a);
  check_tolerance("linalg.matrix_rank", tolerance);
  const Tensor s = run_svd("linalg.matrix_rank", a, false, false).s;
  return rank_of(s, rank_threshold(s, a, tolerance));
}

std::tuple<Tensor, Tensor, Tensor, Tensor> lstsq(const Tensor& a, const Tensor& b, std::optional<double> rcond) {
  const auto [matrices, columns] = with_common_batch("linalg.lstsq", a, b);
  if (rcond) check_option("linalg.lstsq", "rcond", *rcond, kFiniteAtLeastZero);
  const std::int64_t m = a.size(-2), n = a.size(-1);
  check<ShapeError>(b.size(-2) == m, "linalg.lstsq: expected B with {} rows for A {}, got shape {}", m, a.shape(),
                    b.shape());
  const RankTolerance tolerance{.rtol = rcond};
  const AutocastGuard exact(DType::f32);
  const Tensor s = run_svd("linalg.lstsq", matrices, false, false).s;
  const Tensor rank = rank_of(s, rank_threshold(s, matrices, tolerance));
  const Tensor solution = matmul(apply(Pinv{"linalg.lstsq", tolerance}, matrices), columns);
  const bool determined = m > n && all(rank == n).item<bool>();
  const Tensor residuals =
      determined ? sum(square(columns - matmul(matrices, solution)), {-2}) : empty({0}, b.options());
  return {solution, residuals, rank, s};
}

}  // namespace reel::linalg
