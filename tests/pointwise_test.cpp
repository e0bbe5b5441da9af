// Values of the elementwise operations against <cmath> and arithmetic by hand.

#include <cmath>
#include <functional>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/check_function.h"
#include "support/default_device.h"
#include "support/op_runs.h"

using namespace reel;
using namespace reel::testing;

namespace {

double softplus_of(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double phi(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI); }
double distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2)); }

}  // namespace

TEST_CASE("functions of each element are those of <cmath>") {
  const std::vector<double> special{0.0, -0.0, infinity, -infinity, not_a_number, 1, -1, 1e4, -1e4};
  struct Function {
    std::string name;
    Tensor (*ours)(const Tensor&);
    double (*theirs)(double);
    double low, high;
  };
  const Function functions[] = {
      {"exp", reel::exp, std::exp, -5, 5},      {"expm1", reel::expm1, std::expm1, -5, 5},
      {"log", reel::log, std::log, 0.01, 9},    {"log1p", reel::log1p, std::log1p, -0.9, 9},
      {"log2", reel::log2, std::log2, 0.01, 9}, {"sqrt", reel::sqrt, std::sqrt, 0, 9},
      {"asin", reel::asin, std::asin, -1, 1},   {"acos", reel::acos, std::acos, -1, 1},
      {"atan", reel::atan, std::atan, -5, 5},   {"sinh", reel::sinh, std::sinh, -5, 5},
      {"cosh", reel::cosh, std::cosh, -5, 5},   {"tanh", reel::tanh, std::tanh, -5, 5},
      {"erf", reel::erf, std::erf, -5, 5},      {"floor", reel::floor, std::floor, -5, 5},
      {"ceil", reel::ceil, std::ceil, -5, 5},   {"abs", reel::abs, std::abs, -5, 5},
      {"sin", reel::sin, std::sin, -6, 6},      {"cos", reel::cos, std::cos, -6, 6},
      {"tan", reel::tan, std::tan, -1.5, 1.5},
  };
  for (const Function& f : functions) {
    INFO(f.name);
    check_function(f.ours, f.theirs, with(line(f.low, f.high), special));
  }
  SUBCASE("round") {
    check_function([](const Tensor& x) { return round(x); }, [](double x) { return std::nearbyint(x); },
                   with(special, {0.5, 1.5, 2.5, -0.5, -1.5, 2.4999}));
  }
  SUBCASE("square, reciprocal, rsqrt, sign") {
    check_function([](const Tensor& x) { return square(x); }, [](double x) { return x * x; }, special);
    check_function([](const Tensor& x) { return reciprocal(x); }, [](double x) { return 1 / x; }, special);
    check_function([](const Tensor& x) { return rsqrt(x); }, [](double x) { return 1 / std::sqrt(x); }, special);
    check_function([](const Tensor& x) { return sign(x); },
                   [](double x) { return std::isnan(x) ? x : (x > 0) - (x < 0); }, special);
  }
}

