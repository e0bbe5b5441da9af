// Losses and softmax against their formulas in double.

#include <cmath>
#include <functional>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/optim/sgd.h>
#include <reel/tensor/core/error.h>

using namespace reel;

namespace {

using Doubles = std::vector<double>;

Tensor f64(const Doubles& values, const Shape& shape) { return tensor(values, shape); }

void check_close(const Tensor& got, const Doubles& expected) {
  const Doubles values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-12).scale(1));
  }
}

/// softmax of one row.
Doubles softmax_of(const Doubles& x) {
  Doubles p;
  double sum = 0;
  for (const double v : x) sum += std::exp(v);
  for (const double v : x) p.push_back(std::exp(v) / sum);
  return p;
}

/// Three samples of four classes, their labels and the classes' weights.
const Doubles kLogits{0.5, -1, 2, 0.25, 1, 1, -0.5, 0, -2, 0.75, 0.5, 3};
const std::vector<std::int64_t> kLabels{2, 0, 3};
const Doubles kWeights{0.5, 1, 2, 1.5};

/// -log p of each sample and class.
double surprise(std::size_t sample, std::size_t c) {
  const Doubles row(kLogits.begin() + static_cast<std::ptrdiff_t>(4 * sample),
                    kLogits.begin() + static_cast<std::ptrdiff_t>(4 * sample + 4));
  return -std::log(softmax_of(row)[c]);
}

Tensor logits() { return f64(kLogits, {3, 4}); }
Tensor labels() { return tensor(kLabels); }

}  // namespace

TEST_CASE("softmax is exact for logits of 10,000") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = tensor({{1e4, 1e4, -1e4}, {-1e4, 0.0, 1e4}, {-1e4, -1e4, -1e4}}).to(dtype);
    const double third = dtype == DType::f32 ? static_cast<double>(1.0f / 3) : 1.0 / 3;
    const Doubles expected{0.5, 0.5, 0, 0, 0, 1, third, third, third};
    CHECK(softmax(x, 1).to_vector<double>() == expected);
    CHECK(softmax(x.t().contiguous(), 0).t().to_vector<double>() == expected);
    const Doubles logs = log_softmax(x, 1).to_vector<double>();
    const double ln2 = std::log(2.0), ln3 = std::log(3.0);
    const Doubles expected_logs{-ln2, -ln2, -2e4 - ln2, -2e4, -1e4, 0, -ln3, -ln3, -ln3};
    for (std::size_t i = 0; i < 9; ++i) CHECK(logs[i] == doctest::Approx(expected_logs[i]).epsilon(1e-7));
  }
}

TEST_CASE("cross_entropy and its gradient are exact for logits of 10,000") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = tensor({{1e4, 1e4, -1e4}, {-1e4, 0.0, 1e4}}).to(dtype).requires_grad_();
    const Tensor loss = cross_entropy(x, tensor({0, 1}), {.reduction = Reduction::none});
    CHECK(loss[0].item() == doctest::Approx(std::log(2.0)).epsilon(1e-7));
    CHECK(loss[1].item() == 1e4);
    loss.backward(ones({2}, {.dtype = dtype}));
    const Doubles grad = x.grad().to_vector<double>();
    const Doubles expected{-0.5, 0.5, 0, 0, -1, 1};
    for (std::size_t i = 0; i < 6; ++i) CHECK(grad[i] == doctest::Approx(expected[i]).epsilon(1e-6).scale(1));
  }
}

TEST_CASE("softmax along any dimension and size gives rows that sum to 1, for any number of threads") {
  Generator generator(3);
  const Tensor x = randn({7, 301, 33}, {}, generator) * 10;
  for (const std::int64_t dim : {0, 1, 2}) {
    const Tensor y = softmax(x, dim);
    for (const double total : sum(y, {dim}).to_vector<double>()) CHECK(total == doctest::Approx(1).epsilon(1e-5));
    for (const double total : sum(exp(log_softmax(x, dim)), {dim}).to_vector<double>()) {
      CHECK(total == doctest::Approx(1).epsilon(1e-5));
    }
    const ThreadLimit limit(1);
    CHECK(softmax(x, dim).to_vector<float>() == y.to_vector<float>());
  }
}

TEST_CASE("softmax carries NaN through its own row only") {
  const Doubles y = softmax(tensor({{1.0, NAN}, {0.0, 0.0}}, {.dtype = DType::f64}), 1).to_vector<double>();
  CHECK(std::isnan(y[0]));
  CHECK(std::isnan(y[1]));
  CHECK(y[2] == 0.5);
}

