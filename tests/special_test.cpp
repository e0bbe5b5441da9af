// Values of special functions against <cmath>, known constants and identities; shifts of bits.

#include <cmath>
#include <limits>
#include <numbers>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>

#include "support/check_function.h"

using namespace reel;
using namespace reel::testing;

namespace {

using V = std::vector<double>;
constexpr double pi = std::numbers::pi, gamma_constant = 0.57721566490153286061, zeta3 = 1.2020569031595942854;

/// Both dtypes at points with known results; relative to the result.
void check_points(const std::function<Tensor(const Tensor&)>& f, const V& points, const V& expected) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    const V got = f(doubles(points).to(dtype)).to_vector<double>();
    for (std::size_t i = 0; i < points.size(); ++i) {
      INFO(to_string(dtype) << " f(" << points[i] << ") = " << got[i] << ", expected " << expected[i]);
      if (std::isnan(expected[i])) CHECK(std::isnan(got[i]));
      else if (std::isinf(expected[i])) CHECK(got[i] == expected[i]);
      else CHECK(std::abs(got[i] - expected[i]) <= (dtype == DType::f64 ? 1e-14 : 1e-6) * std::abs(expected[i]));
    }
  }
}

}  // namespace

TEST_CASE("inverse hyperbolic functions, exponentials and logarithms are those of <cmath>") {
  const V ends{0.0, -0.0, 1, -1, 1e4, -1e4, infinity, -infinity, not_a_number};
  check_function([](const Tensor& x) { return asinh(x); }, [](double x) { return std::asinh(x); },
                 with(line(-5, 5), ends));
  check_function([](const Tensor& x) { return acosh(x); }, [](double x) { return std::acosh(x); },
                 with(line(1, 9), ends));
  check_function([](const Tensor& x) { return atanh(x); }, [](double x) { return std::atanh(x); },
                 with(line(-0.9, 0.9), ends));
  check_function([](const Tensor& x) { return exp2(x); }, [](double x) { return std::exp2(x); },
                 with(line(-5, 5), ends));
  check_function([](const Tensor& x) { return log10(x); }, [](double x) { return std::log10(x); },
                 with(line(0.05, 9), ends));
  check_function([](const Tensor& x) { return erfc(x); }, [](double x) { return std::erfc(x); },
                 with(line(-5, 8), ends));
  check_function([](const Tensor& x) { return lgamma(x); }, [](double x) { return std::lgamma(x); },
                 with(line(2.5, 40), {0, 1, 2, 0.1, 0.5, -0.5, -1, -7.5, -8, infinity, -infinity, not_a_number}));
  check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return asinh(t); }, x); },
                 [](double x) { return 1 / std::hypot(x, 1); }, with(line(-5, 5), {1e30, -1e30, 1e200, infinity}));
}

TEST_CASE("erfinv undoes erf over the whole range") {
  for (const double x : line(-5.5, 5.5, 111)) {
    const double y = x > 0 ? std::erf(x) : -std::erf(-x);
    if (std::abs(y) == 1) continue;
    // Near 1 the argument's own rounding counts: the slope is sqrt(pi) / 2 exp(x^2).
    const double rounding = 0x1p-53 * std::sqrt(pi) / 2 * std::exp(x * x);
    CHECK(std::abs(erfinv(doubles({y})).item() - x) <= 1e-15 * std::abs(x) + 2 * rounding);
  }
  // Of mpmath, with 40 digits.
  check_points([](const Tensor& x) { return erfinv(x); }, {0, 0.5, -0.9, 1e-20, 1, -1, 2, -1.5, infinity, not_a_number},
               {0, 0.47693627620446987338, -1.1630871536766740867, 8.8622692545275801365e-21, infinity, -infinity,
                not_a_number, not_a_number, not_a_number, not_a_number});
  CHECK(erfinv(doubles({1 - 0x1p-53})).item() == doctest::Approx(5.8635847487551679).epsilon(1e-14));
}

TEST_CASE("digamma and polygamma at points whose values are known") {
  // Abramowitz and Stegun 6.3.2 to 6.3.8 and 6.4.2 to 6.4.7.
  check_points([](const Tensor& x) { return digamma(x); },
               {1, 0.5, 2, 0.25, -0.5, -1.5, 0.0, -0.0, -1, -7, infinity, -infinity, not_a_number},
               {-gamma_constant, -gamma_constant - 2 * std::log(2), 1 - gamma_constant,
                -gamma_constant - pi / 2 - 3 * std::log(2), 2 - gamma_constant - 2 * std::log(2),
                2 + 2.0 / 3 - gamma_constant - 2 * std::log(2), -infinity, infinity, not_a_number, not_a_number,
                infinity, not_a_number, not_a_number});
  check_points([](const Tensor& x) { return polygamma(1, x); }, {1, 0.5, 2, -0.5, 0, -3, infinity, -infinity},
               {pi * pi / 6, pi * pi / 2, pi * pi / 6 - 1, pi * pi / 2 + 4, infinity, infinity, 0, not_a_number});
  check_points([](const Tensor& x) { return polygamma(2, x); }, {1, 0.5, 2, -0.5, infinity},
               {-2 * zeta3, -14 * zeta3, 2 - 2 * zeta3, 16 - 14 * zeta3, -0.0});
  check_points([](const Tensor& x) { return polygamma(3, x); }, {1, 0.5}, {std::pow(pi, 4) / 15, std::pow(pi, 4)});
  CHECK(equal(polygamma(0, doubles({0.3, 4})), digamma(doubles({0.3, 4}))));
}

