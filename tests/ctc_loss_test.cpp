// Connectionist temporal classification against the sum over all paths, written out.

#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/gradcheck.h>
#include <reel/nn/losses/ctc_loss.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

using V = std::vector<double>;
using Labels = std::vector<std::int64_t>;
constexpr Reduction none = Reduction::none;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a path says: repetitions merged, blanks dropped.
Labels collapsed(const Labels& path, std::int64_t blank) {
  Labels out;
  for (std::size_t t = 0; t < path.size(); ++t) {
    if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) out.push_back(path[t]);
  }
  return out;
}

struct Expected {
  double loss;
  V grad;  // by the logarithms of the probabilities [T, C]: minus the expected number of draws
};

/// Goes through all C^T paths of one sample.
Expected enumerate(const V& log_probs, std::int64_t classes, const Labels& target, std::int64_t blank) {
  const std::size_t steps = log_probs.size() / static_cast<std::size_t>(classes);
  double total = 0;
  V draws(log_probs.size());
  Labels path(steps);
  const auto at = [&](std::size_t t) {
    return t * static_cast<std::size_t>(classes) + static_cast<std::size_t>(path[t]);
  };
  for (bool more = true; more;) {
    if (collapsed(path, blank) == target) {
      double log_p = 0;
      for (std::size_t t = 0; t < steps; ++t) log_p += log_probs[at(t)];
      total += std::exp(log_p);
      for (std::size_t t = 0; t < steps; ++t) draws[at(t)] += std::exp(log_p);
    }
    more = false;
    for (std::size_t t = 0; t < steps && !more; ++t) {  // the next path
      path[t] = (path[t] + 1) % classes;
      more = path[t] != 0;
    }
  }
  for (double& d : draws) d = -d / total;
  return {-std::log(total), draws};
}

Tensor whole(const Labels& values) { return tensor(values, {static_cast<std::int64_t>(values.size())}); }

void check_close(const Tensor& got, const V& expected, double tolerance) {
  const V values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(tolerance).scale(tolerance));
  }
}

Tensor scores(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f64}, generator);
}

/// log(n over k).
double log_choose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

}  // namespace

TEST_CASE("the loss and its gradient are those of all paths, added up") {
  const std::vector<Labels> targets{{}, {1}, {2, 1}, {1, 1}, {1, 2, 1}, {2, 2, 1}};
  for (const std::int64_t blank : {0, 3}) {
    for (const DType dtype : {DType::f64, DType::f32}) {
      for (std::size_t i = 0; i < targets.size(); ++i) {
        INFO("target " << i << ", blank " << blank << ", " << to_string(dtype));
        // Any numbers, not only logarithms of probabilities that add up to 1.
        const Tensor x = scores({5, 4}, 7 + i).to(dtype).requires_grad_();
        const Expected expected = enumerate(x.to_vector<double>(), 4, targets[i], blank);
        const Tensor loss =
            ctc_loss(x, whole(targets[i]), tensor(5), tensor(static_cast<std::int64_t>(targets[i].size())),
                     {.blank = blank, .reduction = none});
        const double tolerance = dtype == DType::f64 ? 1e-13 : 1e-6;
        check_close(loss.detach(), {expected.loss}, tolerance);
        CHECK(loss.dim() == 0);
        check_close(grad({loss}, {x}, {.create_graph = true})[0].detach(), expected.grad, 10 * tolerance);  // recorded
        loss.backward();
        check_close(x.grad(), expected.grad, tolerance);
      }
    }
  }
}

TEST_CASE("samples of a batch count up to their lengths, padded or one after the other") {
  const Tensor x = scores({6, 3, 4}, 3).requires_grad_();
  const Tensor padded = tensor({{1, 2, 2}, {3, 77, -5}, {2, 1, 77}}), flat = tensor({1, 2, 2, 3, 2, 1});
  const Tensor steps = tensor({6, 3, 4}), lengths = tensor({3, 1, 2});
  V losses, gradient(6 * 3 * 4);
  const std::vector<Labels> own{{1, 2, 2}, {3}, {2, 1}};
  const std::vector<std::size_t> counts{6, 3, 4};
  const V all = x.to_vector<double>();
  for (std::size_t n = 0; n < 3; ++n) {
    V sample;
    for (std::size_t t = 0; t < counts[n]; ++t) {
      for (std::size_t c = 0; c < 4; ++c) sample.push_back(all[(t * 3 + n) * 4 + c]);
    }
    const Expected expected = enumerate(sample, 4, own[n], 0);
    losses.push_back(expected.loss);
    for (std::size_t i = 0; i < expected.grad.size(); ++i) gradient[(i / 4 * 3 + n) * 4 + i % 4] = expected.grad[i];
  }
  const Tensor loss = ctc_loss(x, padded, steps, lengths, {.reduction = none});
  check_close(loss.detach(), losses, 1e-13);
  loss.backward(ones({3}, DType::f64));
  check_close(x.grad(), gradient, 1e-12);
  check_close(ctc_loss(x.detach(), flat, steps, lengths, {.reduction = none}), losses, 1e-13);
  check_close(
      ctc_loss(x.detach(), padded.to(DType::i32), steps.to(DType::i32), lengths.to(DType::i32), {.reduction = none}),
      losses, 1e-13);
  check_close(ctc_loss(x.detach(), padded, steps, lengths, {.reduction = Reduction::sum}),
              {losses[0] + losses[1] + losses[2]}, 1e-13);
  check_close(ctc_loss(x.detach(), padded, steps, lengths), {(losses[0] / 3 + losses[1] + losses[2] / 2) / 3}, 1e-13);
}

