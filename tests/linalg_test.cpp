// Decompositions, inverses and determinants against arithmetic, their errors, and gradients at special points.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/op_samples.h"
#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const Requirement needs_no_lapack("needs a build without LAPACK",
                                  [] { return kernels::lapack_available() ? "this one has it" : ""; });

Tensor numbers(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}); }
Tensor mT(const Tensor& x) { return transpose(x, -2, -1); }
Tensor identity(const Tensor& like) { return eye(like.size(-1), like.size(-1), like.options()); }

/// Whether a and b (broadcast) are equal but for rounding in their dtype.
bool near(const Tensor& a, const Tensor& b, double units = 100) {
  const double eps = a.dtype() == DType::f32 ? 0x1p-23 : 0x1p-52;
  return allclose(a.detach(), b.detach(), units * eps, units * eps);
}

/// Calls `check` with random matrices of several shapes in both dtypes.
template <class Check> void for_matrices(const std::vector<Shape>& shapes, Check&& check) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Shape& shape : shapes) {
      INFO(to_string(dtype) << ", " << to_string(shape));
      check(uniform(shape).to(dtype));
    }
  }
}

const std::vector<Shape> kSquare{{1, 1}, {3, 3}, {20, 20}, {2, 3, 5, 5}, {0, 4, 4}, {3, 0, 0}};
const std::vector<Shape> kAny{{1, 1}, {3, 3}, {5, 2}, {2, 5}, {4, 30, 7}, {2, 3, 2, 4}, {0, 4, 3}, {2, 0, 3}, {3, 0}};

/// x with a dominant diagonal.
Tensor regular(const Tensor& x) { return x + identity(x) * static_cast<double>(x.size(-1) + 1); }

}  // namespace

TEST_CASE("without LAPACK a decomposition says how to build with it" * needs_no_lapack) {
  const Tensor a = eye(2);
  CHECK_THROWS_WITH_AS(linalg::inv(a),
                       "linalg: Reel was built without LAPACK (Debian: libopenblas-openmp-dev or liblapack-dev; "
                       "configure with -DREEL_LAPACK=ON)",
                       Error);
  CHECK_THROWS_AS(linalg::qr(a), Error);
  CHECK_THROWS_AS(linalg::svd(a), Error);
  CHECK_THROWS_AS(linalg::eigh(a), Error);
  CHECK_THROWS_AS(linalg::cholesky(a), Error);
  CHECK_THROWS_AS(linalg::det(a), Error);
}

TEST_CASE("an inverse times the matrix is the identity" * needs_lapack) {
  CHECK(near(linalg::inv(numbers({{4, 7}, {2, 6}})), numbers({{0.6, -0.7}, {-0.2, 0.4}})));
  for_matrices(kSquare, [](const Tensor& x) {
    const Tensor a = regular(x), inverse = linalg::inv(a);
    CHECK(inverse.shape() == a.shape());
    CHECK(inverse.is_contiguous());
    CHECK(near(matmul(a, inverse), identity(a)));
  });
}

TEST_CASE("solutions of systems solve them" * needs_lapack) {
  CHECK(near(linalg::solve(numbers({{2, 1}, {1, 3}}), numbers({3, 5})), numbers({0.8, 1.4})));
  CHECK(near(linalg::solve(numbers({{2, 1}, {0, 3}}), numbers({{2, 4}}), false), numbers({{1, 1}})));
  for_matrices(kSquare, [](const Tensor& x) {
    const Tensor a = regular(x), b = rand_like(x).narrow(-1, 0, std::min<std::int64_t>(x.size(-1), 2));
    CHECK(near(matmul(a, linalg::solve(a, b)), b));
    CHECK(near(matmul(linalg::solve(a, mT(b), false), a), mT(b)));
  });
  // A batch of vectors is told from a matrix by its shape; what broadcasts is expanded.
  const Tensor a = regular(uniform({4, 3, 3})), v = uniform({4, 3});
  CHECK(near(squeeze(matmul(a, unsqueeze(linalg::solve(a, v), -1)), -1), v));
  CHECK(linalg::solve(a, uniform({3, 2})).shape() == Shape{4, 3, 2});
  CHECK(linalg::solve(a[0], uniform({5, 3, 2})).shape() == Shape{5, 3, 2});
}