TEST_CASE("activations are right for arguments of any size") {
  const std::vector<double> values = with(line(-8, 8), {0.0, 1e4, -1e4, 88, -88, 100, -100, 710, -710});
  SUBCASE("sigmoid") {
    check_function([](const Tensor& x) { return sigmoid(x); }, sigmoid_of, values);
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return sigmoid(t); }, x); },
                   [](double x) { return sigmoid_of(x) * sigmoid_of(-x); }, line(-3, 3));
  }
  SUBCASE("softplus") {
    check_function([](const Tensor& x) { return softplus(x); }, [](double x) { return x > 20 ? x : softplus_of(x); },
                   values);
    check_function([](const Tensor& x) { return softplus(x, 2, 1e6); }, [](double x) { return softplus_of(2 * x) / 2; },
                   values);
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return softplus(t); }, x); },
                   [](double x) { return x > 20 ? 1 : sigmoid_of(x); }, values);
  }
  SUBCASE("gelu") {
    check_function([](const Tensor& x) { return gelu(x); }, [](double x) { return x * distribution(x); },
                   with(line(-5, 5), {1e4, -1e4}));
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return gelu(t); }, x); },
                   [](double x) { return distribution(x) + x * phi(x); }, with(line(-0.7, 5), {1e4, -1e4}));
  }
  SUBCASE("gelu, tanh") {
    const auto as_written = [](double x) {
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    };
    const auto approximate = [](const Tensor& x) { return gelu(x, GeluApproximate::tanh); };
    check_function(approximate, as_written, with(line(-1, 5), {0, 1e4, infinity, not_a_number}));
    // Far below 0 as x times a sigmoid: 1 + tanh would lose its digits.
    check_function(
        approximate, [](double x) { return x * sigmoid_of(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)); },
        with(line(-3, -1), {-1e4}));
    CHECK(approximate(doubles({-infinity})).item() == 0);  // the limit
    check_function([&](const Tensor& x) { return gradient(approximate, x); },
                   [&](double x) {
                     const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
                     const double slope = std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
                     return std::isinf(x) ? x > 0 : 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope;
                   },
                   with(line(-0.5, 5), {infinity, -infinity, not_a_number}));
    CHECK(equal(gelu(doubles(values), GeluApproximate::none), gelu(doubles(values))));
  }
  SUBCASE("swiglu and glu") {
    const Tensor gate = doubles({-710, -2, 0, 0.5, 3, 1e4}), up = doubles({2, -3, 5, 0, 7, -1});
    const std::vector<double> gates = gate.to_vector<double>(), ups = up.to_vector<double>();
    const std::vector<double> product = swiglu(gate, up).to_vector<double>();
    const std::vector<double> gated = glu(cat({up, gate})).to_vector<double>();
    for (std::size_t i = 0; i < gates.size(); ++i) {
      INFO("gate " << gates[i] << ", up " << ups[i]);
      CHECK(product[i] == doctest::Approx(gates[i] * sigmoid_of(gates[i]) * ups[i]).epsilon(1e-14));
      CHECK(gated[i] == doctest::Approx(ups[i] * sigmoid_of(gates[i])).epsilon(1e-14));
    }
  }
  SUBCASE("silu") {
    check_function([](const Tensor& x) { return silu(x); }, [](double x) { return x * sigmoid_of(x); },
                   with(line(-8, 8), {1e4, -1e4}));
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return silu(t); }, x); },
                   [](double x) { return sigmoid_of(x) * (1 + x * sigmoid_of(-x)); }, with(line(-1, 8), {1e4}));
  }
  SUBCASE("mish") {
    check_function([](const Tensor& x) { return mish(x); }, [](double x) { return x * std::tanh(softplus_of(x)); },
                   with(line(-8, 8), {0, 1e4, -1e4, infinity, not_a_number}));
    CHECK(mish(doubles({-infinity})).item() == 0);  // the limit
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return mish(t); }, x); },
                   [](double x) {
                     const double t = std::tanh(softplus_of(x)), t_slope = (1 - t * t) * sigmoid_of(x);
                     return std::isinf(x) ? (x > 0) : t + x * t_slope;
                   },
                   with(line(-1, 8), {0, 1e4, infinity, -infinity, not_a_number}));
  }
  SUBCASE("elu and selu") {
    check_function([](const Tensor& x) { return elu(x, 0.7); },
                   [](double x) { return x > 0 ? x : 0.7 * std::expm1(x); },
                   with(values, {not_a_number, infinity, -infinity}));
    check_function([](const Tensor& x) { return gradient([](const Tensor& t) { return elu(t, 0.7); }, x); },
                   [](double x) { return x > 0 ? 1 : 0.7 * std::exp(x); }, values);
    check_function([](const Tensor& x) { return selu(x); },
                   [](double x) {
                     constexpr double scale = 1.0507009873554805, alpha = 1.6732632423543772;
                     return x > 0 ? scale * x : scale * alpha * std::expm1(x);
                   },
                   values);
  }
  SUBCASE("piecewise linear ones") {
    const std::vector<double> all = with(values, {not_a_number, infinity, -infinity});
    check_function([](const Tensor& x) { return relu(x); }, [](double x) { return x < 0 ? 0 : x; }, all);
    check_function([](const Tensor& x) { return leaky_relu(x, 0.2); }, [](double x) { return x > 0 ? x : 0.2 * x; },
                   values);
    check_function([](const Tensor& x) { return hardtanh(x, -1, 2); },
                   [](double x) { return x < -1 ? -1 : (x > 2 ? 2 : x); }, all);
    check_function([](const Tensor& x) { return clamp(x, -1); }, [](double x) { return x < -1 ? -1 : x; }, all);
  }
}