TEST_CASE("cross_entropy of labels: reductions, weights, an ignored label") {
  const double a = surprise(0, 2), b = surprise(1, 0), c = surprise(2, 3);
  check_close(cross_entropy(logits(), labels(), {.reduction = Reduction::none}), {a, b, c});
  check_close(cross_entropy(logits(), labels()), {(a + b + c) / 3});
  check_close(cross_entropy(logits(), labels(), {.reduction = Reduction::sum}), {a + b + c});
  const Tensor weight = tensor(kWeights);
  check_close(cross_entropy(logits(), labels(), {.weight = weight, .reduction = Reduction::none}),
              {2 * a, 0.5 * b, 1.5 * c});
  check_close(cross_entropy(logits(), labels(), {.weight = weight}), {(2 * a + 0.5 * b + 1.5 * c) / 4});
  check_close(cross_entropy(logits(), labels(), {.weight = weight, .ignore_index = 0}), {(2 * a + 1.5 * c) / 3.5});
  check_close(cross_entropy(logits(), tensor({2, -100, 3}), {.reduction = Reduction::none}), {a, 0, c});
  check_close(nll_loss(log_softmax(logits(), 1), labels(), {.weight = weight, .ignore_index = 3}),
              {(2 * a + 0.5 * b) / 2.5});
}

TEST_CASE("cross_entropy with label smoothing has PyTorch's formula") {
  const double e = 0.3;
  const auto smooth = [&](std::size_t sample, bool weighted) {
    double total = 0;
    for (std::size_t c = 0; c < 4; ++c) total += (weighted ? kWeights[c] : 1) * surprise(sample, c);
    return e / 4 * total;
  };
  const double a = surprise(0, 2), c = surprise(2, 3);
  const Tensor some = tensor({2, -100, 3});
  check_close(cross_entropy(logits(), some, {.label_smoothing = e}),
              {(0.7 * a + smooth(0, false) + 0.7 * c + smooth(2, false)) / 2});
  check_close(cross_entropy(logits(), some, {.weight = tensor(kWeights), .label_smoothing = e}),
              {(0.7 * 2 * a + smooth(0, true) + 0.7 * 1.5 * c + smooth(2, true)) / 3.5});
}

TEST_CASE("cross_entropy of probabilities; labels as probabilities give the same") {
  const Tensor target = f64({0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0, 0, 0.5, 0.5, 0}, {3, 4});
  const Doubles t = target.to_vector<double>();
  double total = 0;
  for (std::size_t i = 0; i < 12; ++i) total += t[i] * surprise(i / 4, i % 4);
  check_close(cross_entropy(logits(), target), {total / 3});
  Doubles one_hot(12);
  for (std::size_t s = 0; s < 3; ++s) one_hot[4 * s + static_cast<std::size_t>(kLabels[s])] = 1;
  for (const double e : {0.0, 0.2}) {
    check_close(cross_entropy(logits(), f64(one_hot, {3, 4}), {.label_smoothing = e}),
                {cross_entropy(logits(), labels(), {.label_smoothing = e}).item()});
  }
}

TEST_CASE("cross_entropy of images and of one sample") {
  // The classes in front of the pixels: the same numbers as three rows.
  const Tensor x = logits().t().contiguous().reshape({1, 4, 3});
  check_close(cross_entropy(x, labels().reshape({1, 3})), {cross_entropy(logits(), labels()).item()});
  const Tensor wide = x.reshape({1, 4, 1, 3}).channels_last();
  check_close(cross_entropy(wide, labels().reshape({1, 1, 3})), {cross_entropy(logits(), labels()).item()});
  check_close(cross_entropy(logits()[1], tensor(0)), {surprise(1, 0)});
  CHECK(cross_entropy(logits()[1], tensor(0), {.reduction = Reduction::none}).dim() == 0);
}

TEST_CASE("a mean over no samples is NaN, with gradient 0 or NaN as in PyTorch; a sum is 0") {
  CHECK(std::isnan(cross_entropy(logits(), tensor({-100, -100, -100})).item()));
  CHECK(std::isnan(nll_loss(logits(), tensor({-100, -100, -100})).item()));
  CHECK(cross_entropy(logits(), tensor({-100, -100, -100}), {.reduction = Reduction::sum}).item() == 0);
  CHECK(std::isnan(cross_entropy(empty({0, 4}), empty({0}, {.dtype = DType::i64})).item()));
  CHECK(std::isnan(mse_loss(empty({0, 4}), empty({0, 4})).item()));
  const Tensor x = logits().requires_grad_();
  cross_entropy(x, tensor({-100, 1, -100})).backward();
  const Doubles grad = x.grad().to_vector<double>();
  for (const std::size_t i : {0u, 1u, 2u, 3u, 8u, 9u, 10u, 11u}) CHECK(grad[i] == 0);
}