TEST_CASE("triangular systems read one triangle") {
  const Tensor a = numbers({{2, 1}, {4, 5}}), b = numbers({{4, 2}, {10, 5}});
  CHECK(near(linalg::solve_triangular(a, b, true), numbers({{1, 0.5}, {2, 1}})));
  CHECK(near(linalg::solve_triangular(a, b, false), numbers({{2, 1}, {0.4, 0.2}})));
  CHECK(near(linalg::solve_triangular(a, b, true, true, true), numbers({{-6, -3}, {10, 5}})));
  CHECK(near(linalg::solve_triangular(a, b, true, false), numbers({{2, 0}, {5, 0}})));
  CHECK(linalg::solve_triangular(numbers({{0}}), numbers({{1}}), true).item() == kInfinity);
  const Tensor l = numbers({{2, 0}, {1, 3}}), x = numbers({{1, 2}, {3, 4}});
  CHECK(near(linalg::cholesky_solve(matmul(matmul(l, l.t()), x), l), x));
  CHECK(near(linalg::cholesky_solve(matmul(matmul(l, l.t()), x), l.t(), true), x));
}

TEST_CASE("Cholesky's factor is lower triangular and squares to the matrix" * needs_lapack) {
  const Tensor a = numbers({{4, 12, -16}, {12, 37, -43}, {-16, -43, 98}}),
               l = numbers({{2, 0, 0}, {6, 1, 0}, {-8, 5, 3}});
  CHECK(near(linalg::cholesky(a), l));
  CHECK(near(linalg::cholesky(a, true), l.t()));
  CHECK(near(linalg::cholesky(tril(a) + triu(ones_like(a), 1)), l));  // what is above the diagonal does not matter
  for_matrices(kSquare, [](const Tensor& x) {
    const Tensor spd = matmul(x, mT(x)) + identity(x), factor = linalg::cholesky(spd);
    CHECK(near(matmul(factor, mT(factor)), spd));
    CHECK(equal(tril(factor), factor));
  });
  CHECK_THROWS_AS(linalg::cholesky(numbers({{NAN}})), LinAlgError);
}

TEST_CASE("Q is orthonormal, R triangular, and their product the matrix" * needs_lapack) {
  for_matrices(kAny, [](const Tensor& a) {
    for (const auto mode : {linalg::QrMode::reduced, linalg::QrMode::complete}) {
      const auto [q, r] = linalg::qr(a, mode);
      const std::int64_t m = a.size(-2), columns = mode == linalg::QrMode::complete ? m : std::min(m, a.size(-1));
      CHECK(q.size(-1) == columns);
      CHECK(r.size(-2) == columns);
      CHECK(near(matmul(mT(q), q), identity(q)));
      CHECK(near(matmul(q, r), a));
      CHECK(equal(triu(r), r));
    }
  });
}

TEST_CASE("singular vectors are orthonormal, values descend, and their product is the matrix" * needs_lapack) {
  CHECK(near(linalg::svdvals(numbers({{3, 0}, {4, 5}})), sqrt(numbers({45, 5}))));
  for_matrices(kAny, [](const Tensor& a) {
    const std::int64_t k = std::min(a.size(-2), a.size(-1));
    for (const bool full : {false, true}) {
      const auto [u, s, vt] = linalg::svd(a, full);
      CHECK(u.size(-1) == (full ? a.size(-2) : k));
      CHECK(vt.size(-2) == (full ? a.size(-1) : k));
      CHECK(near(matmul(mT(u), u), identity(u)));
      CHECK(near(matmul(vt, mT(vt)), eye(vt.size(-2), vt.size(-2), vt.options())));
      CHECK(near(matmul(u.narrow(-1, 0, k) * unsqueeze(s, -2), vt.narrow(-2, 0, k)), a));
      CHECK(near(linalg::svdvals(a), s));
      if (k > 1 && a.numel() > 0) CHECK(all(s.narrow(-1, 0, k - 1) >= s.narrow(-1, 1, k - 1)).item<bool>());
      CHECK(all(s >= 0).item<bool>());
    }
  });
}