TEST_CASE("no gradient of an activation is NaN for huge arguments, to the second order") {
  const std::vector<std::function<Tensor(const Tensor&)>> activations{
      [](const Tensor& x) { return sigmoid(x); },    [](const Tensor& x) { return tanh(x); },
      [](const Tensor& x) { return softplus(x); },   [](const Tensor& x) { return gelu(x); },
      [](const Tensor& x) { return silu(x); },       [](const Tensor& x) { return elu(x); },
      [](const Tensor& x) { return mish(x); },       [](const Tensor& x) { return selu(x); },
      [](const Tensor& x) { return leaky_relu(x); }, [](const Tensor& x) { return relu(x); },
      [](const Tensor& x) { return hardtanh(x); },   [](const Tensor& x) { return logsumexp(x, {}); },
      [](const Tensor& x) { return erf(x); },        [](const Tensor& x) { return gelu(x, GeluApproximate::tanh); },
      [](const Tensor& x) { return swiglu(x, x); },  [](const Tensor& x) { return glu(stack({x, x}), 0); }};
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (std::size_t i = 0; i < activations.size(); ++i) {
      INFO("activation " << i);
      const Tensor x = doubles({1e4, -1e4, 0, 50, -50, 1, -1, 100, -100}).to(dtype).requires_grad_();
      const Tensor y = activations[i](x);
      const Tensor first = grad({sum(y)}, {x}, {.create_graph = true})[0];
      CHECK_FALSE(any(isnan(y)).item<bool>());
      CHECK_FALSE(any(isnan(first)).item<bool>());
      if (!first.requires_grad()) continue;
      const Tensor second = grad({sum(first)}, {x}, {.allow_unused = true})[0];
      if (second.defined()) CHECK_FALSE(any(isnan(second)).item<bool>());
    }
  }
}

TEST_CASE("subgradients are PyTorch's") {
  const auto at = [](const std::function<Tensor(const Tensor&)>& f, const std::vector<double>& x) {
    return gradient(f, doubles(x)).to_vector<double>();
  };
  using V = std::vector<double>;
  CHECK(at([](const Tensor& x) { return relu(x); }, {-1, 0, 1}) == V{0, 0, 1});
  CHECK(at([](const Tensor& x) { return abs(x); }, {-1, 0, 1}) == V{-1, 0, 1});
  CHECK(at([](const Tensor& x) { return clamp(x, 0, 1); }, {-1, 0, 0.5, 1, 2}) == V{0, 1, 1, 1, 0});
  CHECK(at([](const Tensor& x) { return hardtanh(x); }, {-2, -1, 0.5, 1, 2}) == V{0, 0, 1, 0, 0});
  CHECK(at([](const Tensor& x) { return leaky_relu(x, 0.5); }, {-1, 0, 1}) == V{0.5, 0.5, 1});
  for (const auto& f : std::vector<std::function<Tensor(const Tensor&)>>{
           [](const Tensor& x) { return sign(x); }, [](const Tensor& x) { return floor(x); },
           [](const Tensor& x) { return ceil(x); }, [](const Tensor& x) { return round(x); }}) {
    CHECK(at(f, {-1, 0, 0.3}) == V{0, 0, 0});
  }

  const Tensor a = doubles({1, 2, 3}).requires_grad_(), b = doubles({3, 2, 1}).requires_grad_();
  sum(maximum(a, b)).backward();
  CHECK(a.grad().to_vector<double>() == V{0, 0.5, 1});
  CHECK(b.grad().to_vector<double>() == V{1, 0.5, 0});
  a.set_grad({});
  b.set_grad({});
  sum(minimum(a, b)).backward();
  CHECK(a.grad().to_vector<double>() == V{1, 0.5, 0});
  CHECK(b.grad().to_vector<double>() == V{0, 0.5, 1});
}