TEST_CASE("samples that cannot be aligned have an infinite loss, or none") {
  // Two equal labels need a blank between them: three steps.
  const Tensor x = scores({3, 3, 3}, 5), targets = tensor({{1, 1}, {1, 2}, {1, 1}}), steps = tensor({2, 2, 0}),
               lengths = tensor({2, 2, 1});
  const Tensor leaf = x.clone().requires_grad_(), losses = ctc_loss(leaf, targets, steps, lengths, {.reduction = none});
  const V values = losses.to_vector<double>();
  CHECK(values[0] == infinity);
  CHECK(std::isfinite(values[1]));
  CHECK(values[2] == infinity);
  sum(losses).backward();
  CHECK(any(isnan(leaf.grad().select(1, 0))).item<bool>());
  CHECK_FALSE(any(isnan(leaf.grad().select(1, 1))).item<bool>());

  for (const bool recorded : {false, true}) {
    const Tensor other = x.clone().requires_grad_();
    const Tensor kept = ctc_loss(other, targets, steps, lengths, {.reduction = none, .zero_infinity = true});
    check_close(kept.detach(), {0, values[1], 0}, 1e-15);
    const Tensor g = grad({sum(kept)}, {other}, {.create_graph = recorded})[0].detach();
    CHECK(equal(g.select(1, 0), zeros({3, 3}, DType::f64)));
    CHECK(equal(g.select(1, 2), zeros({3, 3}, DType::f64)));
    CHECK(allclose(g.select(1, 1), leaf.grad().select(1, 1)));
  }
}

TEST_CASE("without labels only blanks may come, and without steps nothing") {
  const Tensor x = tensor({{-1.0, -2.0}, {-3.0, -4.0}});
  CHECK(ctc_loss(x, tensor({1}), tensor(2), tensor(0), {.reduction = none}).item() == 4);
  CHECK(ctc_loss(x, tensor({1}), tensor(0), tensor(0), {.reduction = none}).item() == 0);
  CHECK(ctc_loss(x, tensor({1}), tensor(0), tensor(1), {.reduction = none}).item() == infinity);
  CHECK(ctc_loss(x, zeros({0}, DType::i64), tensor(2), tensor(0)).item() == 4);  // mean over at least one label
}

TEST_CASE("classes of probability 0 have no gradient, and make none NaN") {
  const Tensor x =
      tensor({{-1.0, -2.0, -infinity}, {-infinity, -0.5, -infinity}, {-1.0, -infinity, -2.0}}, {.dtype = DType::f64})
          .requires_grad_();
  const Tensor loss = ctc_loss(x, tensor({1}), tensor(3), tensor(1), {.reduction = none});
  // Paths: - 1 -, 1 1 -; every path draws 1 in the second step and a blank in the third.
  const double a = std::exp(-1), b = std::exp(-2);
  check_close(loss.detach(), {-std::log((a + b) * std::exp(-0.5) * a)}, 1e-14);
  loss.backward();
  check_close(x.grad(), {-a / (a + b), -b / (a + b), 0, 0, -1, 0, -1, 0, 0}, 1e-14);
}

TEST_CASE("thousands of steps keep their digits, also in f32") {
  // With equal probabilities the loss is a count of paths: of T steps and L labels without repetitions T + L over 2 L.
  const std::int64_t steps = 3000, classes = 5, labels = 400;
  Labels target;
  for (std::int64_t i = 0; i < labels; ++i) target.push_back(1 + i % 4);
  const double expected = 3000 * std::log(5.0) - log_choose(3400, 800);
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor x = full({steps, classes}, -std::log(5.0), {.dtype = dtype}).requires_grad_();
    const Tensor loss = ctc_loss(x, whole(target), tensor(steps), tensor(labels), {.reduction = none});
    // -log 5 itself is rounded to f32, by up to 6e-8 in each step.
    CHECK(loss.item() == doctest::Approx(expected).epsilon(dtype == DType::f64 ? 1e-11 : 1e-6));
    loss.backward();
    CHECK(allclose(sum(x.grad(), 1), full({steps}, -1, {.dtype = dtype}), 1e-5));  // one draw in each step
  }
}

TEST_CASE("second derivatives are those of the first ones") {
  const Tensor x = scores({4, 2, 3}, 11).requires_grad_();
  const TensorFunction f = [](const Tensors& in) {
    return Tensors{ctc_loss(log_softmax(in[0], 2), tensor({{1, 2}, {1, 1}}), tensor({4, 3}), tensor({2, 2}))};
  };
  CHECK_NOTHROW(gradgradcheck(f, {x}));
}

TEST_CASE("CTCLoss is the function") {
  const Tensor x = log_softmax(scores({5, 2, 3}, 1), 2), targets = tensor({{1, 2}, {2, 2}}), steps = tensor({5, 2}),
               lengths = tensor({2, 2});
  CHECK(equal(nn::CTCLoss({.zero_infinity = true})(x, targets, steps, lengths),
              ctc_loss(x, targets, steps, lengths, {.zero_infinity = true})));
  CHECK(equal(nn::CTCLoss(2, Reduction::sum)(x, tensor({{1, 0}, {0, 1}}), steps, lengths),
              ctc_loss(x, tensor({{1, 0}, {0, 1}}), steps, lengths, {.blank = 2, .reduction = Reduction::sum})));
  CHECK_THROWS_AS(nn::CTCLoss({.blank = -1}), ValueError);
}