TEST_CASE("eigenvalues ascend, and eigenvectors are orthonormal" * needs_lapack) {
  CHECK(near(linalg::eigvalsh(numbers({{2, 1}, {1, 2}})), numbers({1, 3})));
  CHECK(near(linalg::eigvalsh(numbers({{2, 99}, {1, 2}})), numbers({1, 3})));  // the lower triangle is read
  CHECK(near(linalg::eigvalsh(numbers({{2, 1}, {99, 2}}), true), numbers({1, 3})));
  for_matrices(kSquare, [](const Tensor& x) {
    const Tensor a = x + mT(x);
    for (const bool upper : {false, true}) {
      const auto [w, v] = linalg::eigh(a, upper);
      CHECK(near(matmul(mT(v), v), identity(v)));
      CHECK(near(matmul(a, v), v * unsqueeze(w, -2)));
      CHECK(near(linalg::eigvalsh(a, upper), w));
      if (x.size(-1) > 1 && x.numel() > 0) CHECK(equal(w, std::get<0>(sort(w, -1))));
    }
  });
}

TEST_CASE("a NaN or an infinity is an error that names its matrix, unless it is not read" * needs_lapack) {
  const Tensor a = numbers({{2, 1}, {1, 2}}), above = numbers({{2, NAN}, {1, 2}}), below = mT(above);
  for (const double bad : {double{NAN}, kInfinity, -kInfinity}) {
    const Tensor batch = stack({a, numbers({{2, 1}, {bad, 2}}), a});
    const std::string problem =
        ": expected finite numbers, got a matrix with a NaN or an infinity at index [1] of the batch";
    CHECK_THROWS_WITH_AS(linalg::svd(batch), ("linalg.svd" + problem).c_str(), LinAlgError);
    CHECK_THROWS_WITH_AS(linalg::svdvals(batch), ("linalg.svdvals" + problem).c_str(), LinAlgError);
    CHECK_THROWS_WITH_AS(linalg::eigh(batch), ("linalg.eigh" + problem).c_str(), LinAlgError);
    CHECK_THROWS_WITH_AS(linalg::eigvalsh(batch), ("linalg.eigvalsh" + problem).c_str(), LinAlgError);
    CHECK(near(linalg::eigvalsh(batch, true), numbers({1, 3})));
  }
  CHECK(near(linalg::eigvalsh(above), numbers({1, 3})));
  CHECK(near(linalg::eigvalsh(below, true), numbers({1, 3})));
  CHECK_THROWS_AS(linalg::eigvalsh(below), LinAlgError);
  CHECK_THROWS_WITH_AS(linalg::cholesky(stack({a, numbers({{2, 1}, {NAN, 2}})})),
                       "linalg.cholesky: expected a positive definite matrix, got one at index [1] of the batch whose "
                       "leading block of order 2 is not",
                       LinAlgError);
}

TEST_CASE("determinants" * needs_lapack) {
  const Tensor a = numbers({{6, 1, 1}, {4, -2, 5}, {2, 8, 7}});
  CHECK(linalg::det(a).item() == doctest::Approx(-306));
  CHECK(linalg::det(numbers({{0, 1}, {1, 0}})).item() == -1);
  CHECK(linalg::det(zeros({0, 0})).item() == 1);
  CHECK(linalg::det(zeros({2, 3, 0, 0})).shape() == Shape{2, 3});
  CHECK(linalg::det(numbers({{1, 2}, {2, 4}})).item() == 0);
  CHECK(std::isnan(linalg::det(numbers({{NAN, 2}, {2, 4}})).item()));
  const auto [sign, logarithm] = linalg::slogdet(stack({a, -a, zeros_like(a)}));
  CHECK(near(sign, numbers({-1, 1, 0})));
  CHECK(near(logarithm, numbers({std::log(306), std::log(306), -kInfinity})));
  // Far out of range of the determinant itself.
  CHECK(std::get<1>(linalg::slogdet(eye(100) * 1e-30)).item() == doctest::Approx(-3000 * std::log(10)));
}