TEST_CASE("pow and its gradients at 0 and of negative bases") {
  using V = std::vector<double>;
  const Tensor base = doubles({0, 0, 0, -2, -2, 2}).requires_grad_();
  const Tensor exponent = doubles({0, 1, 2, 2, 3, -1}).requires_grad_();
  const Tensor y = pow(base, exponent);
  CHECK(y.to_vector<double>() == V{1, 0, 0, 4, -8, 0.5});
  sum(y).backward();
  CHECK(allclose(base.grad(), doubles({0, 1, 0, -4, 12, -0.25})));
  const auto by_exponent = exponent.grad().to_vector<double>();
  CHECK(by_exponent[0] == 0);  // 0^b is flat for b >= 0, where log(0) * 0^b would be NaN
  CHECK(by_exponent[1] == 0);
  CHECK(by_exponent[2] == 0);
  CHECK(std::isnan(by_exponent[3]));  // the logarithm of a negative number
  CHECK(by_exponent[5] == doctest::Approx(0.5 * std::log(2)));

  for (const double e : {0.0, 1.0, 2.0, 3.0, -1.0, -3.0, 0.5, 1.7}) {
    check_function([e](const Tensor& x) { return pow(x, e); }, [e](double x) { return std::pow(x, e); },
                   {0.0, 0.3, 1, 2, 7.5});
    check_function([e](const Tensor& x) { return pow(e, x); }, [e](double x) { return std::pow(e, x); },
                   {0.0, 1, 2, 3, -2});
  }
  CHECK(gradient([](const Tensor& x) { return pow(x, 0); }, doubles({0, 2})).to_vector<double>() == V{0, 0});
  CHECK(gradient([](const Tensor& x) { return pow(0, x); }, doubles({0, 2})).to_vector<double>() == V{0, 0});
}

TEST_CASE("division towards minus infinity is Python's") {
  const Tensor a = tensor({7, -7, 7, -7, 6, 0}), b = tensor({3, 3, -3, -3, 3, 5});
  const std::vector<std::int64_t> quotients{2, -3, -3, 2, 2, 0}, rests{1, 2, -2, -1, 0, 0};
  for (const DType dtype : {DType::i64, DType::i32, DType::f32, DType::f64}) {
    INFO(to_string(dtype));
    CHECK(floor_divide(a.to(dtype), b.to(dtype)).to_vector<std::int64_t>() == quotients);
    CHECK(remainder(a.to(dtype), b.to(dtype)).to_vector<std::int64_t>() == rests);
    CHECK(remainder(a.to(dtype), b.to(dtype)).dtype() == dtype);
  }
  const Tensor bytes = tensor({200, 7, 255}).to(DType::u8);
  CHECK(floor_divide(bytes, 3).to_vector<std::int64_t>() == std::vector<std::int64_t>{66, 2, 85});
  CHECK(remainder(bytes, 255).to_vector<std::int64_t>() == std::vector<std::int64_t>{200, 7, 0});
  // 0.1 is a little more than 1/10, so that 9 of them fit into 1.
  CHECK(floor_divide(doubles({1}), 0.1).item() == 9);
  CHECK(std::isinf(floor_divide(doubles({1}), 0).item()));
  CHECK(std::isnan(remainder(doubles({1}), 0).item()));
  CHECK(remainder(doubles({-5}), infinity).item() == infinity);
  // The smallest integer divided by -1 wraps around instead of trapping.
  const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  CHECK(floor_divide(full({1}, smallest, {.dtype = DType::i64}), -1).item<std::int64_t>() == smallest);
  CHECK(remainder(full({1}, smallest, {.dtype = DType::i64}), -1).item<std::int64_t>() == 0);
}

TEST_CASE("NaN wins in maximum and minimum, and loses comparisons") {
  const Tensor a = doubles({not_a_number, 1, not_a_number, 1}), b = doubles({1, not_a_number, not_a_number, 2});
  const auto largest = maximum(a, b).to_vector<double>(), smallest = minimum(a, b).to_vector<double>();
  for (int i = 0; i < 3; ++i) {
    CHECK(std::isnan(largest[i]));
    CHECK(std::isnan(smallest[i]));
  }
  CHECK(largest[3] == 2);
  CHECK(smallest[3] == 1);
  using V = std::vector<int>;
  CHECK((a == a).to_vector<int>() == V{0, 1, 0, 1});
  CHECK((a != a).to_vector<int>() == V{1, 0, 1, 0});
  CHECK((a < b).to_vector<int>() == V{0, 0, 0, 1});
  CHECK((a >= b).to_vector<int>() == V{0, 0, 0, 0});
  CHECK((b > 1).to_vector<int>() == V{0, 0, 0, 1});
  CHECK((b <= 1).to_vector<int>() == V{1, 0, 0, 0});
  CHECK(isnan(a).to_vector<int>() == V{1, 0, 1, 0});
  CHECK(isinf(doubles({infinity, -infinity, not_a_number, 1})).to_vector<int>() == V{1, 1, 0, 0});
  CHECK(logical_and(doubles({0, 1, not_a_number}), doubles({1, 2, 1})).to_vector<int>() == V{0, 1, 1});
  CHECK(logical_or(tensor({0, 1, 0}), tensor({0, 0, 5})).to_vector<int>() == V{0, 1, 1});
  CHECK(logical_xor(tensor({0, 1, 2}), tensor({0, 0, 5})).to_vector<int>() == V{0, 1, 0});
  CHECK(logical_not(tensor({0, 1, 2})).to_vector<int>() == V{1, 0, 0});
}

