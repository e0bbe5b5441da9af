// linalg::cholesky.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/tensor/core/check.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

struct Cholesky {
  static constexpr std::string_view name = "linalg_cholesky";

  /// LAPACK's upper triangle of the transpose is the lower one, and so is its factor.
  Tensor forward(Context& ctx, const Tensor& a) const {
    const Device device = lapack_device(a);
    const Tensor factor = lapack_copy(a, device);
    LapackInfo info(a);
    kernels::cholesky[device](
        {.dtype = a.dtype(), .batch = batch_size(a), .n = a.size(-1), .a = factor.data(), .info = info.data()});
    if (const auto failed = info.failure()) {
      fail<LinAlgError>(
          "linalg.cholesky: expected a positive definite matrix, got one{} whose leading block of order {} is not",
          failed->where, failed->info);
    }
    return ctx.save(tril(factor).to(a.device()));
  }
  /// L^-T Y L^-1 / 2, where the symmetric Y has the lower triangle of L^T G.
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor l = ctx.saved(0), product = matmul(mT(l), tril(grad));
    const Tensor y = tril(product) + mT(tril(product, -1));
    const Tensor left = solve_triangular(mT(l), y, true);
    return {solve_triangular(l, left, false, false) * 0.5};
  }
};

}  // namespace

Tensor cholesky(const Tensor& a, bool upper) {
  check_square("linalg.cholesky", a);
  const Tensor lower = apply_exact(Cholesky{}, a);
  return upper ? mT(lower).contiguous() : lower;
}

}  // namespace reel::linalg