TEST_CASE("the gradient of a determinant is the matrix of cofactors, also of singular matrices" * needs_lapack) {
  const auto check = [](const TensorLiteral& values, const TensorLiteral& expected) {
    const Tensor a = leaf_at(values);
    CHECK(allclose(grad({linalg::det(a)}, {a})[0], numbers(expected), 1e-12, 1e-12));
  };
  check({{5}}, {{1}});
  check({{0}}, {{1}});
  check({{1, 2}, {3, 4}}, {{4, -3}, {-2, 1}});
  check({{1, 2}, {2, 4}}, {{4, -2}, {-2, 1}});
  check({{1, 0, 0}, {0, 1, 0}, {0, 0, 0}}, {{0, 0, 0}, {0, 0, 0}, {0, 0, 1}});
  check({{1, 0, 0}, {0, 0, 0}, {0, 0, 0}}, {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}});
  // Products of the first singular values are out of the range of f32, that of all is 1.
  const Tensor powers = cat({full({10}, 1e4), full({10}, 1e-4)}), wide = (eye(20) * powers).requires_grad_();
  const Tensor det = linalg::det(wide);
  CHECK(det.item() == doctest::Approx(1));
  CHECK(allclose(grad({det}, {wide})[0], eye(20) / powers, 1e-4, 1e-9));
  const Tensor bad = leaf_at({{NAN, 1}, {1, 1}});
  CHECK(all(isnan(grad({linalg::det(bad)}, {bad})[0])).item<bool>());  // it shows, and is no error
  const Tensor singular = leaf_at({{{1, 0}, {0, 1}}, {{1, 2}, {2, 4}}});
  CHECK_THROWS_WITH_AS(
      sum(std::get<1>(linalg::slogdet(singular))).backward(),
      "linalg.inv: expected an invertible matrix, got a singular one at index [1] of the batch (pivot 2 "
      "is 0); try linalg::pinv",
      LinAlgError);
}

TEST_CASE("the gradients of a determinant take memory for a few matrices" * needs_lapack) {
  constexpr std::int64_t n = 200;
  const Tensor a = (eye(n, DType::f64) + randn({n, n}, DType::f64) * 0.01).requires_grad_();
  reset_peak_memory();
  const std::size_t before = memory_allocated();
  const Tensor first = grad({linalg::det(a)}, {a}, {.create_graph = true})[0];
  CHECK(allclose(first, linalg::det(a) * linalg::inv(a).t(), 1e-9, 1e-9));
  const Tensor second = grad({sum(first)}, {a})[0];
  // d/dA sum(det A^-T) = det (sum(B) B - (row sums) (column sums)^T) with B = A^-T (Giles 2008).
  const Tensor b = linalg::inv(a.detach()).t(), rows = sum(b, {1}, true), columns = sum(b, {0}, true);
  const Tensor expected = linalg::det(a.detach()) * (sum(b) * b - matmul(rows, columns));
  CHECK(allclose(second, expected, 1e-7, 1e-7));
  CHECK(max_memory_allocated() - before < 100 * n * n * sizeof(double));
}