TEST_CASE("maximum and minimum of boolean are or and and") {
  const Tensor a = tensor({false, true, false, true}), b = tensor({false, false, true, true});
  CHECK(equal(maximum(a, b), logical_or(a, b)));
  CHECK(equal(minimum(a, b), logical_and(a, b)));
}

TEST_CASE("where with two numbers: i64 if both are integers, else f32") {
  const Tensor mask = tensor({true, false});
  CHECK(where(mask, 1.0, 0.0).dtype() == DType::f32);
  CHECK(where(mask, 1.0, 0.0).to_vector<float>() == std::vector<float>{1, 0});
  CHECK(where(mask, 2, 3).dtype() == DType::i64);
  CHECK(where(mask, 2, 3).to_vector<int>() == std::vector<int>{2, 3});
  CHECK(where(mask, 1, 0.5).to_vector<float>() == std::vector<float>{1, 0.5});
}

TEST_CASE("closeness and equality") {
  const Tensor a = doubles({1, 100, infinity, -infinity, not_a_number, 0}),
               b = doubles({1 + 1e-6, 101, infinity, infinity, not_a_number, 1e-9});
  CHECK(isclose(a, b).to_vector<int>() == std::vector<int>{1, 0, 1, 0, 0, 1});
  CHECK(isclose(a, b, 0.1, 0, true).to_vector<int>() == std::vector<int>{1, 1, 1, 0, 1, 0});
  CHECK(allclose(doubles({1, 2}), doubles({1, 2 + 1e-7})));
  CHECK_FALSE(allclose(doubles({1, 2}), doubles({1, 2.1})));
  CHECK_FALSE(allclose(doubles({1}), doubles({infinity})));
  CHECK(allclose(ones({2, 3}), ones({3})));
  CHECK(equal(tensor({1, 2}), tensor({1, 2})));
  CHECK_FALSE(equal(tensor({1, 2}), tensor({{1, 2}})));
  CHECK_FALSE(equal(doubles({not_a_number}), doubles({not_a_number})));
  CHECK(equal(ones({0, 3}), ones({0, 3})));
  CHECK_THROWS_AS(equal(ones({2}), tensor({1, 1})), DTypeError);
}

TEST_CASE("atan2 knows the quadrants, lerp its ends") {
  for (const double y : {-1.0, 0.0, 2.0}) {
    for (const double x : {-1.0, 0.0, 2.0}) {
      CHECK(atan2(doubles({y}), doubles({x})).item() == doctest::Approx(std::atan2(y, x)));
    }
  }
  const Tensor y = doubles({0}).requires_grad_(), x = doubles({0}).requires_grad_();
  atan2(y, x).backward();
  CHECK(y.grad().item() == 0);
  CHECK(x.grad().item() == 0);

  const Tensor start = doubles({0.1, 1e20}), end = doubles({0.7, 1});
  CHECK(equal(lerp(start, end, 0), start));
  CHECK(equal(lerp(start, end, 1), end));
  CHECK(lerp(doubles({2}), doubles({4}), 0.25).item() == 2.5);
}

