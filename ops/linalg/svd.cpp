// Singular values: linalg::svd, linalg::svdvals.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/tensor/core/check.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// The part of `grad` that is orthogonal to the columns of `vectors`.
Tensor outside(const Tensor& vectors, const Tensor& grad) { return grad - matmul(vectors, matmul(mT(vectors), grad)); }

/// The reduced form.
struct Svd {
  static constexpr std::string_view name = "linalg_svd";

  std::array<Tensor, 3> forward(Context& ctx, const Tensor& x) const {
    const SvdResult result = run_svd("linalg.svd", x, true, false);
    return {ctx.save(result.u), ctx.save(result.s), ctx.save(result.vt)};
  }
  /// Townsend 2016, "Differentiating the singular value decomposition".
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const Tensor u = ctx.saved(0), s = ctx.saved(1), vt = ctx.saved(2);
    const std::int64_t k = s.size(-1);
    const Tensor &to_u = grads[0], &to_vt = grads[2];
    const Tensor row = unsqueeze(s, -2), column = unsqueeze(s, -1);
    const auto skew = [](const Tensor& product) { return product - mT(product); };
    Tensor inner;  // in terms of the vectors, [k, k]
    if (to_u.defined() || to_vt.defined()) {
      const Tensor same = eye(k, k, s.options()) == 1;
      const Tensor gaps = masked_fill((row - column) * (row + column), same, 1);
      if (to_u.defined()) inner = skew(matmul(mT(u), to_u)) / gaps * row;
      if (to_vt.defined()) inner = sum_of(inner, column * (skew(matmul(vt, mT(to_vt))) / gaps));
    }
    if (grads[1].defined()) inner = sum_of(inner, eye(k, k, s.options()) * unsqueeze(grads[1], -2));
    Tensor to_a = matmul(matmul(u, inner), vt);
    if (to_u.defined() && u.size(-2) > k) to_a = to_a + matmul(outside(u, to_u) / row, vt);
    if (to_vt.defined() && vt.size(-1) > k) to_a = to_a + matmul(u, mT(outside(mT(vt), mT(to_vt)) / row));
    return {to_a};
  }
};

/// The full form of matrices that are not square, whose further vectors are not determined.
struct FullSvd {
  static constexpr std::string_view name = "linalg_svd_full";

  std::array<Tensor, 3> forward(Context& ctx, const Tensor& x) const {
    const SvdResult result = run_svd("linalg.svd", ctx.save(x), true, true);
    return {result.u, result.s, result.vt};
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    check<AutogradError>(!grads[0].defined() && !grads[2].defined(),
                         "linalg.svd: expected full_matrices = false for the gradient of vectors if m != n, got true: "
                         "the further vectors are not determined");
    const auto [u, s, vt] = svd(ctx.saved(0), false);
    return {matmul(u * unsqueeze(grads[1], -2), vt)};
  }
};

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& a, bool full_matrices) {
  check_matrices("linalg.svd", a);
  auto [u, s, vt] = full_matrices && a.size(-2) != a.size(-1) ? apply_exact(FullSvd{}, a) : apply_exact(Svd{}, a);
  return {std::move(u), std::move(s), std::move(vt)};
}

Tensor svdvals(const Tensor& a) {
  check_matrices("linalg.svdvals", a);
  if (GradMode::enabled() && a.requires_grad()) return std::get<1>(svd(a, false));  // whose gradient needs the vectors
  return run_svd("linalg.svdvals", a, false, false).s;
}

}  // namespace reel::linalg
