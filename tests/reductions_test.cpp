// Values of the reductions against loops over the elements, in layouts and sizes that take every path of the kernels.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/check_reduction.h"
#include "support/default_device.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double total(const Values& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum;
}

double variance(const Values& v) {
  const double mean = total(v) / static_cast<double>(v.size());
  double squares = 0;
  for (const double x : v) squares += (x - mean) * (x - mean);
  return squares / static_cast<double>(v.size());
}

Tensor doubles(const Values& values) { return tensor(values); }

}  // namespace

TEST_CASE("sums, products and norms") {
  SUBCASE("sum") {
    check_reduction([](const Tensor& x, std::int64_t d) { return sum(x, {d}); }, total, 1e-4);
  }
  SUBCASE("a sum of -0 is 0, as PyTorch's, whatever its length and layout") {
    for (const std::int64_t n : {1, 3, 64, 100, 5000}) {
      CAPTURE(n);
      CHECK(!std::signbit(sum(full({n}, -0.0)).item()));
      CHECK(!std::signbit(sum(full({n, 3}, -0.0), {0})[1].item()));
    }
  }
  SUBCASE("mean") {
    check_reduction([](const Tensor& x, std::int64_t d) { return mean(x, {d}); },
                    [](const Values& v) { return total(v) / static_cast<double>(v.size()); }, 1e-6);
  }
  SUBCASE("prod") {
    check_reduction([](const Tensor& x, std::int64_t d) { return prod(x, {d}); },
                    [](const Values& v) {
                      double product = 1;
                      for (const double x : v) product *= x;
                      return product;
                    },
                    1e-3, 0.999, 1.001);
  }
  SUBCASE("norms") {
    check_reduction([](const Tensor& x, std::int64_t d) { return norm(x, 2, {d}); },
                    [](const Values& v) {
                      double squares = 0;
                      for (const double x : v) squares += x * x;
                      return std::sqrt(squares);
                    },
                    1e-5);
    check_reduction([](const Tensor& x, std::int64_t d) { return norm(x, 1, {d}); },
                    [](const Values& v) {
                      double magnitudes = 0;
                      for (const double x : v) magnitudes += std::abs(x);
                      return magnitudes;
                    },
                    1e-5);
    const Tensor x = doubles({3, -4, 0});
    CHECK(norm(x).item() == 5);
    CHECK(norm(x, infinity).item() == 4);
    CHECK(norm(x, -infinity).item() == 0);
    CHECK(norm(x, 0).item() == 2);
    CHECK(norm(x, 3).item() == doctest::Approx(std::cbrt(27 + 64)));
    CHECK(norm(x, -1).item() == 0);
    CHECK(norm(zeros({0}), 2).item() == 0);
    CHECK(norm(zeros({3}), 3).item() == 0);
  }
}

