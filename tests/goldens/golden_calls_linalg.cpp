// The same calls as in make_linalg.py, in the same order.

#include <limits>

#include <reel/ops/ops.h>

#include "goldens/golden_calls.h"

namespace reel::testing {
namespace {

using In = const Tensors&;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor mT(const Tensor& x) { return transpose(x, -2, -1); }
Tensor definite(const Tensor& x) { return matmul(x, mT(x)) + eye(x.size(-2), x.size(-2), x.options()); }

Tensors pair(std::tuple<Tensor, Tensor> values) { return {std::get<0>(values), std::get<1>(values)}; }

Tensors svd_parts(In t) {
  const auto [u, s, vt] = linalg::svd(t[0], false);
  return {square(u), s, square(vt), matmul(u * square(unsqueeze(s, -2)), vt)};
}

Tensors eigh_parts(In t) {
  const auto [w, v] = linalg::eigh(t[0] + mT(t[0]));
  return {w, square(v), matmul(v * pow(unsqueeze(w, -2), 3), mT(v))};
}

TensorFunction matrix_norm_of(double ord) {
  return [ord](In t) { return Tensors{linalg::matrix_norm(t[0], ord)}; };
}

}  // namespace

std::map<std::string, TensorFunction> linalg_golden_calls() {
  std::map<std::string, TensorFunction> c;
  c["inv"] = [](In t) { return Tensors{linalg::inv(t[0])}; };
  for (const char* name : {"solve", "solve batch", "solve vector"}) {
    c[name] = [](In t) { return Tensors{linalg::solve(t[0], t[1])}; };
  }
  c["solve right"] = [](In t) { return Tensors{linalg::solve(t[0], t[1], false)}; };
  c["solve_triangular"] = [](In t) { return Tensors{linalg::solve_triangular(t[0], t[1], true)}; };
  c["solve_triangular unit"] = [](In t) { return Tensors{linalg::solve_triangular(t[0], t[1], false, false, true)}; };
  c["cholesky_solve"] = [](In t) { return Tensors{linalg::cholesky_solve(t[0], tril(t[1]))}; };
  c["cholesky"] = [](In t) { return Tensors{linalg::cholesky(definite(t[0]))}; };
  c["cholesky upper"] = [](In t) { return Tensors{linalg::cholesky(definite(t[0]), true)}; };
  for (const char* name : {"qr", "qr tall", "qr wide"}) c[name] = [](In t) { return pair(linalg::qr(t[0])); };
  c["qr complete"] = [](In t) { return pair(linalg::qr(t[0].detach(), linalg::QrMode::complete)); };
  for (const char* name : {"svd", "svd tall", "svd wide"}) c[name] = svd_parts;
  c["svdvals"] = [](In t) { return Tensors{linalg::svdvals(t[0])}; };
  c["eigh"] = eigh_parts;
  c["eigvalsh"] = [](In t) { return Tensors{linalg::eigvalsh(t[0] + mT(t[0]))}; };
  c["det"] = [](In t) { return Tensors{linalg::det(t[0])}; };
  c["slogdet"] = [](In t) { return pair(linalg::slogdet(t[0])); };
  for (const char* name : {"pinv", "pinv wide"}) c[name] = [](In t) { return Tensors{linalg::pinv(t[0])}; };
  c["lstsq"] = [](In t) { return Tensors{std::get<0>(linalg::lstsq(t[0], t[1]))}; };
  c["matrix_rank"] = [](In t) { return Tensors{linalg::matrix_rank(t[0])}; };
  c["matrix_norm fro"] = [](In t) { return Tensors{linalg::matrix_norm(t[0])}; };
  c["matrix_norm nuc"] = [](In t) { return Tensors{linalg::matrix_norm(t[0], linalg::MatrixNorm::nuc)}; };
  c["matrix_norm 1"] = matrix_norm_of(1);
  c["matrix_norm -1"] = matrix_norm_of(-1);
  c["matrix_norm 2"] = matrix_norm_of(2);
  c["matrix_norm -2"] = matrix_norm_of(-2);
  c["matrix_norm inf"] = matrix_norm_of(kInfinity);
  c["matrix_norm -inf"] = matrix_norm_of(-kInfinity);
  c["vector_norm"] = [](In t) { return Tensors{linalg::vector_norm(t[0], 3, {1})}; };
  c["matrix_power"] = [](In t) { return Tensors{linalg::matrix_power(t[0], 3)}; };
  c["matrix_power negative"] = [](In t) { return Tensors{linalg::matrix_power(t[0], -2)}; };
  c["multi_dot"] = [](In t) { return Tensors{linalg::multi_dot(t)}; };
  return c;
}

}  // namespace reel::testing
