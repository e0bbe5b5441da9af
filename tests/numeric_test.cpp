// Arithmetic beyond the operators: rounding towards 0, powers of integers, hypot, logaddexp, finite numbers.

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/known_result.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

Tensor leaf_of(const std::vector<double>& values, DType dtype) { return tensor(values).to(dtype).requires_grad_(); }

/// Values again and again, enough for the body of a vector loop and a rest.
std::vector<double> repeated(const std::vector<double>& values) {
  std::vector<double> out;
  for (int i = 0; i < 67; ++i) out.push_back(values[static_cast<std::size_t>(i) % values.size()]);
  return out;
}

/// f and its two gradients at pairs of numbers, in f32 and f64; NaN is equal to NaN.
template <class F> void check_pairs(F f, const std::vector<double>& a, const std::vector<double>& b,
                                    const std::vector<double>& values, const std::vector<double>& grad_a,
                                    const std::vector<double>& grad_b) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    INFO(to_string(dtype));
    const Tensor x = leaf_of(repeated(a), dtype), y = leaf_of(repeated(b), dtype), z = f(x, y);
    z.backward(ones_like(z));
    const auto near = [&](const Tensor& got, const std::vector<double>& want) {
      CHECK(allclose(got.to(DType::f64), tensor(repeated(want)), 1e-6, 0, true));
    };
    near(z.detach(), values);
    near(x.grad(), grad_a);
    near(y.grad(), grad_b);
  }
}

}  // namespace

TEST_CASE("trunc and frac, with their signs and special values") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = tensor(repeated({1.5, -1.5, -0.25, 0.0, -0.0, 7, inf, -inf, nan_value})).to(dtype);
    check_result(trunc(x), {67}, repeated({1, -1, 0, 0, 0, 7, inf, -inf, nan_value}));
    check_result(frac(x), {67}, repeated({0.5, -0.5, -0.25, 0, 0, 0, nan_value, nan_value, nan_value}));
    CHECK(std::signbit(trunc(x)[2].item<double>()));
    CHECK(std::signbit(trunc(x)[4].item<double>()));
  }
  const Tensor x = leaf_of({1.5, -0.25}, DType::f64);
  (trunc(x) * 3 + frac(x)).sum().backward();
  check_result(x.grad(), {2}, {1, 1});
}

TEST_CASE("fmod has the sign of the dividend, remainder that of the divisor") {
  const Tensor a = tensor({-7.0, 7.0, -7.0, 7.0, 5.5}), b = tensor({2.0, -2.0, -2.0, 2.0, 0.0});
  check_result(fmod(a, b), {5}, {-1, 1, -1, 1, nan_value});
  check_result(fmod(tensor({-7, 7, 6}), 4), {3}, {-3, 3, 2});
  check_result(fmod(tensor({-7, 7}), tensor({2, -3})), {2}, {-1, 1});
  check_result(fmod(tensor({7, 9}).to(DType::u8), 4), {2}, {3, 1});
  const Tensor lowest = full({1}, std::numeric_limits<std::int64_t>::min(), DType::i64);
  check_result(fmod(lowest, -1), {1}, {0});
  const Tensor x = leaf_of({-7, 7}, DType::f64), y = leaf_of({2, -3}, DType::f64);
  fmod(x, y).sum().backward();
  check_result(x.grad(), {2}, {1, 1});
  check_result(y.grad(), {2}, {3, 2});
}

TEST_CASE("div rounds towards 0 or minus infinity") {
  check_result(div(tensor({-7, 7, 6}), tensor({2, -2, 3}), "trunc"), {3}, {-3, -3, 2});
  check_result(div(tensor({-7, 7, 6}), tensor({2, -2, 3}), "floor"), {3}, {-4, -4, 2});
  check_result(div(tensor({-7.0, 7.0, 1.0}), 2, "trunc"), {3}, {-3, 3, 0});
  check_result(div(tensor({-7.0, 7.0, 1.0}), 2, "floor"), {3}, {-4, 3, 0});
  check_result(div(tensor({1.0, -1.0, 0.0}), 0, "trunc"), {3}, {inf, -inf, nan_value});
  const auto lowest = std::numeric_limits<std::int64_t>::min();
  CHECK(div(full({1}, lowest, DType::i64), -1, "trunc").item<std::int64_t>() == lowest);  // wraps around
  CHECK_THROWS_AS(div(tensor({1}), 0, "trunc"), ValueError);
  CHECK_THROWS_AS(div(tensor({1}), tensor({0}), "trunc"), ValueError);
  CHECK_THROWS_AS(div(tensor({1}), tensor({0}), "floor"), ValueError);
  CHECK_THROWS_AS(div(tensor({1}), 2, "up"), ValueError);
}