TEST_CASE("integers wrap around") {
  const Tensor bytes = tensor({250, 3}).to(DType::u8);
  CHECK((bytes + 10).to_vector<int>() == std::vector<int>{4, 13});
  CHECK((bytes * 3).to_vector<int>() == std::vector<int>{238, 9});
  CHECK((-bytes).to_vector<int>() == std::vector<int>{6, 253});
  const Tensor large = full({1}, std::numeric_limits<std::int32_t>::max(), {.dtype = DType::i32});
  CHECK((large + 1).item<std::int64_t>() == std::numeric_limits<std::int32_t>::min());
  CHECK(square(full({1}, std::int64_t{1} << 62, {.dtype = DType::i64})).item<std::int64_t>() == 0);
  CHECK(abs(tensor({-3, 0, 3})).to_vector<int>() == std::vector<int>{3, 0, 3});
  CHECK(clamp(tensor({-3, 0, 3}), -1, 2).to_vector<int>() == std::vector<int>{-1, 0, 2});
  CHECK(clamp(bytes, 10).to_vector<int>() == std::vector<int>{250, 10});
  CHECK(clamp(bytes, std::nullopt, 10).to_vector<int>() == std::vector<int>{10, 3});
}

TEST_CASE("results keep the layout of dense inputs, and choices broadcast") {
  const Tensor x = uniform({2, 3, 4, 5}).channels_last();
  CHECK(gelu(x).strides() == x.strides());
  CHECK((x > 0).strides() == x.strides());
  CHECK(where(x > 0, x, 0).strides() == x.strides());
  CHECK(maximum(x, uniform({3, 1, 1})).strides() == x.strides());
  CHECK((x + uniform({2, 3, 4, 5})).strides() == x.strides());  // the first one's
  CHECK((uniform({2, 3, 4, 5}) + x).is_contiguous());
  CHECK(equal(where(x > 0, x, 0), relu(x)));

  // Every combination of expanded operands, against element by element.
  const Tensor conditions[] = {tensor({true, false, true}), tensor(true), tensor({{false}, {true}})};
  const Tensor values[] = {doubles({1, 2, 3}), doubles({4}).reshape({}), doubles({5, 6}).reshape({2, 1})};
  for (const Tensor& c : conditions) {
    for (const Tensor& a : values) {
      for (const Tensor& b : values) {
        const Tensor got = where(c, a, b).expand({2, 3});
        for (int i = 0; i < 2; ++i) {
          for (int j = 0; j < 3; ++j) {
            const auto at = [&](const Tensor& t) { return t.expand({2, 3})[i][j].item(); };
            CHECK(at(got) == (at(c) != 0 ? at(a) : at(b)));
          }
        }
      }
    }
  }
}

TEST_CASE("expanded inputs of long rows, and of results that bypass the cache") {
  for (const std::int64_t n : {std::int64_t{700}, std::int64_t{5'000'000}}) {
    const Tensor x = arange(0, n, 1, {.dtype = DType::i64}), two = tensor(std::int64_t{2});
    CHECK(equal(x + two, arange(2, n + 2, 1, {.dtype = DType::i64})));
    CHECK(equal(two - x, arange(2, 2 - n, -1, {.dtype = DType::i64})));
    // Two of three inputs are one number, and all of them.
    const Tensor is_even = remainder(x, 2) == 0;
    CHECK(equal(where(is_even, tensor(1.0F), tensor(0.0F)), is_even.to(DType::f32)));
    const Tensor weight = x.to(DType::f32) / static_cast<double>(n);
    CHECK(allclose(lerp(tensor(1.0F), tensor(3.0F), weight), 1 + 2 * weight));
    CHECK(equal(lerp(tensor(1.0F), weight, tensor(0.25F)), lerp(full({n}, 1.0F), weight, full({n}, 0.25F))));
    const Tensor one = tensor(1.0F).expand({n});
    CHECK(equal(one + tensor(2.0F).expand({n}), full({n}, 3.0F)));
    CHECK(equal(where(tensor(true).expand({n}), one, tensor(5.0F).expand({n})), full({n}, 1.0F)));
  }
}

TEST_CASE("large inputs give the same bits with one and with two threads") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const int threads = num_threads();
  const Tensor x = uniform({300, 1001}, -3, 3).to(DType::f32), y = uniform({1001}, 0.5, 2, 2).to(DType::f32);
  const auto compute = [&] {
    return Tensors{gelu(x), pow(abs(x), y), where(x > 0, x, y), maximum(x.t(), y.unsqueeze(1)), x > y, lerp(x, y, 0.3)};
  };
  set_num_threads(1);
  const Tensors one = compute();
  set_num_threads(2);
  const Tensors two = compute();
  set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(equal(one[i], two[i]));
}
