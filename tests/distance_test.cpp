// Directions, angles and distances of vectors: values, extremes, gradients at 0, and their layers.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/nn/layers/distance.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

using V = std::vector<double>;

Tensor rows(const V& values, std::int64_t n = 2) {
  return tensor(values, {static_cast<std::int64_t>(values.size()) / n, n});
}

void check_close(const Tensor& got, const V& expected, double tolerance = 1e-14) {
  const V values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(tolerance).scale(tolerance));
  }
}

}  // namespace

TEST_CASE("normalize divides by the norm") {
  check_close(normalize(rows({3, 4, -5, 12})), {0.6, 0.8, -5.0 / 13, 12.0 / 13});
  check_close(normalize(rows({3, 4, -5, 12}), 1), {3.0 / 7, 4.0 / 7, -5.0 / 17, 12.0 / 17});
  check_close(normalize(rows({3, 4, -5, 12}), INFINITY, 0), {0.6, 4.0 / 12, -1, 1});
  check_close(normalize(rows({3, 4, -5, 12}), 2, {0, 1}),
              {3 / std::sqrt(194), 4 / std::sqrt(194), -5 / std::sqrt(194), 12 / std::sqrt(194)});
  check_close(normalize(rows({3, 4}), 2, 1, 10), {0.3, 0.4});  // eps is the least norm
  check_close(normalize(rows({3e200, 4e200, 3e-200, 4e-200}), 2, 1, 0), {0.6, 0.8, 0.6, 0.8});
}

TEST_CASE("cosine_similarity and pairwise_distance by hand") {
  const Tensor a = rows({3, 4, 1, 0, 1, 2}), b = rows({4, 3, 0, 5, -2, -4});
  check_close(cosine_similarity(a, b), {24.0 / 25, 0, -1});
  check_close(cosine_similarity(a, b, 0), {(12 + 0 - 2) / std::sqrt(11 * 20.0), (12 + 0 - 8) / std::sqrt(20 * 50.0)});
  check_close(cosine_similarity(a * 1e200, b * 1e200), {24.0 / 25, 0, -1});
  check_close(cosine_similarity(rows({1, 0}), rows({1e-9, 0})), {0.1});  // a length counts as 1e-8 at least
  check_close(pairwise_distance(a, b, 2, 0), {std::sqrt(2), std::sqrt(26), std::sqrt(45)});
  check_close(pairwise_distance(a, b, 1, 0), {2, 6, 9});
  check_close(pairwise_distance(a, b, 1, 0.5), {0.5 + 1.5, 1.5 + 4.5, 3.5 + 6.5});
  CHECK(pairwise_distance(a, b, 2, 1e-6, true).shape() == Shape{3, 1});
  CHECK(pairwise_distance(a.unsqueeze(1), b).shape() == Shape{3, 3});
}

TEST_CASE("gradients are finite where a vector is 0, and where both are equal") {
  const auto finite = [](const Tensor& loss, const Tensors& inputs) {
    for (const Tensor& g : grad({sum(loss)}, inputs)) CHECK(all(abs(g) < INFINITY).item<bool>());
  };
  const Tensor zero = zeros({2, 3}, DType::f64).requires_grad_(), x = ones({2, 3}, DType::f64).requires_grad_();
  for (const double p : {1.0, 2.0, 3.0, static_cast<double>(INFINITY)}) {
    INFO("p = " << p);
    finite(normalize(zero, p), {zero});
    finite(pairwise_distance(x, x, p, 0), {x});
    finite(pairwise_distance(zero, x, p), {zero, x});
  }
  finite(cosine_similarity(zero, x), {zero, x});
  finite(cosine_similarity(zero, zero), {zero});
}

TEST_CASE("layers of distances are the functions") {
  const Tensor a = randn({3, 4}), b = randn({3, 4});
  CHECK(equal(nn::CosineSimilarity(0)(a, b), cosine_similarity(a, b, 0)));
  CHECK(equal(nn::CosineSimilarity({.eps = 10})(a, b), cosine_similarity(a, b, 1, 10)));
  CHECK(equal(nn::PairwiseDistance(3.0, 0.1, true)(a, b), pairwise_distance(a, b, 3, 0.1, true)));
  CHECK(to_string(nn::PairwiseDistance()) == "PairwiseDistance()");
}