TEST_CASE("powers of integers are exact and wrap around") {
  check_result(pow(tensor({2, 3, -2, 0, 0}), tensor({10, 4, 3, 0, 5})), {5}, {1024, 81, -8, 1, 0});
  CHECK(pow(tensor({3}), 40).item<std::int64_t>() == -6289078614652622815);
  CHECK(pow(tensor({3}).to(DType::i32), 20).item<std::int32_t>() == -808182895);
  check_result(pow(tensor({2, 7}).to(DType::u8), 9), {2}, {0, 71});
  check_result(pow(2, tensor({3, 0})), {2}, {8, 1});
  check_result(pow(tensor({-3, 4}), 2), {2}, {9, 16});
  check_result(pow(tensor({-3, 4}), 1), {2}, {-3, 4});
  CHECK(pow(tensor({2}), 3).dtype() == DType::i64);
  CHECK_THROWS_AS(pow(tensor({2}), -1), ValueError);
  CHECK_THROWS_AS(pow(tensor({2}), tensor({-1})), ValueError);
  CHECK_THROWS_AS(pow(tensor({2}), 0.5), DTypeError);
  CHECK_THROWS_AS(pow(tensor({2}), tensor({0.5})), DTypeError);
}

TEST_CASE("hypot and its gradients at 0, at infinity and out of the squares' range") {
  const double half = std::sqrt(0.5);
  check_pairs([](const Tensor& a, const Tensor& b) { return hypot(a, b); },
              {3, -3, 0, 0, -5, inf, inf, -inf, 2, nan_value, 1, 1e30},
              {4, 4, 0, 2, 0, nan_value, inf, 1, inf, 1, nan_value, 1e30},
              {5, 5, 0, 2, 5, inf, inf, inf, inf, nan_value, nan_value, 1e30 / half},
              {0.6, -0.6, 0, 0, -1, nan_value, half, -1, 0, nan_value, nan_value, half},
              {0.8, 0.8, 0, 1, 0, nan_value, half, 0, 1, nan_value, nan_value, half});
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double unit = dtype == DType::f32 ? 0x1p-149 : 0x1p-1074, most = dtype == DType::f32 ? 3e38 : 1.7e308;
    const Tensor x = leaf_of({3 * unit, most}, dtype), y = leaf_of({4 * unit, 0}, dtype);
    hypot(x, y).sum().backward();
    CHECK(hypot(x, y)[0].item<double>() == 5 * unit);
    CHECK(allclose(x.grad(), tensor({0.6, 1.0}).to(dtype)));
  }
}

TEST_CASE("logaddexp is exact for arguments of any size, and infinities share the gradient") {
  const double l = std::log(2), s = 1 / (1 + std::exp(-1.0));
  check_pairs([](const Tensor& a, const Tensor& b) { return logaddexp(a, b); },
              {0, 1000, inf, -inf, inf, -inf, nan_value, 1, 0}, {0, 1000, inf, -inf, 1, 1, 1, nan_value, -1},
              {l, 1000 + l, inf, -inf, inf, 1, nan_value, nan_value, std::log1p(std::exp(-1.0))},
              {0.5, 0.5, 0.5, 0.5, 1, 0, nan_value, nan_value, s},
              {0.5, 0.5, 0.5, 0.5, 0, 1, nan_value, nan_value, 1 - s});
  check_pairs([](const Tensor& a, const Tensor& b) { return logaddexp2(a, b); }, {3, 10000, -inf, 1}, {3, 0, -inf, 0},
              {4, 10000, -inf, std::log2(3)}, {0.5, 1, 0.5, 2.0 / 3}, {0.5, 0, 0.5, 1.0 / 3});
}

TEST_CASE("finite numbers are told from others, and take their place") {
  const std::vector<double> points{0, inf, -inf, nan_value, 3e38};
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = leaf_of(repeated(points), dtype);
    check_result(isfinite(x), {67}, repeated({1, 0, 0, 0, 1}));
    check_result(isposinf(x), {67}, repeated({0, 1, 0, 0, 0}));
    check_result(isneginf(x), {67}, repeated({0, 0, 1, 0, 0}));
    const double most = dtype == DType::f32 ? static_cast<double>(std::numeric_limits<float>::max())
                                            : std::numeric_limits<double>::max();
    const double third = x.detach()[4].item<double>();
    check_result(nan_to_num(x.detach()), {67}, repeated({0, most, -most, 0, third}));
    const Tensor y = nan_to_num(x, 1, 2, inf);
    check_result(y.detach(), {67}, repeated({0, 2, inf, 1, third}));
    y.backward(ones_like(y));
    check_result(x.grad(), {67}, repeated({1, 0, 0, 0, 1}));
  }
  const auto of_infinities = [](DType half) { return nan_to_num(tensor({INFINITY, -INFINITY}).to(half)); };
  check_result(of_infinities(DType::f16), {2}, {65504, -65504});
  check_result(of_infinities(DType::bf16), {2}, {0x1.fep127, -0x1.fep127});
}
