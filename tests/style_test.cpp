// What the examples on style compare, against arithmetic and PyTorch.

#include <cmath>
#include <fstream>

#include <doctest/doctest.h>
#include <reel/nn/models/squeezenet.h>

#include "../examples/style/style_objective.h"
#include "support/source_files.h"

using namespace reel;

namespace {

double at(const Tensor& x, std::int64_t i) { return x.to_vector<float>()[static_cast<std::size_t>(i)]; }

/// The formulas of goldens/make_style.py.
Tensor image(std::int64_t height, std::int64_t width, double phase) {
  const Tensor values = sin(0.37 * arange(3 * height * width, DType::f64) + phase);
  return (0.5 + 0.5 * values).view({1, 3, height, width}).to(DType::f32);
}

nn::models::SqueezeNet network() {
  nn::models::SqueezeNet net;
  int k = 0;
  for (const Tensor& p : net.features().parameters()) {
    const Tensor values = sin(0.7 * arange(p.numel(), DType::f64) + k++);
    no_grad([&] { p.copy_(values.view(p.shape()) / std::sqrt(static_cast<double>(p[0].numel()))); });
  }
  net.requires_grad_(false);
  net.eval();
  return net;
}

}  // namespace

TEST_CASE("the content loss and its gradient are the paper's") {
  const Tensor f = rand({1, 4, 3, 5}).requires_grad_(), p = rand({1, 4, 3, 5});
  const Tensor loss = support::content_loss(f, p);
  CHECK(loss.item() == doctest::Approx(((f - p) * (f - p)).sum().item() / 2));
  loss.backward();
  CHECK(allclose(f.grad(), (f - p).detach()));  // equation 2: F - P
}

TEST_CASE("the style loss and its gradient are the paper's") {
  const std::int64_t n = 4, m = 15;
  const Tensor f = rand({1, n, 3, 5}).requires_grad_(), style = rand({1, n, 3, 5});
  const Tensor rows = f.detach().view({n, m}), wanted = style.view({n, m});
  const Tensor difference = matmul(rows, rows.transpose(0, 1)) - matmul(wanted, wanted.transpose(0, 1));
  double sum = 0;
  for (std::int64_t i = 0; i < n * n; ++i) sum += std::pow(at(difference.reshape({-1}), i), 2);
  const double scale = static_cast<double>(n * n * m * m);
  const Tensor loss = support::style_loss(f, support::gram(style) / m);
  CHECK(loss.item() == doctest::Approx(sum / (4 * scale)).epsilon(1e-5));
  loss.backward();
  CHECK(allclose(f.grad().view({n, m}), matmul(difference, rows) / scale, 1e-4, 1e-6));  // equation 6: F^T (G - A)
}

TEST_CASE("a style of another size counts by its places") {
  const Tensor f = rand({1, 3, 4, 4}), style = rand({1, 3, 4, 4});
  const Tensor twice = cat({style, style}, 3);  // the same channels together, at twice as many places
  CHECK(allclose(support::gram(twice) / 32, support::gram(style) / 16));
  CHECK(support::style_loss(f, support::gram(f) / 16).item() == 0);
}

TEST_CASE("the losses of feed-forward style transfer") {
  const Tensor f = tensor({{{{1.0, 2.0}}, {{3.0, 4.0}}}});  // 2 channels of 1x2
  CHECK(support::feature_loss(f, zeros_like(f)).item() == doctest::Approx((1 + 4 + 9 + 16) / 4.0));
  const std::vector<float> gram{5 / 4.f, 11 / 4.f, 11 / 4.f, 25 / 4.f};
  CHECK(support::normalized_gram(f).to_vector<float>() == gram);
  const double squares = (25 + 121 + 121 + 625) / 16.0;
  CHECK(support::gram_loss(f, zeros({1, 2, 2})).item() == doctest::Approx(squares));
  CHECK(support::gram_loss(cat({f, f}, 0), zeros({1, 2, 2})).item() == doctest::Approx(squares));  // of each image
  CHECK(support::total_variation(tensor({{{{1.0, 2.0}, {4.0, 8.0}}}})).item() ==
        doctest::Approx((9 + 36 + 1 + 16) / 4.0));
}

TEST_CASE("a style transfer has PyTorch's loss and gradient") {
  std::ifstream file(testing::source_dir() / "tests/goldens/style.txt");
  double loss = 0;
  file >> loss;
  std::vector<float> gradient(3 * 40 * 44);
  for (float& value : gradient) file >> value;
  REQUIRE(file);
  const support::ScaledFeatures features(network().features(), {1, 3, 4, 5, 7}, image(48, 36, 2.2));
  const support::StyleObjective objective(features, 3, image(40, 44, 1.1),
                                          {.content = 0.5, .style = 200, .smoothness = 3});
  const Tensor picture = image(40, 44, 0.3).requires_grad_();
  const Tensor actual = objective(picture);
  CHECK(actual.item() == doctest::Approx(loss).epsilon(1e-4));
  actual.backward();
  const Tensor expected = tensor(gradient, {1, 3, 40, 44});
  CHECK(norm(picture.grad() - expected).item() < 1e-4 * norm(expected).item());
}