TEST_CASE("losses of singular values and eigenvalues alone have gradients where these are equal" * needs_lapack) {
  const Tensor a = leaf_at({{2, 0}, {0, 2}});
  CHECK(near(grad({sum(linalg::eigvalsh(a))}, {a})[0], numbers({{1, 0}, {0, 1}})));  // of the trace
  CHECK(near(grad({sum(square(linalg::eigvalsh(a)))}, {a})[0], numbers({{4, 0}, {0, 4}})));
  CHECK(near(grad({sum(linalg::svdvals(a))}, {a})[0], numbers({{1, 0}, {0, 1}})));
  CHECK(near(grad({sum(square(linalg::svdvals(a)))}, {a})[0], numbers({{4, 0}, {0, 4}})));
  // That of vectors is not finite, as in PyTorch.
  const auto finite = [](const Tensor& x) { return all(abs(x) < kInfinity).item<bool>(); };
  CHECK_FALSE(finite(grad({sum(std::get<1>(linalg::eigh(a)))}, {a})[0]));
  CHECK_FALSE(finite(grad({sum(std::get<0>(linalg::svd(a)))}, {a})[0]));
  const Tensor tall = leaf({3, 2});
  CHECK_THROWS_AS(sum(std::get<0>(linalg::svd(tall))).backward(), AutogradError);
  CHECK_THROWS_AS(sum(std::get<0>(linalg::qr(tall, linalg::QrMode::complete))).backward(), AutogradError);
}

TEST_CASE("the pseudoinverse fulfils the conditions of Penrose" * needs_lapack) {
  for_matrices(kAny, [](const Tensor& x) {
    Tensor a = x;
    if (a.numel() > 0 && a.size(-1) > 2) a = cat({a.narrow(-1, 0, a.size(-1) - 1), a.narrow(-1, 0, 1)}, -1);
    const Tensor p = linalg::pinv(a, {.rtol = 1e-5}), ap = matmul(a, p), pa = matmul(p, a);
    CHECK(near(matmul(ap, a), a));
    CHECK(near(matmul(pa, p), p, 1000));
    CHECK(near(ap, mT(ap)));
    CHECK(near(pa, mT(pa)));
  });
  const Tensor diagonal = numbers({{2, 0}, {0, 0.5}});
  CHECK(near(linalg::pinv(diagonal, {.atol = 0.5}), numbers({{0.5, 0}, {0, 0}})));  // 0.5 counts as 0
  CHECK(near(linalg::pinv(diagonal, {.rtol = 0.2}), numbers({{0.5, 0}, {0, 2}})));
}

TEST_CASE("the rank is the number of singular values that are not 0" * needs_lapack) {
  const Tensor a = numbers({{{1, 2}, {2, 4}}, {{1, 0}, {0, 1e-3}}, {{0, 0}, {0, 0}}});
  CHECK(linalg::matrix_rank(a).to_vector<int>() == std::vector<int>{1, 2, 0});
  CHECK(linalg::matrix_rank(a, {.atol = 1e-2}).to_vector<int>() == std::vector<int>{1, 1, 0});
  CHECK(linalg::matrix_rank(a, {.rtol = 1e-2}).to_vector<int>() == std::vector<int>{1, 1, 0});
  CHECK(linalg::matrix_rank(a).dtype() == DType::i64);
  CHECK(linalg::matrix_rank(zeros({0, 3})).item() == 0);
}

TEST_CASE("least squares" * needs_lapack) {
  // A line through (0, 1), (1, 2), (2, 4): 5/6 + 3/2 x, residuals 1/6, -1/3, 1/6.
  const Tensor a = numbers({{1, 0}, {1, 1}, {1, 2}}), b = numbers({{1}, {2}, {4}});
  const auto [x, residuals, rank, values] = linalg::lstsq(a, b);
  CHECK(near(x, numbers({{5.0 / 6}, {1.5}})));
  CHECK(near(residuals, numbers({1.0 / 6})));
  CHECK(rank.item() == 2);
  CHECK(near(values, linalg::svdvals(a)));
  // Of all solutions of x + y = 2 the smallest one.
  const auto [smallest, none, one, value] = linalg::lstsq(numbers({{1, 1}}), numbers({{2}}));
  CHECK(near(smallest, numbers({{1}, {1}})));
  CHECK(none.numel() == 0);
  CHECK(one.item() == 1);
  const auto [first, r, rank_1, s] = linalg::lstsq(numbers({{1, 0}, {0, 1e-4}}), numbers({{1}, {1}}), 1e-3);
  CHECK(near(first, numbers({{1}, {0}})));
  CHECK(rank_1.item() == 1);
}

