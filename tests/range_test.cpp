// Results that are in range although squares and powers on the way to them are not.

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/clip_grad.h>
#include <reel/optim/rmsprop.h>

#include "support/check_reduction.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// 2^e for f32, 2^(10 e) for f64: from |e| = 64 on, squares of such numbers leave the range.
double power_of_two(DType dtype, int e) { return std::exp2(dtype == DType::f32 ? e : 10 * e); }

using AlongDim = std::function<Tensor(const Tensor&, std::int64_t)>;

/// f(x s) / s, which is f(x) if f is homogeneous.
AlongDim scaled(int exponent, const AlongDim& f) {
  return [=](const Tensor& x, std::int64_t dim) {
    const double s = power_of_two(x.dtype(), exponent);
    return f(x * s, dim) / s;
  };
}

double sum_of_squares(const Values& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return sum;
}

double variance(const Values& v) {
  double mean = 0, squares = 0;
  for (const double x : v) mean += x / static_cast<double>(v.size());
  for (const double x : v) squares += (x - mean) * (x - mean);
  return squares / static_cast<double>(v.size());
}

/// Relative; numbers that are subnormal in f32 need only be near 0.
void check_values(const Tensor& got, const Values& want, double tolerance = 1e-5) {
  constexpr double least = std::numeric_limits<float>::min();
  const Values values = got.to_vector<double>();
  REQUIRE(values.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    INFO("element " << i << ": " << values[i] << ", expected " << want[i]);
    CHECK(std::abs(values[i] - want[i]) <= std::max(tolerance * std::abs(want[i]), least));
  }
}

Tensor variable(const Values& values, double scale = 1, DType dtype = DType::f32) {
  return (tensor(values) * scale).to(dtype).requires_grad_();
}

const Values example{3, -1, 2, 0, 5};

}  // namespace

TEST_CASE("norms of any magnitude") {
  for (const int exponent : {100, -100}) {
    INFO("exponent " << exponent);
    check_reduction(
        scaled(exponent, [](const Tensor& x, std::int64_t d) { return norm(x, 2, {d}); }),
        [](const Values& v) { return std::sqrt(sum_of_squares(v)); }, 1e-5);
  }
  CHECK(norm(tensor({1e20, 1e20}, {.dtype = DType::f32})).item() == doctest::Approx(std::sqrt(2) * 1e20));
  CHECK(norm(tensor({3e38, infinity}, {.dtype = DType::f32})).item() == infinity);
  CHECK(std::isnan(norm(tensor({1e30, std::nan("")}, {.dtype = DType::f32})).item()));
}

TEST_CASE("norms of pieces of different magnitude") {
  // Of the sums of 5000 squares, some are in range and some are not.
  const auto blocks = [](const Values& magnitudes, DType dtype) {
    Tensors parts;
    for (const double m : magnitudes) parts.push_back(full({5000}, m, {.dtype = dtype}));
    return cat(parts, 0);
  };
  const auto check = [&](const Values& magnitudes, DType dtype) {
    const double largest = *std::max_element(magnitudes.begin(), magnitudes.end());
    double squares = 0;
    for (const double m : magnitudes) squares += 5000 * (m / largest) * (m / largest);
    const double want = largest * std::sqrt(squares), tolerance = dtype == DType::f32 ? 1e-6 : 1e-13;
    INFO(largest);
    const Tensor x = blocks(magnitudes, dtype);
    CHECK(std::abs(norm(x).item() / want - 1) < tolerance);
    CHECK(std::abs(norm(stack({x, x}, 1), 2, {0})[1].item() / want - 1) < tolerance);
  };
  for (Values order : {Values{0, 1, 1.5}, {1.5, 0, 1}, {1, 1.5, 0}}) {
    Values small = order, large = order;
    for (double& m : small) m = m * std::exp2(-455);
    for (double& m : large) m = m * std::exp2(447);
    check(small, DType::f64);
    check(large, DType::f64);
    for (double& m : order) m = m * std::exp2(m > 1 ? 450 : -460);
    check(order, DType::f64);
  }
  check({1e-25, 2e-25}, DType::f32);
  check({1e-25, 1, 1e-25}, DType::f32);
  check({1e20, 1e-25, 2e20}, DType::f32);
}

