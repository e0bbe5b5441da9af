// linalg::qr.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/tensor/core/check.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// The gradient of A = Q R with R square, given at least one of those of Q and R:
/// (G_Q + Q Y) R^-T, where the symmetric Y has the upper triangle of R's part G_R R^T - Q^T G_Q.
Tensor tall_gradient(const Tensor& q, const Tensor& r, const Tensor& to_q, const Tensor& to_r) {
  const Tensor from_r = to_r.defined() ? matmul(triu(to_r), mT(r)) : Tensor();
  const Tensor from_q = to_q.defined() ? -matmul(mT(q), to_q) : Tensor();
  const Tensor upper = triu(sum_of(from_r, from_q));
  const Tensor y = upper + mT(triu(upper, 1));
  return solve_triangular(mT(r), sum_of(to_q, matmul(q, y)), false, false);
}

struct Qr {
  static constexpr std::string_view name = "linalg_qr";
  bool complete;

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x) const {
    const std::int64_t m = x.size(-2), n = x.size(-1), columns = complete ? m : std::min(m, n);
    const Shape batch = batch_of(x);
    const Device device = lapack_device(x);
    const Tensor a = lapack_copy(mT(x), device), q = lapack_result(x, with_sizes(batch, {columns, m}), device);
    kernels::qr[device](
        {.dtype = x.dtype(), .batch = batch_size(x), .m = m, .n = n, .columns = columns, .a = a.data(), .q = q.data()});
    ctx.save(x);
    const Tensor factor = triu(mT(a).narrow(-2, 0, columns).contiguous());
    return {ctx.save(mT(q).contiguous().to(x.device())), ctx.save(factor.to(x.device()))};
  }

  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const Tensor x = ctx.saved(0), q = ctx.saved(1), r = ctx.saved(2);
    const std::int64_t m = x.size(-2), n = x.size(-1);
    check<AutogradError>(
        !complete || m <= n,
        "linalg.qr: expected a reduced decomposition for the gradient of shape {}, got a complete one, "
        "whose further columns of Q are not determined",
        x.shape());
    if (m >= n) return {tall_gradient(q, r, grads[0], grads[1])};
    // A = [A_1 A_2]: Q and R_1 are the decomposition of A_1, and R_2 is Q^T A_2.
    const auto first = [&](const Tensor& t) { return t.narrow(-1, 0, m); };
    if (!grads[1].defined()) return {pad(tall_gradient(q, first(r), grads[0], {}), {0, n - m})};
    const Tensor to_rest = grads[1].narrow(-1, m, n - m);
    const Tensor to_q = sum_of(grads[0], matmul(x.narrow(-1, m, n - m), mT(to_rest)));
    return {cat({tall_gradient(q, first(r), to_q, first(grads[1])), matmul(q, to_rest)}, -1)};
  }
};

}  // namespace

std::tuple<Tensor, Tensor> qr(const Tensor& a, QrMode mode) {
  check_matrices("linalg.qr", a);
  auto [q, r] = apply_exact(Qr{mode == QrMode::complete}, a);
  return {std::move(q), std::move(r)};
}

}  // namespace reel::linalg
