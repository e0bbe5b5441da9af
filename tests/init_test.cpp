// Initialisers: moments, gains, errors.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/requirement.h"

using namespace reel;
using testing::needs_lapack;
namespace init = nn::init;

namespace {

struct Moments {
  double mean, std, min, max;
};

Moments moments(const Tensor& t) {
  const std::vector<double> values = t.to_vector<double>();
  double sum = 0, squares = 0;
  Moments m{0, 0, values[0], values[0]};
  for (const double v : values) {
    sum += v;
    squares += v * v;
    m.min = std::min(m.min, v);
    m.max = std::max(m.max, v);
  }
  const auto n = static_cast<double>(values.size());
  m.mean = sum / n;
  m.std = std::sqrt(squares / n - m.mean * m.mean);
  return m;
}

/// 200,000 numbers have a standard deviation within 2 % of the true one but in 1 case of 10^30.
void check_distribution(const Tensor& t, double std, bool uniform) {
  const Moments m = moments(t);
  CHECK(m.std == doctest::Approx(std).epsilon(0.02));
  CHECK(std::abs(m.mean) < 0.02 * std);
  if (uniform) {
    CHECK(m.max <= std::sqrt(3.0) * std);
    CHECK(m.max > 0.99 * std::sqrt(3.0) * std);
    CHECK(m.min >= -std::sqrt(3.0) * std * (1 + 1e-6));
  } else {
    CHECK(m.max > 3.5 * std);
  }
}

const Shape kMatrix{400, 500};       // n_in 500, n_out 400
const Shape kKernel{64, 125, 5, 5};  // n_in 3125, n_out 1600

}  // namespace

TEST_CASE("initialisers have the standard deviation that their formula gives") {
  manual_seed(11);
  const Tensor m = zeros(kMatrix), k = zeros(kKernel);
  check_distribution(init::normal_(m, 0, 0.3), 0.3, false);
  check_distribution(init::uniform_(m, -0.5, 0.5), 1 / std::sqrt(12.0), true);
  check_distribution(init::xavier_normal_(m), std::sqrt(2.0 / 900), false);
  check_distribution(init::xavier_normal_(k, 2), 2 * std::sqrt(2.0 / 4725), false);
  check_distribution(init::xavier_uniform_(m), std::sqrt(2.0 / 900), true);
  check_distribution(init::xavier_uniform_(k, 0.5), 0.5 * std::sqrt(2.0 / 4725), true);
  check_distribution(init::lecun_normal_(m), 1 / std::sqrt(500.0), false);
  check_distribution(init::lecun_normal_(k), 1 / std::sqrt(3125.0), false);
  // a = 0: sqrt(2 / n_in)
  check_distribution(init::kaiming_normal_(m), std::sqrt(2.0 / 500), false);
  check_distribution(init::kaiming_normal_(k, {.nonlinearity = init::Nonlinearity::relu}), std::sqrt(2.0 / 3125),
                     false);
  check_distribution(init::kaiming_normal_(k, {.mode = init::FanMode::fan_out}), std::sqrt(2.0 / 1600), false);
  check_distribution(init::kaiming_uniform_(m, {.nonlinearity = init::Nonlinearity::tanh}), 5.0 / 3 / std::sqrt(500.0),
                     true);
  check_distribution(init::kaiming_uniform_(k, {.a = std::sqrt(5.0)}), std::sqrt(1.0 / 3 / 3125), true);
}

TEST_CASE("gains are PyTorch's") {
  using init::Nonlinearity;
  CHECK(init::calculate_gain(Nonlinearity::linear) == 1);
  CHECK(init::calculate_gain(Nonlinearity::sigmoid) == 1);
  CHECK(init::calculate_gain(Nonlinearity::tanh) == doctest::Approx(1.6666667));
  CHECK(init::calculate_gain(Nonlinearity::relu) == doctest::Approx(1.4142136));
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu) == doctest::Approx(1.4141428));  // sqrt(2 / 1.0001)
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu, 1) == doctest::Approx(1));
  CHECK(init::calculate_gain(Nonlinearity::selu) == 0.75);
}

TEST_CASE("constant initialisers fill, off the tape") {
  const Tensor t = empty({2, 2}, {.requires_grad = true});
  CHECK(init::constant_(t, 1.5).is_same(t));
  CHECK(t.to_vector<float>() == std::vector<float>(4, 1.5f));
  CHECK(init::ones_(t).to_vector<float>() == std::vector<float>(4, 1));
  CHECK(init::zeros_(t).to_vector<float>() == std::vector<float>(4, 0));
  CHECK(t.is_leaf());
}

TEST_CASE("initialisers follow the generator") {
  Generator a(3), b(3);
  const Tensor x = zeros({100}), y = zeros({100});
  CHECK(init::normal_(x, 0, 1, a).to_vector<float>() == init::normal_(y, 0, 1, b).to_vector<float>());
  CHECK(init::uniform_(x, 0, 1, a).to_vector<float>() == init::uniform_(y, 0, 1, b).to_vector<float>());
  CHECK(init::uniform_(x, 0, 1, a).to_vector<float>() != y.to_vector<float>());
}

