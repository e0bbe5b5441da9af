// Eigenvalues of symmetric matrices: linalg::eigh, linalg::eigvalsh.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/linalg.h>
#include <reel/ops/linear_algebra.h>

namespace reel::linalg {
using namespace reel::detail;
namespace {

/// Eigenvalues and, with `vectors`, eigenvectors; off the tape.
std::array<Tensor, 2> run_eigh(std::string_view op, const Tensor& x, bool upper, bool vectors) {
  const NoGradGuard guard;
  const Device device = lapack_device(x);
  const Tensor a = lapack_copy(mT(x), device), w = lapack_result(x, with_sizes(batch_of(x), {x.size(-1)}), device);
  LapackInfo info(x);
  kernels::eigh[device]({.dtype = x.dtype(),
                         .batch = batch_size(x),
                         .n = x.size(-1),
                         .upper = upper,
                         .vectors = vectors,
                         .a = a.data(),
                         .w = w.data(),
                         .info = info.data()});
  info.check_converged(op);
  return {w.to(x.device()), vectors ? mT(a).contiguous().to(x.device()) : Tensor()};
}

struct Eigh {
  static constexpr std::string_view name = "linalg_eigh";
  bool upper;

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x) const {
    auto [w, v] = run_eigh("linalg.eigh", x, upper, true);
    return {ctx.save(w), ctx.save(v)};
  }
  /// V (diag(G_w) + V^T G_V / E) V^T with E_ij = w_j - w_i, made symmetric (Giles 2008).
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const Tensor w = ctx.saved(0), v = ctx.saved(1), identity = eye(w.size(-1), w.size(-1), w.options());
    Tensor inner;
    if (grads[0].defined()) inner = identity * unsqueeze(grads[0], -2);
    if (grads[1].defined()) {
      const Tensor product = matmul(mT(v), grads[1]);
      const Tensor gaps = masked_fill(unsqueeze(w, -2) - unsqueeze(w, -1), identity == 1, 1);
      const Tensor turned = (product - mT(product)) / gaps * 0.5;  // of the gradient only this part turns vectors
      inner = inner.defined() ? inner + turned : turned;
    }
    return {matmul(matmul(v, inner), mT(v))};
  }
};

}  // namespace

std::tuple<Tensor, Tensor> eigh(const Tensor& a, bool upper) {
  check_square("linalg.eigh", a);
  auto [w, v] = apply_exact(Eigh{upper}, a);
  return {std::move(w), std::move(v)};
}

Tensor eigvalsh(const Tensor& a, bool upper) {
  check_square("linalg.eigvalsh", a);
  if (GradMode::enabled() && a.requires_grad()) return std::get<0>(eigh(a, upper));  // whose gradient needs the vectors
  return run_eigh("linalg.eigvalsh", a, upper, false)[0];
}

}  // namespace reel::linalg
