// Products over chosen dimensions, and distances.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/known_result.h"
#include "support/op_samples.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

Tensor doubles(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}); }

}  // namespace

TEST_CASE("tensordot is an Einstein sum") {
  const Tensor a = uniform({2, 3, 4}), b = uniform({3, 4, 5}), c = uniform({4, 2, 3});
  CHECK(allclose(tensordot(a, b), einsum("aij,ijb->ab", {a, b}), 1e-12));
  CHECK(allclose(tensordot(a, uniform({4, 2}), 1), matmul(a, uniform({4, 2})), 1e-12));
  CHECK(allclose(tensordot(a, c, {2, 0}, {0, 1}), einsum("iaj,jib->ab", {a, c}), 1e-12));
  CHECK(allclose(tensordot(a, c, {-1, 0}, {0, -2}), einsum("iaj,jib->ab", {a, c}), 1e-12));
  CHECK(tensordot(a, b, 0).shape() == Shape{2, 3, 4, 3, 4, 5});
  CHECK(tensordot(tensor({1, 2}), tensor({3, 4}), 1).item<int>() == 11);
}

TEST_CASE("baddbmm, cross and kron") {
  const Tensor a = uniform({2, 3, 4}), b = uniform({2, 4, 2}, -1, 1, 2), c = uniform({3, 2}, -1, 1, 3);
  CHECK(allclose(baddbmm(c, a, b, 0.5, 2), c * 0.5 + matmul(a, b) * 2, 1e-12));
  check_result(baddbmm(full({2}, NAN), ones({1, 1, 2}), ones({1, 2, 2}), 0), {1, 1, 2}, {2, 2});
  check_result(cross(tensor({{1, 0, 0}, {0, 1, 0}}), tensor({{0, 1, 0}, {0, 0, 1}}), 1), {2, 3}, {0, 0, 1, 1, 0, 0});
  check_result(cross(tensor({1, 2, 3}), tensor({4, 5, 6})), {3}, {-3, 6, -3});
  check_result(kron(tensor({{1, 2}}), tensor({{1}, {3}})), {2, 2}, {1, 2, 3, 6});
  check_result(kron(tensor({1, 2}), tensor({{1, 0}, {0, 1}})), {2, 4}, {1, 0, 2, 0, 0, 1, 0, 2});
  check_result(kron(tensor(3), tensor({1, 2})), {2}, {3, 6});
}

TEST_CASE("distances of all rows") {
  const Tensor a = doubles({{0, 0}, {1, 1}}), b = doubles({{3, 4}, {1, 1}});
  CHECK(allclose(cdist(a, b), doubles({{5, std::sqrt(2)}, {std::sqrt(13), 0}})));
  check_result(cdist(a, b, 1), {2, 2}, {7, 2, 5, 0});
  check_result(cdist(a, b, inf), {2, 2}, {4, 1, 3, 0});
  check_result(cdist(a, b, 0), {2, 2}, {2, 2, 2, 0});
  CHECK(allclose(cdist(a, b, 3), doubles({{std::cbrt(91), std::cbrt(2)}, {std::cbrt(35), 0}})));
  check_result(cdist(ones({2, 0}), ones({3, 0}), inf), {2, 3}, {0, 0, 0, 0, 0, 0});
  for (const double p : {0.5, 1.0, 2.0, 3.0, inf}) {  // no gradient, and no NaN, where rows are equal
    INFO("p = " << p);
    const Tensor x = a.clone().requires_grad_();
    cdist(x, a, p).sum().backward();
    CHECK(isnan(x.grad()).any().item<bool>() == false);
    const Tensor y = ones({1, 3}, DType::f64).requires_grad_();
    cdist(y, y, p).sum().backward();
    check_result(y.grad(), {1, 3}, {0, 0, 0});
  }
}

TEST_CASE("distances of many rows by a product are those of the differences") {
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor x = (uniform({2, 40, 7}) + 100).to(dtype).requires_grad_(),
                 y = (uniform({30, 7}, -1, 1, 2) + 100).to(dtype).requires_grad_();
    const Tensor direct = norm(x.unsqueeze(-2) - y.unsqueeze(-3), 2, {-1}), weights = uniform({2, 40, 30}).to(dtype);
    const double tolerance = dtype == DType::f64 ? 1e-10 : 1e-4;
    CHECK(allclose(cdist(x, y), direct, tolerance, tolerance));
    const Tensors got = grad({cdist(x, y)}, {x, y}, {.grad_outputs = {weights}});
    const Tensors want = grad({direct}, {x, y}, {.grad_outputs = {weights}});
    for (std::size_t i = 0; i < 2; ++i) CHECK(allclose(got[i], want[i], 10 * tolerance, 10 * tolerance));
  }
  const Tensor rows = uniform({30, 4}).requires_grad_();
  const Tensor same = cdist(rows, rows);
  same.sum().backward();
  CHECK(isnan(rows.grad()).any().item<bool>() == false);
  CHECK(diagonal(same).max().item() < 1e-6);
  // What is not finite stays in its row.
  const Tensor spoilt = cat({full({1, 4}, NAN, DType::f64), full({1, 4}, inf, DType::f64), rows.detach()});
  const Tensor distances = cdist(spoilt, rows.detach());
  CHECK(isnan(distances[0]).all().item<bool>());
  CHECK(allclose(narrow(distances, 0, 2, 30), same.detach(), 1e-6, 1e-6));
  const Tensor single = rows.detach().to(DType::f32);
  const Tensor exact = cdist(single, single);
  const AutocastGuard rounded(DType::bf16);
  CHECK(equal(cdist(single, single), exact));
}

TEST_CASE("renorm shortens what is too long") {
  const Tensor x = doubles({{1, 1, 1}, {2, 2, 2}, {3, 3, 3}});
  CHECK(allclose(renorm(x, 1, 0, 5), doubles({{1, 1, 1}, {5 / 3.0, 5 / 3.0, 5 / 3.0}, {5 / 3.0, 5 / 3.0, 5 / 3.0}})));
  CHECK(allclose(renorm(x, 2, 1, 1), x / std::sqrt(14)));
  CHECK(allclose(renorm(x, inf, 0, 2), doubles({{1, 1, 1}, {2, 2, 2}, {2, 2, 2}})));
  check_result(renorm(zeros({2, 2}), 2, 0, 0), {2, 2}, {0, 0, 0, 0});
}
