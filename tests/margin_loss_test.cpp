// Losses with margins and losses of predicted numbers by hand, and their layers.

#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/nn/losses/margin_loss.h>
#include <reel/nn/losses/regression_loss.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

using V = std::vector<double>;
constexpr Reduction none = Reduction::none;

Tensor f64(const V& values) { return tensor(values); }
Tensor rows(const V& values, std::int64_t n) {
  return tensor(values, {static_cast<std::int64_t>(values.size()) / n, n});
}

void check_close(const Tensor& got, const V& expected) {
  const V values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-13).scale(1e-13));
  }
}

V gradient(const Tensor& loss, const Tensor& x) { return grad({sum(loss)}, {x})[0].to_vector<double>(); }

}  // namespace

TEST_CASE("huber_loss is a parabola up to delta, then straight") {
  const Tensor y = f64({0, 0.5, 2, -3, 1}), t = f64({0, 0, 0, 0, 1.5});
  check_close(huber_loss(y, t, {.reduction = none}), {0, 0.125, 1.5, 2.5, 0.125});
  check_close(huber_loss(y, t, {.reduction = none, .delta = 2}), {0, 0.125, 2, 4, 0.125});
  check_close(huber_loss(y, t), {(0.125 + 1.5 + 2.5 + 0.125) / 5});
  const Tensor x = f64({0, 0.5, 2, -3}).requires_grad_();
  CHECK(gradient(huber_loss(x, zeros_like(x), {.reduction = none, .delta = 2}), x) == V{0, 0.5, 2, -2});
}

TEST_CASE("poisson_nll_loss by hand, also for counts of 0") {
  const Tensor y = f64({0.5, -1, 2}), t = f64({0, 1, 3});
  check_close(poisson_nll_loss(y, t, {.reduction = none}), {std::exp(0.5), std::exp(-1) + 1, std::exp(2) - 6});
  const double stirling = 3 * std::log(3) - 3 + 0.5 * std::log(2 * M_PI * 3);
  check_close(poisson_nll_loss(y, t, {.full = true, .reduction = none}),
              {std::exp(0.5), std::exp(-1) + 1, std::exp(2) - 6 + stirling});
  check_close(
      poisson_nll_loss(exp(y), t, {.log_input = false, .eps = 0.5, .reduction = Reduction::sum}),
      {std::exp(0.5) + std::exp(-1) - std::log(std::exp(-1) + 0.5) + std::exp(2) - 3 * std::log(std::exp(2) + 0.5)});
  const Tensor counts = f64({0, 0.5, 1}).requires_grad_();
  const V by_count = gradient(poisson_nll_loss(f64({1, 1, 1}), counts, {.full = true, .reduction = none}), counts);
  CHECK(by_count == V{-1, -1, -1});  // not NaN
}

TEST_CASE("gaussian_nll_loss by hand; the least variance passes its gradient on") {
  const Tensor y = f64({1, 2, 3}), t = f64({0, 2, 5});
  check_close(gaussian_nll_loss(y, t, f64({1, 4, 2}), {.reduction = none}),
              {0.5, 0.5 * std::log(4), 0.5 * (std::log(2) + 2)});
  check_close(gaussian_nll_loss(y, t, f64({1, 4, 2}), {.full = true, .reduction = none}),
              {0.5 + 0.5 * std::log(2 * M_PI), 0.5 * std::log(4) + 0.5 * std::log(2 * M_PI),
               0.5 * (std::log(2) + 2) + 0.5 * std::log(2 * M_PI)});
  check_close(gaussian_nll_loss(y, t, f64({2}), {.reduction = none}),
              {0.5 * (std::log(2) + 0.5), 0.5 * std::log(2), 0.5 * (std::log(2) + 2)});
  const Tensor v = f64({0, -1, 0.5}).requires_grad_();
  check_close(gaussian_nll_loss(y, t, v, {.eps = 0.25, .reduction = none}).detach(),
              {0.5 * (std::log(0.25) + 4), 0.5 * std::log(0.25), 0.5 * (std::log(0.5) + 8)});
  // (1/v - d^2 / v^2) / 2 at v = 0.25, 0.25, 0.5.
  CHECK(gradient(gaussian_nll_loss(y, t, v, {.eps = 0.25, .reduction = none}), v) ==
        V{(4 - 16) / 2.0, 2, (2 - 16) / 2.0});
  const Tensor infinite = f64({INFINITY}).requires_grad_(), loss = gaussian_nll_loss(f64({1}), f64({3}), infinite);
  CHECK(loss.item() == INFINITY);  // log v
  CHECK(gradient(loss, infinite) == V{0});
}