TEST_CASE("the other norms of any magnitude") {
  CHECK(norm(tensor({10.0, 10.0}), 100).item() == doctest::Approx(10 * std::pow(2, 0.01)));
  for (const double p : {3.0, 100.0, 1.5, -2.0, -100.0, 0.5, 1.0}) {
    for (const double scale : {1e-20, 1.0, 1e20}) {
      INFO("p " << p << ", scale " << scale);
      const Values values{3, -1, 2, 5};
      double sum = 0;
      for (const double v : values) sum += std::pow(std::abs(v), p);
      const double y = std::pow(sum, 1 / p);
      const Tensor x = variable(values, scale), result = norm(x, p);
      CHECK(result.item() == doctest::Approx(y * scale).epsilon(1e-5));
      result.backward();
      Values slopes;  // sign(x) (|x| / y)^(p - 1)
      for (const double v : values) slopes.push_back((v < 0 ? -1 : 1) * std::pow(std::abs(v) / y, p - 1));
      check_values(x.grad(), slopes, 1e-4);
    }
  }
  CHECK(norm(tensor({1e20, 0.0}), -3).item() == 0);
  CHECK(norm(tensor({{1e20, 0.0}, {1e-20, 1e-20}}), 3, {1}, true).shape() == Shape{2, 1});
}

TEST_CASE("the 0-norm counts; its gradients are 0") {
  const Tensor x = variable({3, 0, -1e-30, 0, infinity}), y = norm(x, 0);
  CHECK(y.item() == 3);
  y.backward();
  CHECK(x.grad().to_vector<double>() == Values{0, 0, 0, 0, 0});
  const Tensor matrix = ones({2, 3}).requires_grad_();
  norm(matrix, 0, {1}).backward(tensor({1.0, 2.0}));
  CHECK(matrix.grad().to_vector<double>() == Values(6, 0.0));
}

TEST_CASE("gradients of a norm of any magnitude") {
  const double y = std::sqrt(39.0);
  for (const double scale : {1e-40, 1e-25, 1.0, 1e20, 1e37}) {
    for (const double grad : {1e-20, 1.0, 1e20}) {
      INFO("scale " << scale << ", grad " << grad);
      const Tensor x = variable(example, scale);
      (norm(x) * grad).backward();
      Values want;
      for (const double v : example) want.push_back(v / y * grad);
      check_values(x.grad(), want, scale < 1e-38 ? 1e-4 : 1e-5);  // subnormal numbers have few digits
    }
  }
}

TEST_CASE("second derivatives of a norm of any magnitude") {
  const double y = std::sqrt(39.0);
  for (const double scale : {1e-25, 1.0, 1e20}) {
    INFO("scale " << scale);
    const Tensor x = variable(example, scale);
    const Tensor slope = grad({norm(x)}, {x}, {.create_graph = true})[0];
    const Tensor v = tensor({1.0, 2.0, 0.5, 1.0, -1.0}, {.dtype = DType::f32});
    const Tensor second = grad({sum(slope * v)}, {x})[0];
    const Values u = v.to_vector<double>();
    double along = 0;  // v (I - h h^T) / y with h = x / y
    for (std::size_t i = 0; i < u.size(); ++i) along += u[i] * example[i] / y;
    Values want;
    for (std::size_t i = 0; i < u.size(); ++i) want.push_back((u[i] - along * example[i] / y) / y / scale);
    check_values(second, want);
  }
}

TEST_CASE("variances and standard deviations of any magnitude") {
  const auto root = [](const Values& v) { return std::sqrt(variance(v)); };
  for (const int exponent : {100, -100}) {
    INFO("exponent " << exponent);
    const auto f = [](const Tensor& x, std::int64_t d) { return stddev(x, {d}, 0); };
    check_reduction(scaled(exponent, f), root, 1e-5);
  }
  // Here the variance is in range, the sum of squares is not.
  const auto scaled_variance = [](const Tensor& x, std::int64_t d) {
    const double s = std::exp2(x.dtype() == DType::f32 ? 62 : 510);
    return var(x * s, {d}, 0) / s / s;
  };
  check_reduction(scaled_variance, variance, 1e-5);

  const Tensor x = tensor({1e20, -1e20}, {.dtype = DType::f32});
  CHECK(var(x).item() == infinity);
  CHECK(stddev(x).item() == doctest::Approx(std::sqrt(2) * 1e20));
  CHECK(stddev(full({5000}, 3e38)).item() == 0);  // whose sum is out of range, too
  CHECK(stddev(full({3, 70}, 0.1), {0}).to_vector<double>() == Values(70, 0.0));
  const Tensor apart =
      cat({full({5000}, 1e200, {.dtype = DType::f64}), full({5000}, -1e200, {.dtype = DType::f64})}, 0);
  CHECK(stddev(apart, {}, 0).item() == doctest::Approx(1e200));
}

TEST_CASE("gradients of a standard deviation of any magnitude") {
  const double mean = 9.0 / 5, y = std::sqrt(variance(example) * 5 / 4);
  for (const double scale : {1e-25, 1.0, 1e20}) {
    for (const double grad : {1e-20, 1.0, 1e20}) {
      INFO("scale " << scale << ", grad " << grad);
      const Tensor x = variable(example, scale);
      (stddev(x) * grad).backward();
      Values want;
      for (const double v : example) want.push_back((v - mean) / y / 4 * grad);
      check_values(x.grad(), want);
    }
  }
}