TEST_CASE("norms of matrices" * needs_lapack) {
  const Tensor a = numbers({{3, 0}, {-4, 5}});
  CHECK(linalg::matrix_norm(a).item() == doctest::Approx(std::sqrt(50)));
  CHECK(linalg::matrix_norm(a, linalg::MatrixNorm::nuc).item() == doctest::Approx(std::sqrt(45) + std::sqrt(5)));
  CHECK(linalg::matrix_norm(a, 2).item() == doctest::Approx(std::sqrt(45)));
  CHECK(linalg::matrix_norm(a, -2).item() == doctest::Approx(std::sqrt(5)));
  CHECK(linalg::matrix_norm(a, 1).item() == 7);
  CHECK(linalg::matrix_norm(a, -1).item() == 5);
  CHECK(linalg::matrix_norm(a, kInfinity).item() == 9);
  CHECK(linalg::matrix_norm(a, -kInfinity).item() == 3);
  CHECK(linalg::vector_norm(a, 1).item() == 12);
  const Tensor batch = uniform({2, 3, 4});
  for (const double ord : {1.0, -1.0, 2.0, -2.0, kInfinity, -kInfinity}) {
    INFO("order " << ord);
    const Tensor norms = linalg::matrix_norm(batch, ord, {2, 0}, true);
    CHECK(norms.shape() == Shape{1, 3, 1});
    for (int i = 0; i < 3; ++i) {
      CHECK(norms[0][i].item() == doctest::Approx(linalg::matrix_norm(batch.select(1, i).t(), ord).item()));
    }
  }
}

TEST_CASE("powers and products of matrices") {
  const Tensor a = numbers({{1, 1}, {1, 0}});
  CHECK(near(linalg::matrix_power(a, 10), numbers({{89, 55}, {55, 34}})));
  CHECK(near(linalg::matrix_power(a, 0), eye(2, DType::f64)));
  CHECK(equal(linalg::matrix_power(a, 1), a));
  if (kernels::lapack_available()) CHECK(near(linalg::matrix_power(a, -3), numbers({{-1, 2}, {2, -3}})));
  const Tensor x = uniform({2, 7}), y = uniform({7, 1}), z = uniform({1, 5}), w = uniform({5, 3});
  CHECK(near(linalg::multi_dot({x, y, z, w}), matmul(matmul(x, y), matmul(z, w))));
  CHECK(linalg::multi_dot({y[0], z, w, ones({3}, DType::f64)}).shape() == Shape{});
}

TEST_CASE("a batch gives the bits of its matrices one by one, and large matrices are right on several threads" *
          needs_lapack) {
  const int threads = num_threads();
  set_num_threads(2);
  const Tensor many = regular(uniform({3000, 4, 4})), inverses = linalg::inv(many);
  for (const std::int64_t i : {0, 1, 1500, 2999}) CHECK(equal(inverses[i], linalg::inv(many[i])));
  const Tensor large = regular(uniform({300, 300}));
  CHECK(near(matmul(large, linalg::inv(large)), identity(large), 1000));
  set_num_threads(threads);
}

TEST_CASE("under autocast linalg is exact, and so are its gradients" * needs_lapack) {
  const auto run = [] {
    const Tensor a = regular(uniform({3, 3}).to(DType::f32)).detach().requires_grad_(), b = ones({3, 2});
    const Tensor x = linalg::solve(a, b), p = linalg::pinv(a), least = std::get<0>(linalg::lstsq(a, b));
    return std::pair{Tensors{x, p, least}, grad({sum(x), sum(p), sum(least), linalg::det(linalg::inv(a))}, {a})};
  };
  const auto exact = run();
  const auto rounded = autocast(DType::bf16, run);
  for (std::size_t i = 0; i < 3; ++i) CHECK(equal(rounded.first[i], exact.first[i]));
  CHECK(equal(rounded.second[0], exact.second[0]));
}