TEST_CASE("hinge_embedding_loss, margin_ranking_loss and soft_margin_loss by hand") {
  const Tensor x = f64({0.3, 0.3, 2, 2}), t = f64({1, -1, 1, -1});
  check_close(hinge_embedding_loss(x, t, {.reduction = none}), {0.3, 0.7, 2, 0});
  check_close(hinge_embedding_loss(x, t, {.margin = 3, .reduction = Reduction::sum}), {0.3 + 2.7 + 2 + 1});
  check_close(margin_ranking_loss(f64({1, 1, 2}), f64({2, 2, 2}), f64({1, -1, 1}), {.margin = 0.5, .reduction = none}),
              {1.5, 0, 0.5});
  check_close(soft_margin_loss(f64({0, 2, 1e4, -1e4}), f64({1, -1, 1, 1}), none),
              {std::log(2), 2 + std::log1p(std::exp(-2)), 0, 1e4});
  const Tensor far = f64({1e300, -1e300, 0}).requires_grad_();
  CHECK(gradient(soft_margin_loss(far, f64({1, 1, 1}), none), far) == V{0, -1, -0.5});
}

TEST_CASE("cosine_embedding_loss and triplet_margin_loss by hand") {
  const Tensor a = rows({3, 4, 1, 0, 1, 0}, 2), b = rows({4, 3, 0, 2, -1, 0}, 2);
  check_close(cosine_embedding_loss(a, b, f64({1, -1, -1}), {.reduction = none}), {0.04, 0, 0});
  check_close(cosine_embedding_loss(a, b, f64({-1, 1, 1}), {.margin = 0.5, .reduction = none}), {0.46, 1, 2});
  check_close(cosine_embedding_loss(a[0], b[0], tensor(1.0).to(DType::f64)), {0.04});

  const Tensor anchor = rows({0, 0, 0, 0}, 2), positive = rows({3, 4, 0, 1}, 2), negative = rows({0, 5.5, 0, 9}, 2);
  check_close(triplet_margin_loss(anchor, positive, negative, {.eps = 0, .reduction = none}), {0.5, 0});
  check_close(triplet_margin_loss(anchor, positive, negative, {.margin = 2, .p = 1, .eps = 0, .reduction = none}),
              {3.5, 0});
  // The negative is 3.354 from the positive, and 8.
  check_close(triplet_margin_loss(anchor, positive, negative, {.eps = 0, .swap = true, .reduction = none}),
              {1 + 5 - std::sqrt(9 + 2.25), 0});
  const auto manhattan = [](const Tensor& p, const Tensor& q) { return norm(p - q, 1, 1); };
  check_close(triplet_margin_with_distance_loss(anchor, positive, negative,
                                                {.distance_function = manhattan, .reduction = Reduction::sum}),
              {1 + 7 - 5.5});
  CHECK(equal(triplet_margin_with_distance_loss(anchor, positive, negative),
              triplet_margin_loss(anchor, positive, negative)));
  CHECK_THROWS_AS(triplet_margin_loss(anchor, positive, negative[0]), ShapeError);
}

TEST_CASE("losses of class scores by hand") {
  const Tensor x = rows({0.5, 1, 3, 2, 2, 0}, 3), labels = tensor({1, 0}), weight = f64({2, 3, 5});
  // Shortfalls of sample 0: 0.5 and 3; of sample 1: 1 and 0.
  check_close(multi_margin_loss(x, labels, {.reduction = none}), {3.5 / 3, 1.0 / 3});
  check_close(multi_margin_loss(x, labels, {.p = 2, .weight = weight, .reduction = none}), {3 * 9.25 / 3, 2 * 1.0 / 3});
  check_close(multi_margin_loss(x, labels, {.margin = 0.25}), {(2.25 / 3 + 0.25 / 3) / 2});

  // Labels 2, 0 against class 1: 1 - 3 + 1 and 1 - 0.5 + 1; label 1 against 0 and 2.
  const Tensor several = tensor({{2, 0, -1}, {1, -1, 0}});
  check_close(multilabel_margin_loss(x, several, none), {1.5 / 3, 1.0 / 3});
  check_close(multilabel_margin_loss(x, tensor({{-1, 0, 1}, {0, 1, 2}}), none), {0, 0});
  check_close(multilabel_margin_loss(x[0], several[0]), {0.5});

  const Tensor truth = rows({1, 0, 1, 0, 1, 0}, 3);
  const auto cost = [](double z, double t) { return t * std::log1p(std::exp(-z)) + (1 - t) * std::log1p(std::exp(z)); };
  const double a = (cost(0.5, 1) + cost(1, 0) + cost(3, 1)) / 3, b = (cost(2, 0) + cost(2, 1) + cost(0, 0)) / 3;
  check_close(multilabel_soft_margin_loss(x, truth, {.reduction = none}), {a, b});
  check_close(multilabel_soft_margin_loss(x, truth), {(a + b) / 2});
  check_close(multilabel_soft_margin_loss(x, truth, {.weight = weight, .reduction = none}),
              {(2 * cost(0.5, 1) + 3 * cost(1, 0) + 5 * cost(3, 1)) / 3,
               (2 * cost(2, 0) + 3 * cost(2, 1) + 5 * cost(0, 0)) / 3});
}