TEST_CASE("cross_entropy needs classes") {
  CHECK_THROWS_AS(cross_entropy(empty({2, 0}), tensor({-100, -100})), ShapeError);
  CHECK(cross_entropy(empty({0, 0}), empty({0}, {.dtype = DType::i64}), {.reduction = Reduction::sum}).item() == 0);
}

TEST_CASE("cross_entropy does not depend on the number of threads") {
  Generator generator(5);
  const Tensor x = randn({300, 101}, {}, generator), t = randint(0, 101, {300}, {.dtype = DType::i64}, generator);
  const auto run = [&] {
    const Tensor leaf = x.clone().requires_grad_();
    const Tensor loss = cross_entropy(leaf, t, {.label_smoothing = 0.1});
    loss.backward();
    std::vector<float> out = leaf.grad().to_vector<float>();
    out.push_back(loss.item<float>());
    return out;
  };
  const std::vector<float> parallel = run();
  const ThreadLimit limit(1);
  CHECK(run() == parallel);
}

TEST_CASE("losses of outputs and targets by hand") {
  const Tensor y = f64({1, -2, 0.5, 3}, {2, 2}), t = f64({0, 1, 0.25, 3}, {2, 2});
  check_close(mse_loss(y, t, Reduction::none), {1, 9, 0.0625, 0});
  check_close(mse_loss(y, t), {10.0625 / 4});
  check_close(l1_loss(y, t, Reduction::sum), {1 + 3 + 0.25});
  check_close(smooth_l1_loss(y, t, Reduction::none), {0.5, 2.5, 0.03125, 0});
  check_close(smooth_l1_loss(y, t, Reduction::none, 2), {0.25, 2, 0.015625, 0});

  const Tensor p = f64({0.25, 0.9, 0, 1}, {4}), truth = f64({1, 0.5, 0, 0}, {4});
  check_close(binary_cross_entropy(p, truth, {.reduction = Reduction::none}),
              {-std::log(0.25), -(0.5 * std::log(0.9) + 0.5 * std::log(0.1)), 0, 100});
  const Tensor z = f64({0.3, -2, 1e4, -1e4}, {4}), labels = f64({1, 0.25, 0, 1}, {4});
  check_close(binary_cross_entropy_with_logits(z, labels, {.reduction = Reduction::none}),
              {std::log1p(std::exp(-0.3)), 0.75 * -2 + std::log1p(std::exp(2.0)), 1e4, 1e4});
  check_close(binary_cross_entropy_with_logits(z, labels, {.reduction = Reduction::none, .pos_weight = f64({3}, {1})}),
              {3 * std::log1p(std::exp(-0.3)), 0.25 * 3 * std::log1p(std::exp(2.0)) + 0.75 * std::log1p(std::exp(-2.0)),
               1e4, 3e4});

  const Tensor q = f64({0.5, 0.5, 0}, {3}), log_p = f64({std::log(0.25), std::log(0.25), std::log(0.5)}, {3});
  check_close(kl_div(log_p, q, {.reduction = Reduction::sum}), {std::log(2.0)});
  check_close(kl_div(log_p, log_p, {.reduction = Reduction::sum, .log_target = true}), {0});
}

TEST_CASE("the l1 gradient at 0 is 0") {
  const Tensor y = f64({1, 1, 1}, {3}).requires_grad_();
  l1_loss(y, f64({0, 1, 2}, {3}), Reduction::sum).backward();
  CHECK(y.grad().to_vector<double>() == Doubles{1, 0, -1});
}

TEST_CASE("euclidean_loss is half the mean squared norm: K/2 times mse_loss") {
  const Tensor y = f64({1, -2, 0.5, 3, 0, 1}, {2, 3}), t = f64({0, 1, 0.25, 3, 2, 2}, {2, 3});
  check_close(euclidean_loss(y, t), {(1 + 9 + 0.0625 + 0 + 4 + 1) / (2 * 2)});
  check_close(euclidean_loss(y, t), {3.0 / 2 * mse_loss(y, t).item()});
}

