// Values of the rarer activations against arithmetic, their random forms, and their layers.

#include <cmath>
#include <functional>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/nn/layers/activation_variants.h>
#include <reel/ops/ops.h>

#include "support/check_function.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using V = std::vector<double>;
using Function = std::function<Tensor(const Tensor&)>;

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

/// A function and its slope against arithmetic.
void check_activation(const Function& f, const std::function<double(double)>& value,
                      const std::function<double(double)>& slope, const V& points) {
  check_function(f, value, points);
  check_function([&](const Tensor& x) { return gradient(f, x); }, slope, points);
}

bool same(const Tensor& a, const Tensor& b) { return equal(a, b); }

}  // namespace

TEST_CASE("rarer activations are right for arguments of any size") {
  const V ends{0.0, -0.0, 1e4, -1e4, 1e300, -1e300, infinity, -infinity, not_a_number},
      points = with(line(-8, 8), ends);
  SUBCASE("hardswish and hardsigmoid") {
    check_activation([](const Tensor& x) { return hardswish(x); },
                     [](double x) { return x <= -3  ? 0
                                           : x >= 3 ? x
                                                    : x * (x + 3) / 6; },
                     [](double x) { return x < -3  ? 0
                                           : x > 3 ? 1
                                                   : x / 3 + 0.5; }, points);
    check_activation([](const Tensor& x) { return hardsigmoid(x); },
                     [](double x) { return x <= -3  ? 0
                                           : x >= 3 ? 1
                                                    : (x + 3) / 6; },
                     [](double x) { return x <= -3 || x >= 3 ? 0 : 1.0 / 6; }, points);
  }
  SUBCASE("relu6") {
    check_activation([](const Tensor& x) { return relu6(x); }, [](double x) { return x < 0   ? 0
                                                                                     : x > 6 ? 6
                                                                                             : x; },
                     [](double x) { return x <= 0 || x >= 6 ? 0 : 1; }, points);
  }
  SUBCASE("celu") {
    check_activation([](const Tensor& x) { return celu(x, 0.7); },
                     [](double x) { return x > 0 ? x : 0.7 * std::expm1(x / 0.7); },
                     [](double x) { return x > 0 ? 1 : std::exp(x / 0.7); }, with(line(-4, 4), ends));
    CHECK(celu(doubles({5}), 1e-300).item() == 5);
  }
  SUBCASE("softsign") {
    check_activation([](const Tensor& x) { return softsign(x); },
                     [](double x) { return std::isinf(x) ? std::copysign(1, x) : x / (1 + std::abs(x)); },
                     [](double x) { return 1 / (1 + std::abs(x)) / (1 + std::abs(x)); }, points);
  }
  SUBCASE("tanhshrink") {
    const V away = with(line(1, 8), ends);  // nearer to 0 digits cancel
    check_activation([](const Tensor& x) { return tanhshrink(x); }, [](double x) { return x - std::tanh(x); },
                     [](double x) { return std::tanh(x) * std::tanh(x); }, away);
  }
  SUBCASE("hardshrink, softshrink, threshold") {
    check_activation([](const Tensor& x) { return hardshrink(x, 2); },
                     [](double x) { return std::abs(x) <= 2 ? 0 : x; },
                     [](double x) { return std::abs(x) <= 2 ? 0 : 1; }, points);
    check_activation([](const Tensor& x) { return softshrink(x, 2); },
                     [](double x) { return std::abs(x) <= 2 ? 0
                                           : x > 0          ? x - 2
                                                            : x + 2; },
                     [](double x) { return std::abs(x) <= 2 ? 0 : 1; }, points);
    check_activation([](const Tensor& x) { return threshold(x, -2, 7); }, [](double x) { return x <= -2 ? 7 : x; },
                     [](double x) { return x <= -2 ? 0 : 1; }, points);
  }
  SUBCASE("logsigmoid") {
    check_activation([](const Tensor& x) { return logsigmoid(x); },
                     [](double x) { return x > 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x)); },
                     [](double x) { return sigmoid_of(-x); }, points);
  }
}