TEST_CASE("gradients of atan2 and reciprocal of any magnitude") {
  for (const double scale : {1e-30, 1.0, 1e30}) {
    INFO("scale " << scale);
    const Tensor y = variable({3, -1, 2, 0}, scale), x = variable({1, 2, 0, -3}, scale);
    atan2(y, x).backward(ones({4}));
    check_values(y.grad() * scale, {0.1, 0.4, 0, -1.0 / 3});  // x / (x^2 + y^2)
    check_values(x.grad() * scale, {-0.3, 0.2, -0.5, 0});     // -y / (x^2 + y^2)
  }
  const Tensor y = variable({3, -1}, 1e12), x = variable({1, 2}, 1e12);
  const Tensor slope = grad({sum(atan2(y, x))}, {x}, {.create_graph = true})[0];
  check_values(grad({sum(slope)}, {x})[0] * 1e24, {2 * 3.0 / 100, -2 * 2.0 / 25});  // 2 x y / (x^2 + y^2)^2

  const Tensor far = variable({1, -2}, 1e25);
  (reciprocal(far) * 1e30).backward(ones({2}));
  check_values(far.grad(), {-1e-20, -0.25e-20});
}

TEST_CASE("local response norm of any magnitude") {
  const double alpha = 0.3, k = 2;
  const Values values{3, -1, 2, 0.5, 5, -4, 1}, gs{1, 2, -1, 0.5, 1, -2, 3};
  const auto n = static_cast<std::int64_t>(values.size());
  for (const double beta : {0.75, 0.6}) {
    for (const double scale : {1e12, 1e20, 1e25}) {
      INFO("scale " << scale << ", beta " << beta);
      const auto at = [](const Values& v, std::int64_t i) { return v[static_cast<std::size_t>(i)]; };
      const auto window = [&](std::int64_t c, std::int64_t first, std::int64_t last, auto&& f) {
        double sum = 0;
        for (std::int64_t j = std::max<std::int64_t>(0, c - first); j <= std::min(n - 1, c + last); ++j) sum += f(j);
        return sum;
      };
      const auto s = [&](std::int64_t c) {
        return k + alpha / 4 * window(c, 2, 1, [&](auto j) { return std::pow(at(values, j) * scale, 2); });
      };
      Values y, x_grad;
      for (std::int64_t c = 0; c < n; ++c) {
        y.push_back(at(values, c) * scale * std::pow(s(c), -beta));
        const double products =
            window(c, 1, 2, [&](auto j) { return at(gs, j) * at(values, j) * scale * std::pow(s(j), -beta - 1); });
        x_grad.push_back(at(gs, c) * std::pow(s(c), -beta) - 2 * alpha / 4 * beta * at(values, c) * scale * products);
      }
      for (const Shape& shape : {Shape{1, n, 1}, Shape{1, n}}) {
        const Tensor x = reshape(variable(values, scale).detach(), shape).requires_grad_();
        const Tensor result = local_response_norm(x, 4, alpha, beta, k);
        result.backward(tensor(gs, shape).to(DType::f32));
        check_values(result, y);
        check_values(x.grad(), x_grad, 1e-4);
      }
    }
  }
}

TEST_CASE("gradients whose squares are out of range, as the pages of the optimizers say") {
  const auto moved = [](auto&& make, double gradient, bool clip) {
    const Tensor x = tensor({1.0, 2.0}).requires_grad_();
    auto optimizer = make(x);
    x.set_grad(full({2}, gradient));
    if (clip) optim::clip_grad_norm_({x}, 1);
    optimizer.step();
    return x.to_vector<double>()[0] - 1;
  };
  const auto adam = [](const Tensor& x) { return optim::Adam({x}); };
  const auto adagrad = [](const Tensor& x) { return optim::Adagrad({x}); };
  const auto rmsprop = [](const Tensor& x) { return optim::RMSprop({x}); };
  const auto centered = [](const Tensor& x) { return optim::RMSprop({x}, {.centered = true}); };
  CHECK(moved(adam, 1e22, false) == 0);
  CHECK(moved(adagrad, 1e22, false) == 0);
  CHECK(moved(rmsprop, 1e22, false) == 0);
  const double step = moved(centered, 1e22, false);  // infinity - infinity, where it is not one fused operation
  CHECK((step == 0 || std::isnan(step)));
  CHECK(moved(adam, 1e22, true) == doctest::Approx(-1e-3).epsilon(1e-4));
  CHECK(moved(adagrad, 1e22, true) == doctest::Approx(-1e-2).epsilon(1e-4));
  CHECK(moved(rmsprop, 1e22, true) == doctest::Approx(-1e-1).epsilon(1e-4));
}