TEST_CASE("logistic regression: E = -(log likelihood)/N, gradient (1/N) sum x (h - t)") {
  const Doubles x{0.5, 2, -1, 1, 3, -0.5}, t{1, 0, 1};
  const Doubles w{0.3, -0.7};
  const double b = 0.1;
  double objective = 0, grad_b = 0;
  Doubles grad_w(2);
  for (std::size_t n = 0; n < 3; ++n) {
    const double z = w[0] * x[2 * n] + w[1] * x[2 * n + 1] + b, h = 1 / (1 + std::exp(-z));
    objective -= (t[n] * std::log(h) + (1 - t[n]) * std::log(1 - h)) / 3;
    for (std::size_t i = 0; i < 2; ++i) grad_w[i] += x[2 * n + i] * (h - t[n]) / 3;
    grad_b += (h - t[n]) / 3;
  }
  const Tensor weight = f64(w, {2}).requires_grad_(), bias = f64({b}, {}).requires_grad_();
  const auto check = [&](const std::function<Tensor(const Tensor& z)>& loss) {
    weight.set_grad({});
    bias.set_grad({});
    const Tensor e = loss(matmul(f64(x, {3, 2}), weight) + bias);
    check_close(e, {objective});
    e.backward();
    check_close(weight.grad(), grad_w);
    check_close(bias.grad(), {grad_b});
  };
  check([&](const Tensor& z) { return binary_cross_entropy(sigmoid(z), f64(t, {3})); });
  check([&](const Tensor& z) { return binary_cross_entropy_with_logits(z, f64(t, {3})); });
}

TEST_CASE("softmax regression: gradients of W and b, one update with decay of W alone, J = E + lambda |theta|^2 / 2") {
  const Doubles x{0.5, 2, -1, 1, 3, -0.5};  // 3 samples of 2 features, 3 classes
  const std::vector<std::int64_t> t{2, 0, 1};
  const Doubles w{0.1, -0.2, 0.3, 0.4, -0.5, 0.6}, b{0.05, -0.1, 0};
  const double alpha = 0.5, lambda = 0.01;
  double objective = 0;
  Doubles sum_w(6), sum_b(3);  // the sums over the samples
  for (std::size_t n = 0; n < 3; ++n) {
    Doubles z(3);
    for (std::size_t k = 0; k < 3; ++k) z[k] = w[2 * k] * x[2 * n] + w[2 * k + 1] * x[2 * n + 1] + b[k];
    const Doubles h = softmax_of(z);
    objective -= std::log(h[static_cast<std::size_t>(t[n])]) / 3;
    for (std::size_t k = 0; k < 3; ++k) {
      const double delta = h[k] - (static_cast<std::size_t>(t[n]) == k ? 1 : 0);
      sum_b[k] += delta;
      for (std::size_t i = 0; i < 2; ++i) sum_w[2 * k + i] += delta * x[2 * n + i];
    }
  }
  const Tensor weight = f64(w, {3, 2}).requires_grad_(), bias = f64(b, {3}).requires_grad_();
  const Tensor e = cross_entropy(linear(f64(x, {3, 2}), weight, bias), tensor(t));
  check_close(e, {objective});
  e.backward();
  Doubles expected_w, expected_b, new_w, new_b, penalised;
  double penalty = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    expected_w.push_back(sum_w[i] / 3);
    new_w.push_back(w[i] - alpha / 3 * sum_w[i] - alpha * lambda * w[i]);
    penalised.push_back(sum_w[i] / 3 + lambda * w[i]);
    penalty += lambda / 2 * w[i] * w[i];
  }
  for (std::size_t k = 0; k < 3; ++k) {
    expected_b.push_back(sum_b[k] / 3);
    new_b.push_back(b[k] - alpha / 3 * sum_b[k]);
  }
  check_close(weight.grad(), expected_w);
  check_close(bias.grad(), expected_b);

  // J's gradient is what weight decay makes of E's.
  const Tensor j = cross_entropy(linear(f64(x, {3, 2}), weight, bias), tensor(t)) + lambda / 2 * sum(weight * weight);
  check_close(j, {objective + penalty});
  check_close(grad({j}, {weight})[0], penalised);

  optim::SGD sgd({{{weight}, {.lr = alpha, .weight_decay = lambda}}, {{bias}, {.lr = alpha}}});
  sgd.step();
  check_close(weight, new_w);
  check_close(bias, new_b);
}
