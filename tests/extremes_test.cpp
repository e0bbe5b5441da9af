// Extremes and where they are: values against loops, NaN, equal elements.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>

#include "support/check_reduction.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Tensor doubles(const Values& values) { return tensor(values); }

}  // namespace

TEST_CASE("extremes and where they are") {
  const auto place = [](const Values& v, bool largest) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < v.size(); ++i) {
      if (largest ? v[i] > v[best] : v[i] < v[best]) best = i;
    }
    return static_cast<double>(best);
  };
  // Few different values, so that the first of equals matters.
  const auto coarse = [](const Tensor& x) { return round(x * 3); };
  const auto coarse_values = [](Values v) {
    for (double& x : v) x = std::nearbyint(x * 3);
    return v;
  };
  SUBCASE("argmax") {
    check_reduction([&](const Tensor& x, std::int64_t d) { return argmax(coarse(x), d).to(DType::f64); },
                    [&](const Values& v) { return place(coarse_values(v), true); }, 0);
  }
  SUBCASE("argmin") {
    check_reduction([&](const Tensor& x, std::int64_t d) { return argmin(coarse(x), d).to(DType::f64); },
                    [&](const Values& v) { return place(coarse_values(v), false); }, 0);
  }
  SUBCASE("max and amax") {
    const auto largest = [](const Values& v) { return *std::max_element(v.begin(), v.end()); };
    check_reduction([](const Tensor& x, std::int64_t d) { return std::get<0>(max(x, d)); }, largest, 1e-7);
    check_reduction([](const Tensor& x, std::int64_t d) { return amax(x, {d}); }, largest, 1e-7);
  }
  SUBCASE("min and amin") {
    const auto smallest = [](const Values& v) { return *std::min_element(v.begin(), v.end()); };
    check_reduction([](const Tensor& x, std::int64_t d) { return std::get<0>(min(x, d)); }, smallest, 1e-7);
    check_reduction([](const Tensor& x, std::int64_t d) { return amin(x, {d}); }, smallest, 1e-7);
  }
}

TEST_CASE("NaN wins every extreme, the first one") {
  for (const std::int64_t n : {5, 100, 9000}) {
    const Tensor x = uniform({n});
    x[n / 2] = not_a_number;
    x[n - 1] = not_a_number;
    for (const Tensor& layout : {x, stack({x, x}, 1)}) {
      INFO(n << " elements, rank " << layout.dim());
      CHECK(isnan(amax(layout)).item<bool>());
      CHECK(isnan(amin(layout)).item<bool>());
      CHECK(all(argmax(layout, 0) == n / 2).item<bool>());
      CHECK(all(argmin(layout, 0) == n / 2).item<bool>());
      CHECK(all(isnan(std::get<0>(max(layout, 0)))).item<bool>());
    }
  }
  CHECK(argmax(doubles({-infinity, -infinity})).item() == 0);
  CHECK(amax(doubles({-infinity, -infinity})).item() == -infinity);
}

TEST_CASE("argmax of a whole tensor counts in its own order, whatever the memory") {
  const Tensor x = uniform({2, 3, 4, 5});
  const auto values = x.to_vector<double>();
  const auto want = std::max_element(values.begin(), values.end()) - values.begin();
  for (const Tensor& layout : {x, x.channels_last(), strided(x)}) CHECK(argmax(layout).item<std::int64_t>() == want);
  CHECK(argmin(-x, std::nullopt, true).shape() == Shape{1, 1, 1, 1});
  CHECK(argmax(tensor(3)).item() == 0);
}

TEST_CASE("ties: amax shares the gradient, max gives it to the first") {
  const Tensor x = tensor({{1.0, 3.0, 3.0}, {2.0, 2.0, 2.0}}, {.dtype = DType::f64}).requires_grad_();
  amax(x, {1}).backward(doubles({1, 3}));
  CHECK(x.grad().to_vector<double>() == Values{0, 0.5, 0.5, 1, 1, 1});
  x.set_grad({});
  const auto [values, indices] = max(x, 1);
  CHECK(indices.to_vector<int>() == std::vector<int>{1, 0});
  values.backward(doubles({1, 3}));
  CHECK(x.grad().to_vector<double>() == Values{0, 1, 0, 3, 0, 0});
  x.set_grad({});
  amin(x).backward();
  CHECK(x.grad().to_vector<double>() == Values{1, 0, 0, 0, 0, 0});
}
