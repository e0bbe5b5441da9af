// Determinants: linalg::det, linalg::slogdet.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// The pivots of an LU decomposition, [..., n], and the determinants of the exchanges of rows; where LAPACK runs.
struct Pivots {
  Tensor pivots, parity;
};

Pivots pivots_of(const Tensor& a) {
  const Device device = lapack_device(a);
  const Tensor factors = lapack_copy(a, device), parity = lapack_result(a, batch_of(a), device);
  kernels::lu[device]({.dtype = a.dtype(),
                       .batch = batch_size(a),
                       .n = a.size(-1),
                       .columns = 0,
                       .a = factors.data(),
                       .b = nullptr,
                       .parity = parity.data(),
                       .info = nullptr});
  return {diagonal(factors, 0, -2, -1), parity};
}

Tensor det_of(const Tensor& a) {
  const NoGradGuard guard;
  const Pivots lu = pivots_of(a);
  return (prod(lu.pivots.to(DType::f64), {-1}).to(a.dtype()) * lu.parity).to(a.device());
}

/// For each place of the last dimension, the product of all numbers before it.
Tensor products_before(const Tensor& x) {
  const std::int64_t n = x.size(-1);
  if (n == 0) return x;
  return cat({ones_like(narrow(x, -1, 0, 1)), narrow(cumprod(x, -1), -1, 0, n - 1)}, -1);
}
Tensor products_behind(const Tensor& x) { return flip(products_before(flip(x, {-1})), {-1}); }

// Products of singular values, in f64: those of the first few may be out of the range of f32.

/// The products of all numbers of s [..., n] but one.
Tensor products_but_one(const Tensor& s) {
  const Tensor x = s.to(DType::f64);
  return (products_before(x) * products_behind(x)).to(s.dtype());
}

/// [..., n, n]: the products of all numbers of s [..., n] but those at two places; 0 on the diagonal.
Tensor products_but_two(const Tensor& s) {
  const Tensor x = s.to(DType::f64), rows = expand(unsqueeze(x, -2), with_sizes(s.shape(), {s.size(-1)}));
  const Tensor behind_row = triu(rows, 1) + tril(ones_like(rows));  // 1 up to the diagonal
  const Tensor between = products_before(behind_row);
  const Tensor upper = triu(unsqueeze(products_before(x), -1) * between * unsqueeze(products_behind(x), -2), 1);
  return (upper + mT(upper)).to(s.dtype());
}

/// det(A) A^-T, the gradient of the determinant. With A = U S V^T it is det(U) det(V) U C V^T, where the diagonal of C
/// has the products of all other singular values: no division, so that A may be singular.
struct Cofactors {
  static constexpr std::string_view name = "linalg_cofactors";

  Tensor forward(Context& ctx, const Tensor& a) const {
    const NoGradGuard guard;
    const auto [u, s, vt] = run_svd("linalg.det", ctx.save(a), true, false, false);
    return matmul(u * unsqueeze(products_but_one(s), -2), vt) * sign_of(u, vt);
  }
  /// In the same terms dC_ii = sum over j != i of P_ij dS_jj and dC_ij = -P_ij dS_ji, where P_ij is the product of the
  /// singular values but two.
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const auto [u, s, vt] = svd(ctx.saved(0), false);
    const Tensor same = eye(s.size(-1), s.size(-1), s.options()) == 1;
    const Tensor turned = matmul(matmul(mT(u), grad), mT(vt)), p = products_but_two(s);
    const Tensor on_diagonal = matmul(unsqueeze(diagonal(turned, 0, -2, -1), -2), p);  // [..., 1, n]
    const Tensor inner = where(same, expand(on_diagonal, turned.shape()), -(mT(turned) * p));
    return {matmul(matmul(u, inner), vt) * sign_of(u, vt)};
  }

 private:
  /// det(U) det(V), rounded to 1 or -1: [..., 1, 1].
  static Tensor sign_of(const Tensor& u, const Tensor& vt) {
    return unsqueeze(unsqueeze(sign(det_of(u) * det_of(vt)), -1), -1);
  }
};

struct Det {
  static constexpr std::string_view name = "linalg_det";

  Tensor forward(Context& ctx, const Tensor& a) const { return det_of(ctx.save(a)); }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(Cofactors{}, ctx.saved(0)) * unsqueeze(unsqueeze(grad, -1), -1)};
  }
};

struct Slogdet {
  static constexpr std::string_view name = "linalg_slogdet";

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& a) const {
    const Pivots lu = pivots_of(ctx.save(a));
    return {(prod(sign(lu.pivots), {-1}) * lu.parity).to(a.device()), sum(log(abs(lu.pivots)), {-1}).to(a.device())};
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    if (!grads[1].defined()) return {};
    return {mT(inv(ctx.saved(0))) * unsqueeze(unsqueeze(grads[1], -1), -1)};
  }
};

}  // namespace

Tensor det(const Tensor& a) {
  check_square("linalg.det", a);
  return apply_exact(Det{}, a);
}

std::tuple<Tensor, Tensor> slogdet(const Tensor& a) {
  check_square("linalg.slogdet", a);
  auto [sign, logarithm] = apply_exact(Slogdet{}, a);
  return {std::move(sign), std::move(logarithm)};
}

}  // namespace reel::linalg