TEST_CASE("statistics") {
  SUBCASE("var") {
    check_reduction([](const Tensor& x, std::int64_t d) { return var(x, {d}, 0); }, variance, 1e-5);
    check_reduction([](const Tensor& x, std::int64_t d) { return var(x + 100, {d}, 0); }, variance, 1e-3);
  }
  SUBCASE("stddev") {
    check_reduction([](const Tensor& x, std::int64_t d) { return stddev(x, {d}, 0); },
                    [](const Values& v) { return std::sqrt(variance(v)); }, 1e-5);
  }
  SUBCASE("by hand") {
    const Tensor x = doubles({1, 2, 3, 6});  // mean 3, squares 4 + 1 + 0 + 9
    CHECK(var(x).item() == doctest::Approx(14.0 / 3));
    CHECK(var(x, {}, 0).item() == doctest::Approx(14.0 / 4));
    CHECK(stddev(x).item() == doctest::Approx(std::sqrt(14.0 / 3)));
    CHECK(var(x, {}, 1, true).shape() == Shape{1});
    CHECK(std::isnan(var(doubles({1})).item()));
    CHECK(var(doubles({1}), {}, 0).item() == 0);
    CHECK(std::isnan(var(doubles({})).item()));
    CHECK(var(doubles({1e8, 1e8 + 1, 1e8 + 2}).to(DType::f64)).item() == 1);
  }
  SUBCASE("the gradient of std where it is 0") {
    const Tensor x = doubles({2, 2, 2}).requires_grad_();
    stddev(x).backward();
    CHECK(x.grad().to_vector<double>() == Values{0, 0, 0});
  }
  SUBCASE("the gradient of the 2-norm where it is 0") {
    const Tensor x = zeros({3}).requires_grad_();
    norm(x).backward();
    CHECK(x.grad().to_vector<double>() == Values{0, 0, 0});
  }
  SUBCASE("logsumexp") {
    const auto reference = [](const Values& v) {
      const double largest = *std::max_element(v.begin(), v.end());
      double sum = 0;
      for (const double x : v) sum += std::exp(x - largest);
      return largest + std::log(sum);
    };
    check_reduction([](const Tensor& x, std::int64_t d) { return logsumexp(x, {d}); }, reference, 1e-5, -50, 50);
    CHECK(logsumexp(doubles({1e4, 1e4}), {}).item() == doctest::Approx(1e4 + std::log(2)));
    CHECK(logsumexp(doubles({-1e4, -1e4}), {}).item() == doctest::Approx(-1e4 + std::log(2)));
    CHECK(logsumexp(doubles({-infinity, 3}), {}).item() == 3);
    CHECK(logsumexp(doubles({-infinity, -infinity}), {}).item() == -infinity);
    CHECK(logsumexp(doubles({infinity, 3}), {}).item() == infinity);
    CHECK(std::isnan(logsumexp(doubles({not_a_number, 3}), {}).item()));
    CHECK(logsumexp(zeros({0}), {}).item() == -infinity);
    // Pieces whose maxima differ by more than exponentials reach.
    const Tensor far = full({10000}, -1e4);
    far[9999] = 5;
    CHECK(logsumexp(far, {}).item() == doctest::Approx(5));
    const Tensor x = doubles({-infinity, -infinity}).requires_grad_();
    logsumexp(x, {}).backward();
    CHECK(x.grad().to_vector<double>() == Values{0, 0});
  }
}

TEST_CASE("integers: sums and products are i64, extremes keep the dtype") {
  for (const DType dtype : {DType::i64, DType::i32, DType::u8}) {
    const Tensor x = tensor({{1, 2, 3}, {4, 5, 250}}).to(dtype);
    CHECK(sum(x).dtype() == DType::i64);
    CHECK(sum(x).item<std::int64_t>() == 265);
    CHECK(prod(x, {0}).to_vector<std::int64_t>() == std::vector<std::int64_t>{4, 10, 750});
    CHECK(prod(x).dtype() == DType::i64);
    CHECK(cumsum(x, 1).dtype() == DType::i64);
    CHECK(cumsum(x, 1).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 3, 6, 4, 9, 259});
    CHECK(amax(x).dtype() == dtype);
    CHECK(amax(x).item<std::int64_t>() == 250);
    CHECK(argmax(x, 0).to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 1, 1});
    CHECK(argmax(x).dtype() == DType::i64);
  }
  CHECK(sum(tensor({true, false, true})).item<std::int64_t>() == 2);
  CHECK(cumprod(tensor({{2, 3}, {4, 5}}), 0).dtype() == DType::i64);
  CHECK(cumprod(tensor({{2, 3}, {4, 5}}).to(DType::u8), 0).to_vector<int>() == std::vector<int>{2, 3, 8, 15});
  CHECK(cumprod(tensor({true, false, true}), 0).to_vector<int>() == std::vector<int>{1, 0, 0});
  CHECK(cumsum(tensor({true, false, true}), 0).to_vector<int>() == std::vector<int>{1, 1, 2});
  CHECK_THROWS_AS(mean(tensor({1, 2})), DTypeError);
}