TEST_CASE("no gradient of a rarer activation is NaN for huge or infinite arguments, to the second order") {
  const Function activations[] = {[](const Tensor& x) { return hardswish(x); },
                                  [](const Tensor& x) { return hardsigmoid(x); },
                                  [](const Tensor& x) { return relu6(x); },
                                  [](const Tensor& x) { return celu(x, 0.3); },
                                  [](const Tensor& x) { return softsign(x); },
                                  [](const Tensor& x) { return tanhshrink(x); },
                                  [](const Tensor& x) { return hardshrink(x); },
                                  [](const Tensor& x) { return softshrink(x); },
                                  [](const Tensor& x) { return threshold(x, 0, 1); },
                                  [](const Tensor& x) { return logsigmoid(x); },
                                  [](const Tensor& x) { return rrelu(x); }};
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (std::size_t i = 0; i < std::size(activations); ++i) {
      INFO("activation " << i);
      const Tensor x = doubles({0, 1e30, -1e30, 100, -100, infinity, -infinity}).to(dtype).requires_grad_();
      const Tensor y = activations[i](x), first = grad({sum(y)}, {x}, {.create_graph = true})[0];
      CHECK_FALSE(any(isnan(y)).item<bool>());
      CHECK_FALSE(any(isnan(first)).item<bool>());
      if (!first.requires_grad()) continue;
      const Tensor second = grad({sum(first)}, {x}, {.allow_unused = true})[0];
      if (second.defined()) CHECK_FALSE(any(isnan(second)).item<bool>());
    }
  }
}

TEST_CASE("softmin is softmax of the negated input") {
  const Tensor x = tensor({{1.0, 2.0, 4.0}, {0.0, 0.0, 0.0}});
  CHECK(same(softmin(x, 1), softmax(-x, 1)));
  CHECK(same(softmin(x, 0), softmax(-x, 0)));
}