TEST_CASE("gradients lead from lgamma to digamma and on to polygamma") {
  const Tensor x = doubles({0.3, 1, 5.5, -1.7}).requires_grad_();
  Tensor y = lgamma(x);
  for (int n = -1; n < 4; ++n) {
    y = grad({sum(y)}, {x}, {.create_graph = true})[0];
    CHECK(equal(y, n < 0 ? digamma(x) : polygamma(n + 1, x)));
  }
}

TEST_CASE("sinc and its slope, also near 0") {
  const auto sinc_of = [](double x) { return x == 0 ? 1 : std::sin(pi * x) / (pi * x); };
  check_function([](const Tensor& x) { return sinc(x); }, sinc_of,
                 {0, -0.0, 1e-300, 1e-9, 0.1, 0.25, -0.5, 0.75, -1.3, 2.4});
  // For small z = pi x the slope is pi (-z/3 + z^3/30 - ...).
  check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return sinc(t); }, x); },
                 [](double x) {
                   const double z = pi * x;
                   return std::abs(z) < 1e-3 ? pi * (-z / 3 + z * z * z / 30)
                                             : pi * (std::cos(z) - std::sin(z) / z) / z;
                 },
                 {0, 1e-300, 1e-9, -1e-5, 0.4, 0.75, -1.3, 2.4});
}

TEST_CASE("logit undoes sigmoid and stays inside with eps") {
  const auto logit_of = [](double p) { return std::log(p) - std::log1p(-p); };
  check_function([](const Tensor& x) { return logit(x); }, logit_of,
                 {0.1, 0.25, 0.9, 1e-30, 0, 1, -0.5, 1.5, not_a_number});
  CHECK(allclose(logit(sigmoid(doubles(line(-5, 5)))), doubles(line(-5, 5))));
  const Tensor x = doubles({-1, 0, 0.1, 0.5, 0.9, 1, 2}).requires_grad_(), y = logit(x, 0.1);
  CHECK(allclose(
      y, log(doubles({0.1, 0.1, 0.1, 0.5, 0.9, 0.9, 0.9})) - log(doubles({0.9, 0.9, 0.9, 0.5, 0.1, 0.1, 0.1}))));
  sum(y).backward();
  CHECK(allclose(x.grad(), doubles({0, 0, 1 / 0.09, 4, 1 / 0.09, 0, 0})));
}

TEST_CASE("xlogy is 0 where x is 0, and so are its gradients") {
  const Tensor x = doubles({0, 0, 0, 2, 2, 0}).requires_grad_(),
               y = doubles({0, 3, infinity, 3, 0, not_a_number}).requires_grad_(), z = xlogy(x, y);
  const V got = z.to_vector<double>();
  CHECK(V(got.begin(), got.begin() + 3) == V{0, 0, 0});
  CHECK(got[3] == doctest::Approx(2 * std::log(3)));
  CHECK(got[4] == -infinity);
  CHECK(std::isnan(got[5]));
  z.backward(ones_like(z));
  const V by_x = x.grad().to_vector<double>(), by_y = y.grad().to_vector<double>();
  CHECK(by_x[0] == 0);
  CHECK(by_x[1] == doctest::Approx(std::log(3)));
  CHECK(by_y[0] == 0);
  CHECK(by_y[3] == doctest::Approx(2.0 / 3));
}

TEST_CASE("shifts of all bits and more, and by negative distances, shift everything out") {
  using W = std::vector<std::int64_t>;
  const W a{1, -1, 5, -5, 200}, b{3, 1, 64, -1, 70};
  CHECK(bitwise_left_shift(tensor(a), tensor(b)).to_vector<std::int64_t>() == W{8, -2, 0, 0, 0});
  CHECK(bitwise_right_shift(tensor(W{64, -1, -5, 5, -200}), tensor(b)).to_vector<std::int64_t>() ==
        W{8, -1, -1, 0, -1});
  CHECK(((tensor(a) << 2) >> 1).to_vector<std::int64_t>() == W{2, -2, 10, -10, 400});
  const Tensor narrow = tensor(W{1, -8}).to(DType::i32);
  CHECK((narrow << 31).to_vector<std::int64_t>() == W{std::numeric_limits<std::int32_t>::min(), 0});
  CHECK((narrow << 32).to_vector<std::int64_t>() == W{0, 0});
  CHECK((narrow >> 40).to_vector<std::int64_t>() == W{0, -1});
  const Tensor bytes = tensor(W{200, 3}).to(DType::u8);
  CHECK((bytes << 1).to_vector<std::int64_t>() == W{144, 6});
  CHECK((bytes >> 1).to_vector<std::int64_t>() == W{100, 1});
  CHECK((bytes >> 8).to_vector<std::int64_t>() == W{0, 0});
}