TEST_CASE("extremes and products of boolean: true is the larger") {
  const Tensor x = tensor({{false, true, true}, {false, false, true}});
  using Ints = std::vector<int>;
  CHECK(amax(x, {0}).dtype() == DType::boolean);
  CHECK(amax(x, {0}).to_vector<int>() == Ints{0, 1, 1});
  CHECK(amin(x, {0}).to_vector<int>() == Ints{0, 0, 1});
  const auto [largest, places] = max(x, 1);
  CHECK(largest.to_vector<int>() == Ints{1, 1});
  CHECK(places.to_vector<int>() == Ints{1, 2});
  const auto [smallest, first] = min(x, 0);
  CHECK(smallest.to_vector<int>() == Ints{0, 0, 1});
  CHECK(first.to_vector<int>() == Ints{0, 1, 0});
  CHECK(argmax(x).item<int>() == 1);
  CHECK(argmin(x, 1).to_vector<int>() == Ints{0, 0});
  CHECK(prod(x, {0}).dtype() == DType::i64);
  CHECK(prod(x, {0}).to_vector<int>() == Ints{0, 0, 1});
  const Tensor many = arange(10000) == 7000;
  CHECK(argmax(many).item<int>() == 7000);
  CHECK(many.max().item<int>() == 1);
  CHECK(argmin(many.view({100, 100}), 0).to_vector<int>() == Ints(100, 0));
  CHECK(argmax(many.view({100, 100}), 0).to_vector<int>()[0] == 70);
}

TEST_CASE("nothing to reduce") {
  const Tensor none = zeros({2, 0});
  CHECK(sum(none, {1}).to_vector<double>() == Values{0, 0});
  CHECK(prod(none, {1}).to_vector<double>() == Values{1, 1});
  CHECK(sum(none).item() == 0);
  CHECK(all(none).item<bool>());
  CHECK_FALSE(any(none).item<bool>());
  CHECK(sum(none, {0}).shape() == Shape{0});
  CHECK(amax(none, {0}).shape() == Shape{0});
  CHECK(cumsum(none, 0).shape() == Shape{2, 0});
  CHECK(std::isnan(mean(none).item()));
}

TEST_CASE("all and any") {
  const Tensor x = zeros({3, 5000});
  x[1][4999] = not_a_number;
  x[2].fill_(1);
  CHECK(any(x, {1}).to_vector<int>() == std::vector<int>{0, 1, 1});
  CHECK(all(x, {1}).to_vector<int>() == std::vector<int>{0, 0, 1});
  CHECK(sum(any(x, {0})).item() == 5000);
  CHECK(sum(all(x, {0})).item() == 0);
  CHECK(any(tensor({0, 2})).item<bool>());
}

TEST_CASE("large reductions give the same bits with one and with two threads") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const int threads = num_threads();
  const Tensor x = uniform({700, 1300}, -2, 2).to(DType::f32), row = x.reshape({-1});
  const auto compute = [&] {
    Tensors out;
    for (const Tensor& t : {x, row, x.t(), x.reshape({70, 10, 1300})}) {
      for (const Dims& dims : {Dims{}, Dims{0}, Dims{t.dim() - 1}}) {
        out.insert(out.end(), {sum(t, dims), prod(t, dims), var(t, dims), norm(t, 2, dims), logsumexp(t, dims)});
        out.push_back(amax(t, dims));
        if (!dims.empty()) out.insert(out.end(), {argmax(t, dims[0]), cumsum(t, dims[0]), cumprod(t, dims[0])});
      }
    }
    return out;
  };
  set_num_threads(1);
  const Tensors one = compute();
  set_num_threads(2);
  const Tensors two = compute();
  set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(difference(two[i], one[i], 0) == "");
}