TEST_CASE("initialisers reject what they cannot fill") {
  CHECK_THROWS_AS(init::xavier_normal_(zeros({3})), ShapeError);
  CHECK_THROWS_AS(init::kaiming_uniform_(zeros({})), ShapeError);
  CHECK_THROWS_AS(init::normal_(zeros({3}, {.dtype = DType::i64})), DTypeError);
  CHECK_THROWS_AS(init::normal_(zeros({3}), 0, -1), ValueError);
  CHECK_THROWS_AS(init::uniform_(zeros({3}), 1, 0), ValueError);
  CHECK_THROWS_AS(init::uniform_(Tensor()), ValueError);
  CHECK_NOTHROW(init::xavier_uniform_(zeros({0, 3})));
}

TEST_CASE("layers start with PyTorch's distributions") {
  manual_seed(5);
  // U(+-1/sqrt(fan_in)): standard deviation 1/sqrt(3 fan_in)
  const nn::Linear linear(500, 400);
  check_distribution(linear.weight, 1 / std::sqrt(1500.0), true);
  const nn::Linear wide(3, 200'000);
  check_distribution(wide.bias, 1 / 3.0, true);
  const nn::Conv2d conv(125, 64, 5);
  check_distribution(conv.weight, 1 / std::sqrt(3.0 * 3125), true);
  const nn::Conv2d grouped(250, 64, 5, {.groups = 2});
  check_distribution(grouped.weight, 1 / std::sqrt(3.0 * 3125), true);
  const nn::Conv1d conv1d(100, 400, 5);
  check_distribution(conv1d.weight, 1 / std::sqrt(3.0 * 500), true);
  // A transposed convolution counts the second dimension, as PyTorch does.
  const nn::ConvTranspose2d transposed(64, 125, 5);
  check_distribution(transposed.weight, 1 / std::sqrt(3.0 * 3125), true);
  const nn::Embedding embedding(400, 500);
  check_distribution(embedding.weight, 1, false);
  const nn::Embedding padded(3, 2, {.padding_idx = -1});
  CHECK(padded.weight.to_vector<float>()[4] == 0);
  CHECK(padded.weight.to_vector<float>()[5] == 0);
  CHECK(padded.weight.to_vector<float>()[3] != 0);

  const nn::BatchNorm2d norm(2);
  CHECK(norm.weight.to_vector<float>() == std::vector<float>{1, 1});
  CHECK(norm.bias.to_vector<float>() == std::vector<float>{0, 0});
  CHECK(norm.running_mean.to_vector<float>() == std::vector<float>{0, 0});
  CHECK(norm.running_var.to_vector<float>() == std::vector<float>{1, 1});
  CHECK(norm.num_batches_tracked.item<std::int64_t>() == 0);
}

TEST_CASE("orthogonal_ makes orthonormal rows, or columns, times the gain" * needs_lapack) {
  const auto check = [](const Shape& shape, DType dtype) {
    INFO(to_string(shape) << ", " << to_string(dtype));
    Generator generator(7), again(7);
    const Tensor t = zeros(shape, {.dtype = dtype}).requires_grad_();
    CHECK(init::orthogonal_(t, 3, generator).is_same(t));
    CHECK(t.is_leaf());
    const std::int64_t rows = shape[0], columns = t.numel() / rows;
    const Tensor matrix = t.detach().reshape({rows, columns}) / 3;
    const Tensor product = rows <= columns ? matmul(matrix, matrix.t()) : matmul(matrix.t(), matrix);
    CHECK(allclose(product, eye(std::min(rows, columns), dtype), 1e-5, 1e-5));
    CHECK(equal(t.detach(), init::orthogonal_(zeros(shape, {.dtype = dtype}), 3, again)));
    CHECK_FALSE(equal(t.detach(), init::orthogonal_(zeros(shape, {.dtype = dtype}), 3, again)));
  };
  check({4, 4}, DType::f32);
  check({3, 8}, DType::f64);
  check({8, 3}, DType::f32);
  check({6, 2, 2, 2}, DType::f32);
  CHECK(init::orthogonal_(zeros({0, 3})).numel() == 0);
  for (const DType half : {DType::f16, DType::bf16}) {  // f32's, rounded
    Generator generator(7), again(7);
    const Tensor t = init::orthogonal_(zeros({3, 5}, half), 2, generator);
    CHECK(equal(t, init::orthogonal_(zeros({3, 5}), 2, again).to(half)));
  }
  // Reflections are as likely as rotations.
  manual_seed(5);
  int negative = 0;
  for (int i = 0; i < 200; ++i) negative += linalg::det(init::orthogonal_(zeros({2, 2}))).item() < 0;
  CHECK(negative > 60);
  CHECK(negative < 140);
  CHECK_THROWS_AS(init::orthogonal_(zeros({3})), ShapeError);
  CHECK_THROWS_AS(init::orthogonal_(zeros({2, 2}, {.dtype = DType::i64})), DTypeError);
}