TEST_CASE("rrelu draws a slope for each element, and has the mean one in evaluation") {
  manual_seed(3);
  const Tensor x = full({100'000}, -2.0).requires_grad_(), y = rrelu(x, 0.1, 0.5, true);
  sum(y).backward();
  CHECK(same(x.grad() * x, y));
  CHECK(x.grad().min().item() >= 0.1f);
  CHECK(x.grad().max().item() < 0.5f);
  CHECK(x.grad().mean().item() == doctest::Approx(0.3).epsilon(0.01));
  CHECK(x.grad().std().item() == doctest::Approx(0.4 / std::sqrt(12)).epsilon(0.01));
  CHECK(same(rrelu(ones({5}), 0.1, 0.5, true), ones({5})));
  CHECK(same(rrelu(x, 0.1, 0.5), leaky_relu(x, 0.3)));
  CHECK(rrelu(doubles({infinity, -infinity}), 0.1, 0.1, true).to_vector<double>() == V{infinity, -infinity});
}

TEST_CASE("gumbel_softmax draws classes with the probabilities of the logits") {
  manual_seed(4);
  const V probabilities{0.1, 0.2, 0.7};
  const Tensor logits = log(doubles(probabilities)).expand({100'000, 3});
  const Tensor counts = mean(gumbel_softmax(logits, 1, true), {0});
  for (int i = 0; i < 3; ++i) CHECK(counts[i].item() == doctest::Approx(probabilities[i]).epsilon(0.02));

  const Tensor x = randn({50, 4}).requires_grad_();
  manual_seed(5);
  const Tensor soft = gumbel_softmax(x, 0.5);
  manual_seed(5);
  const Tensor hard = gumbel_softmax(x, 0.5, true);
  CHECK(allclose(sum(soft, {1}), ones({50})));
  CHECK(same(hard, one_hot(argmax(soft, 1), 4).to(DType::f32)));
  const Tensor weight = randn({50, 4});
  CHECK(allclose(grad({sum(hard * weight)}, {x})[0], grad({sum(soft * weight)}, {x})[0]));
  CHECK_FALSE(any(isnan(gumbel_softmax(randn({1000, 1000})))).item<bool>());  // also where a draw is 0
}

TEST_CASE("alpha_dropout keeps mean and variance") {
  manual_seed(6);
  const Tensor x = randn({500'000}, DType::f64), y = alpha_dropout(x, 0.3, true);
  CHECK(std::abs(y.mean().item()) < 0.01);
  CHECK(y.std().item() == doctest::Approx(1).epsilon(0.01));
  // a and b of Klambauer et al. for p = 0.3: dropped elements are -a s + b, the others a x + b.
  const double s = 1.6732632423543772 * 1.0507009873554805, a = 1 / std::sqrt(0.7 * (1 + s * s * 0.3)), b = a * s * 0.3;
  const Tensor dropped = isclose(y, full_like(y, b - a * s));
  CHECK(dropped.mean().item() == doctest::Approx(0.3).epsilon(0.01));
  CHECK(allclose(masked_fill(y, dropped, 0), masked_fill(x * a + b, dropped, 0)));
  CHECK(alpha_dropout(x, 0.3).is_same(x));
  CHECK(same(alpha_dropout(doubles({infinity, not_a_number}), 1, true), doubles({0, 0})));

  const Tensor channels = feature_alpha_dropout(ones({50, 40, 2, 2}), 0.5, true);
  CHECK(same(amin(channels, {2, 3}), amax(channels, {2, 3})));
  CHECK((channels == channels.min()).mean().item() == doctest::Approx(0.5).epsilon(0.1));
}

TEST_CASE("layers of the rarer activations are the functions") {
  const Tensor x = tensor({{-4.0, -0.5}, {0.0, 1.5}}), image = randn({2, 3, 4, 4});
  CHECK(same(nn::Hardswish()(x), hardswish(x)));
  CHECK(same(nn::Hardsigmoid()(x), hardsigmoid(x)));
  CHECK(same(nn::ReLU6()(x * 10), relu6(x * 10)));
  CHECK(same(nn::Softsign()(x), softsign(x)));
  CHECK(same(nn::Tanhshrink()(x), tanhshrink(x)));
  CHECK(same(nn::LogSigmoid()(x), logsigmoid(x)));
  CHECK(same(nn::CELU(0.7)(x), celu(x, 0.7)));
  CHECK(same(nn::Hardshrink(0.7)(x), hardshrink(x, 0.7)));
  CHECK(same(nn::Softshrink(0.7)(x), softshrink(x, 0.7)));
  CHECK(same(nn::Threshold(0.1, 20)(x), threshold(x, 0.1, 20)));
  CHECK(same(nn::Softmin(0)(x), softmin(x, 0)));
  CHECK(same(nn::Softmax2d()(image), softmax(image, 1)));
  CHECK(same(nn::Softmax2d()(image[0]), softmax(image[0], 0)));
  CHECK_THROWS_AS(nn::Softmax2d()(x), ShapeError);

  const nn::RReLU random(0.1, 0.5);
  CHECK_FALSE(same(random(x), leaky_relu(x, 0.3)));
  random.eval();
  CHECK(same(random(x), rrelu(x, 0.1, 0.5)));
  const nn::AlphaDropout dropout(0.5);
  const nn::FeatureAlphaDropout channels(0.5);
  CHECK_FALSE(same(dropout(image), image));
  CHECK_FALSE(same(channels(image), image));
  dropout.eval(), channels.eval();
  CHECK(dropout(image).is_same(image));
  CHECK(channels(image).is_same(image));
}

TEST_CASE("layers of the rarer activations print their options as in PyTorch") {
  CHECK(to_string(nn::ReLU6()) == "ReLU6()");
  CHECK(to_string(nn::CELU()) == "CELU(alpha=1.0)");
  CHECK(to_string(nn::Hardshrink()) == "Hardshrink(0.5)");
  CHECK(to_string(nn::Softshrink()) == "Softshrink(0.5)");
  CHECK(to_string(nn::Threshold(0.1, 20)) == "Threshold(threshold=0.1, value=20.0)");
  CHECK(to_string(nn::RReLU()) == "RReLU(lower=0.125, upper=0.3333333333333333)");
  CHECK(to_string(nn::Softmin(1)) == "Softmin(dim=1)");
  CHECK(to_string(nn::AlphaDropout()) == "AlphaDropout(p=0.5, inplace=False)");
}
