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

TEST_CASE("modified Bessel functions, also where the unscaled ones leave the range") {
  // Of mpmath, with 40 digits.
  const V points{0, -0.0, 0.5, -1, 3.75, 17.5, -18.25, 40};
  check_points([](const Tensor& x) { return i0(x); }, points,
               {1.0, 1.0, 1.0634833707413235193, 1.2660658777520083356, 9.1189458608445666907, 3825965.2494124127879,
                7928921.9746606596042, 14894774793419899.924});
  check_points([](const Tensor& x) { return i1(x); }, points,
               {0.0, 0.0, 0.25789430539089631636, -0.56515910399248502721, 7.780015229824415865, 3714992.017685220192,
                -7708536.5928996078219, 14707396163259352.739});
  check_points([](const Tensor& x) { return i0e(x); }, points,
               {1.0, 1.0, 0.64503527044915006811, 0.4657596075936404365, 0.21445705123004871846,
                0.096069955111803812835, 0.094045896212080460937, 0.063278279875235330262});
  check_points([](const Tensor& x) { return i1e(x); }, points,
               {0.0, 0.0, 0.15642080318487169714, -0.20791041534970844887, 0.18296842093089090603,
                0.093283418200032194195, -0.091431878719412846707, 0.062482229074442060748});
  CHECK(i0(doubles({712})).item() ==
        doctest::Approx(2.4684110577627524298e+307).epsilon(1e-13));  // exp(712) is infinite
  CHECK(i1(doubles({1e-200})).item() == 5e-201);
  const V ends{infinity, -infinity, 1e30, not_a_number};
  check_points([](const Tensor& x) { return i0(x); }, ends, {infinity, infinity, infinity, not_a_number});
  check_points([](const Tensor& x) { return i1(x); }, ends, {infinity, -infinity, infinity, not_a_number});
  check_points([](const Tensor& x) { return i0e(x); }, ends, {0, 0, 1 / std::sqrt(2 * pi * 1e30), not_a_number});
  check_points([](const Tensor& x) { return i1e(x); }, ends, {0, -0.0, 1 / std::sqrt(2 * pi * 1e30), not_a_number});
  // The slope of exp(-|x|) at 0 is taken to be 0.
  CHECK(gradient([](const Tensor& t) { return i0e(t); }, doubles({0})).item() == 0);
}

TEST_CASE("derivatives of i0 of every order are mean values of Bessel functions") {
  // I_0 is the mean of exp(x cos t) over t, so its n-th derivative is that of cos(t)^n exp(x cos t).
  const Tensor x = doubles({-2.5, 0, 0.3, 6}).requires_grad_();
  Tensor y = i0(x);
  for (int n = 0; n <= 5; ++n) {
    const V got = y.detach().to_vector<double>();
    for (std::size_t i = 0; i < got.size(); ++i) {
      double mean = 0;
      constexpr int steps = 64;  // exact to rounding: the function is periodic
      for (int k = 0; k < steps; ++k) {
        const double c = std::cos(2 * pi * k / steps);
        mean += std::pow(c, n) * std::exp(x.detach().to_vector<double>()[i] * c) / steps;
      }
      CHECK(got[i] == doctest::Approx(mean).epsilon(1e-12));
    }
    y = grad({sum(y)}, {x}, {.create_graph = true})[0];
  }
}

TEST_CASE("the scaled error function and the normal distribution, far out") {
  // Of mpmath, with 40 digits.
  check_points([](const Tensor& x) { return erfcx(x); }, {0, -1, 0.5, 1.99, 2, 5, 30, 1e10, -30, infinity, -infinity},
               {1.0, 5.0089800807622834663, 0.61569034419292587487, 0.25646783671952990388, 0.25539567631050574387,
                0.11070463773306862637, 0.018795888861416751497, 5.6418958354775628695e-11, infinity, 0, infinity});
  check_points([](const Tensor& x) { return log_ndtr(x); }, {0, 1, -1, -1.01, -3, -20, -1e10, 9, infinity, -infinity},
               {-0.69314718055994530942, -0.17275377902344988953, -1.8410216450092635058, -1.8563130623431784424,
                -6.6077262215103495433, -203.91715537109726394, -50000000000000000024.0, -1.1285884059538406478e-19, 0,
                -infinity});
  check_points([](const Tensor& x) { return ndtri(x); }, {0.5, 0.25, 0.75, 0.1, 1e-5, 1e-30, 0, 1, -1, 2, not_a_number},
               {0.0, -0.6744897501960817432, 0.6744897501960817432, -1.2815515655446004353, -4.2648907939228246102,
                -11.46402468844361572, -infinity, infinity, not_a_number, not_a_number, not_a_number});
  CHECK(ndtri(doubles({1e-320})).item() == doctest::Approx(-38.269125343032651018).epsilon(1e-14));
  CHECK(ndtr(doubles({-20})).item() == doctest::Approx(2.7536241186062336951e-89).epsilon(1e-13));
  check_function([](const Tensor& x) { return ndtr(x); }, [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; },
                 with(line(-5, 5), {infinity, -infinity, not_a_number}));
  const auto slope = [](const Tensor& x) { return gradient([](const Tensor& t) { return log_ndtr(t); }, x); };
  check_points(slope, {0, 3, -1, -20, -1e10, infinity},
               {0.79788456080286535588, 0.0044378390421256637933, 1.5251352761609812091, 20.049753068527850542,
                10000000000.0, 0});
  const auto falling = [](const Tensor& x) { return gradient([](const Tensor& t) { return erfcx(t); }, x); };
  check_points(
      falling, {0, 1, 30, 1e8, infinity},
      {-1.1283791670955125739, -0.27321201478389856507, -0.00062583541050748406864, -5.6418958354775620232e-17, 0});
}

TEST_CASE("entr and xlog1py are 0 where their first factor is 0, and so is the gradient") {
  check_points([](const Tensor& x) { return entr(x); }, {0, -0.0, 1, 0.5, -1, infinity, not_a_number},
               {0, 0, 0, std::log(2) / 2, -infinity, -infinity, not_a_number});
  const Tensor x = doubles({0, 0, 0, 2, 0}).requires_grad_(), y = doubles({-1, 3, infinity, 1e-20, not_a_number});
  y.requires_grad_();
  const Tensor z = xlog1py(x, y);
  const V got = z.detach().to_vector<double>();
  CHECK(V(got.begin(), got.begin() + 3) == V{0, 0, 0});
  CHECK(got[3] == 2e-20);
  CHECK(std::isnan(got[4]));
  z.backward(ones_like(z));
  CHECK(y.grad().to_vector<double>()[0] == 0);
  CHECK(x.grad().to_vector<double>()[0] == 0);
  CHECK(y.grad().to_vector<double>()[3] == 2);
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