TEST_CASE("gradients where a margin is just kept are PyTorch's") {
  const Tensor x = f64({1, 1}).requires_grad_();
  CHECK(gradient(hinge_embedding_loss(x, f64({-1, -1}), {.reduction = none}), x) == V{-1, -1});  // 1 on the limit
  const Tensor scores = f64({1, 2, 0}).requires_grad_();
  CHECK(gradient(multi_margin_loss(scores, tensor(1), {.reduction = none}), scores) == V{0, 0, 0});  // 0 there
  // The label's own difference, infinity - infinity, does not count.
  const Tensor sure = f64({1, INFINITY, 0}).requires_grad_();
  CHECK(gradient(multi_margin_loss(sure, tensor(1), {.p = 2, .reduction = none}), sure) == V{0, 0, 0});
}

TEST_CASE("losses with margins and of numbers as layers are the functions") {
  const Tensor a = randn({3, 4}), b = randn({3, 4}), c = randn({3, 4}), t = ones({3, 4}), labels = tensor({0, 3, 2}),
               weight = rand({4});
  CHECK(equal(nn::HuberLoss({.delta = 0.3})(a, b), huber_loss(a, b, {.delta = 0.3})));
  CHECK(equal(nn::HuberLoss(Reduction::sum, 0.3)(a, b), huber_loss(a, b, {.reduction = Reduction::sum, .delta = 0.3})));
  CHECK(equal(nn::PoissonNLLLoss({.full = true})(a, t * 2), poisson_nll_loss(a, t * 2, {.full = true})));
  CHECK(equal(nn::GaussianNLLLoss({.eps = 0.1})(a, b, square(c)), gaussian_nll_loss(a, b, square(c), {.eps = 0.1})));
  CHECK(equal(nn::HingeEmbeddingLoss({.margin = 2})(a, t), hinge_embedding_loss(a, t, {.margin = 2})));
  CHECK(equal(nn::MarginRankingLoss({.margin = 2})(a, b, t), margin_ranking_loss(a, b, t, {.margin = 2})));
  CHECK(equal(nn::SoftMarginLoss(Reduction::sum)(a, t), soft_margin_loss(a, t, Reduction::sum)));
  CHECK(equal(nn::CosineEmbeddingLoss({.margin = 0.2})(a, b, -ones({3})),
              cosine_embedding_loss(a, b, -ones({3}), {.margin = 0.2})));
  CHECK(equal(nn::TripletMarginLoss({.p = 1, .swap = true})(a, b, c),
              triplet_margin_loss(a, b, c, {.p = 1, .swap = true})));
  const auto distance = [](const Tensor& x, const Tensor& y) { return norm(x - y, 3, 1); };
  CHECK(equal(nn::TripletMarginWithDistanceLoss({.distance_function = distance})(a, b, c),
              triplet_margin_with_distance_loss(a, b, c, {.distance_function = distance})));
  const nn::MultiMarginLoss classes({.p = 2, .weight = weight});
  CHECK(equal(classes(a, labels), multi_margin_loss(a, labels, {.p = 2, .weight = weight})));
  classes.to(DType::f64);  // the module's weight follows, the caller's does not
  CHECK(weight.dtype() == DType::f32);
  CHECK_NOTHROW(classes(a.to(DType::f64), labels));
  const Tensor several = tensor({{0, -1, -1, -1}, {1, 2, -1, -1}, {3, 2, 1, 0}});
  CHECK(equal(nn::MultiLabelMarginLoss()(a, several), multilabel_margin_loss(a, several)));
  CHECK(equal(nn::MultiLabelSoftMarginLoss({.weight = weight})(a, t),
              multilabel_soft_margin_loss(a, t, {.weight = weight})));
  CHECK(to_string(nn::TripletMarginLoss()) == "TripletMarginLoss()");
}
