// Linear systems and inverses: linalg::solve, linalg::inv.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// A^-1 B, off the tape; B has A's batch.
Tensor run_solve(std::string_view op, const Tensor& a, const Tensor& b) {
  const Device device = lapack_device(a);
  const Tensor factors = lapack_copy(mT(a), device), solution = lapack_copy(mT(b), device);
  const Tensor parity = lapack_result(a, batch_of(a), device);
  LapackInfo info(a);
  kernels::lu[device]({.dtype = a.dtype(),
                       .batch = batch_size(a),
                       .n = a.size(-1),
                       .columns = b.size(-1),
                       .a = factors.data(),
                       .b = solution.data(),
                       .parity = parity.data(),
                       .info = info.data()});
  if (const auto failed = info.failure()) {
    fail<LinAlgError>("{}: expected an invertible matrix, got a singular one{} (pivot {} is 0); try linalg::pinv", op,
                      failed->where, failed->info);
  }
  return mT(solution).contiguous().to(a.device());
}

struct Solve {
  static constexpr std::string_view name = "linalg_solve";

  Tensor forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    return ctx.save(run_solve("linalg.solve", a, b));
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor to_b = apply(Solve{}, mT(ctx.saved(0)), grad);
    return {ctx.needs_grad(0) ? -matmul(to_b, mT(ctx.saved(1))) : Tensor(), to_b};
  }
};

struct Inv {
  static constexpr std::string_view name = "linalg_inv";

  Tensor forward(Context& ctx, const Tensor& a) const {
    const Tensor identity = expand(eye(a.size(-1), a.size(-1), a.options()), a.shape());
    return ctx.save(run_solve("linalg.inv", a, identity));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor transposed = mT(ctx.saved(0));
    return {-matmul(matmul(transposed, grad), transposed)};
  }
};

}  // namespace

Tensor inv(const Tensor& a) {
  check_square("linalg.inv", a);
  return apply_exact(Inv{}, a);
}

Tensor solve(const Tensor& a, const Tensor& b, bool left) {
  check_same_dtype("linalg.solve", a, b);
  check_square("linalg.solve", a);
  const bool vectors = b.dim() == 1 || (b.dim() == a.dim() - 1 && b.shape() == with_sizes(batch_of(a), {a.size(-1)}));
  if (vectors) return squeeze(solve(left ? a : mT(a), unsqueeze(b, -1)), -1);
  if (!left) return mT(solve(mT(a), mT(b)));
  const auto [matrices, columns] = with_common_batch("linalg.solve", a, b);
  check<ShapeError>(b.size(-2) == a.size(-1), "linalg.solve: expected B with {} rows for A {}, got shape {}",
                    a.size(-1), a.shape(), b.shape());
  return apply_exact(Solve{}, matrices, columns);
}

}  // namespace reel::linalg
