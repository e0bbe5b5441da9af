// Statistics of order, counts and covariances, against what PyTorch gives and plain arithmetic.

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/check_reduction.h"
#include "support/known_result.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

Tensor doubles(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}); }

void check_near(const Tensor& got, const Tensor& want) { CHECK(allclose(got.to(DType::f64), want, 1e-6, 1e-12, true)); }

}  // namespace

TEST_CASE("medians are the lower ones, and NaN if there is one") {
  const Tensor x = doubles({{3, 1, 4, 2}, {1, nan_value, 2, nan_value}, {nan_value, nan_value, nan_value, nan_value}});
  check_results(median(x, 1), {{3}, {3}}, {2, nan_value, nan_value, 3, 1, 0});
  check_results(nanmedian(x, -1, true), {{3, 1}, {3, 1}}, {2, 1, nan_value, 3, 0, 0});
  check_result(median(doubles({3, 1, 4, 2})), {}, {2});
  check_result(median(tensor({5, 1, 3, 9})), {}, {3});
  check_result(median(x), {}, {nan_value});
  check_result(nanmedian(x), {}, {2});
  check_result(median(ones({0})), {}, {nan_value});
  check_results(median(tensor(5.0), 0), {{}, {}}, {5, 0});
  check_reduction([](const Tensor& t, std::int64_t dim) { return std::get<0>(median(t, dim)); },
                  [](Values v) {
                    std::sort(v.begin(), v.end());
                    return v[(v.size() - 1) / 2];
                  },
                  1e-7);
}

TEST_CASE("the median of all shares its gradient, one along a dimension gives it to the position returned") {
  const Tensor x = doubles({1, 2, 2, 3}).requires_grad_(), y = doubles({1, 2, 2, 3, 2}).requires_grad_();
  median(x).backward();
  check_result(x.grad(), {4}, {0, 0.5, 0.5, 0});
  std::get<0>(median(y, 0)).backward();
  check_result(y.grad(), {5}, {0, 0, 1, 0, 0});
  const Tensor n = doubles({nan_value, 2, nan_value}).requires_grad_();
  median(n).backward();
  check_result(n.grad(), {3}, {0.5, 0, 0.5});
}

TEST_CASE("the k-th smallest element, NaN last, and the most frequent one") {
  check_results(kthvalue(doubles({2, nan_value, 1}), 3), {{}, {}}, {nan_value, 1});
  check_results(kthvalue(doubles({2, 2, 1}), 2), {{}, {}}, {2, 0});
  check_results(kthvalue(tensor({{3, 1}, {2, 5}}), 2, 0, true), {{1, 2}, {1, 2}}, {3, 5, 0, 1});
  check_results(mode(doubles({{1, 2, 2, 1, 3}, {4, 4, 0, 0, 0}})), {{2}, {2}}, {1, 0, 3, 4});
  check_results(mode(doubles({3, 1, 2}), 0, true), {{1}, {1}}, {1, 1});
  check_results(mode(tensor({{true, false}, {true, false}, {false, false}}), 0), {{2}, {2}}, {1, 0, 1, 2});
  check_results(mode(doubles({nan_value, 1, nan_value})), {{}, {}}, {nan_value, 2});
  const Tensor x = doubles({2, 1, 2}).requires_grad_();
  std::get<0>(mode(x)).backward();
  check_result(x.grad(), {3}, {0, 0, 1});
}

TEST_CASE("quantiles between ranks") {
  const Tensor x = doubles({10, 0, 3, 1, 2}), q = doubles({0, 0.1, 0.375, 0.6, 0.9, 1});
  check_near(quantile(x, q), doubles({0, 0.4, 1.5, 2.4, 7.2, 10}));
  check_near(quantile(x, q, 0, false, "lower"), doubles({0, 0, 1, 2, 3, 10}));
  check_near(quantile(x, q, 0, false, "higher"), doubles({0, 1, 2, 3, 10, 10}));
  check_near(quantile(x, q, 0, false, "midpoint"), doubles({0, 0.5, 1.5, 2.5, 6.5, 10}));
  check_near(quantile(x, q, 0, false, "nearest"), doubles({0, 0, 2, 2, 10, 10}));
  check_near(quantile(x.to(DType::f32), q.to(DType::f32)), doubles({0, 0.4, 1.5, 2.4, 7.2, 10}));
  const Tensor rows = doubles({{1, nan_value, 2}, {3, 4, 5}, {nan_value, nan_value, nan_value}});
  check_near(quantile(rows, 0.5, 1), doubles({nan_value, 4, nan_value}));
  check_near(nanquantile(rows, 0.5, 1), doubles({1.5, 4, nan_value}));
  check_near(nanquantile(rows, doubles({0, 1}), -1, true), doubles({{{1}, {3}, {nan_value}}, {{2}, {5}, {nan_value}}}));
  check_result(quantile(doubles({-inf, 1, inf}), doubles({0, 0.25, 0.5, 0.75, 1})), {5}, {-inf, -inf, 1, inf, inf});
  CHECK(quantile(rows, doubles({0.1, 0.2}), 0, true).shape() == Shape{2, 1, 3});
  CHECK(quantile(rows, doubles({0.1, 0.2})).shape() == Shape{2});
  CHECK(quantile(rows, 0.1, std::nullopt, true).shape() == Shape{1, 1});
  const Tensor leaf = doubles({10, 0, 3}).requires_grad_();
  quantile(leaf, 0.75).backward();
  check_result(leaf.grad(), {3}, {0.5, 0, 0.5});
}

TEST_CASE("counts of whole numbers and of parts of a range") {
  check_result(bincount(tensor({0, 3, 1, 3}), {}, 6), {6}, {1, 1, 0, 2, 0, 0});
  check_result(bincount(tensor({0, 1, 1}).to(DType::i32), doubles({0.5, 1, 2})), {2}, {0.5, 3});
  check_result(bincount(empty({0}, DType::i64)), {0});
  CHECK_THROWS_AS(bincount(full({1}, INT64_MAX, DType::i64)), IndexError);
  CHECK(bincount(tensor({1})).dtype() == DType::i64);
  check_result(histc(doubles({0, 0.5, 1, 1, 2, 3, nan_value}), 4, 0, 2), {4}, {1, 1, 2, 1});
  check_result(histc(tensor({1.0, 1.0}), 3), {3}, {0, 2, 0});
  check_result(histc(doubles({4, 0, 1, 2}), 2), {2}, {2, 2});
  check_result(histc(doubles({-6, 1, 2}), 2, 2, 2), {2}, {1, 2});
  check_result(histc(arange(11, DType::f32) * 0.1, 10, 0, 1), {10}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 2});
  CHECK(sum(histc(randn({10000}), 50)).item() == 10000);
}

TEST_CASE("covariances and correlations") {
  const Tensor x = doubles({{1, 2, 4}, {3, 1, 2}});
  check_near(cov(x), doubles({{7.0 / 3, -0.5}, {-0.5, 1}}));
  check_near(cov(x, 0), doubles({{14.0 / 9, -1.0 / 3}, {-1.0 / 3, 2.0 / 3}}));
  check_near(cov(doubles({1, 2, 4})), doubles(7.0 / 3));
  const double r = -0.5 / std::sqrt(7.0 / 3);
  check_near(corrcoef(x), doubles({{1, r}, {r, 1}}));
  check_near(corrcoef(doubles({{1, 2}, {3, 3}})), doubles({{1, nan_value}, {nan_value, nan_value}}));
}

TEST_CASE("pairs of reductions, and reductions without NaN") {
  const Tensor x = doubles({{1, nan_value, 2}, {3, 4, 8}});
  const Tensor y = narrow(x, 0, 1, 1);
  check_results(var_mean(y, {1}), {{1}, {1}}, {7, 5});
  check_near(std::get<0>(std_mean(y, {1}, 0)), doubles({std::sqrt(14.0 / 3)}));
  check_results(aminmax(x, 1), {{2}, {2}}, {nan_value, 3, nan_value, 8});
  check_results(aminmax(y), {{}, {}}, {3, 8});
  check_result(nansum(x, {1}), {2}, {3, 15});
  check_result(nanmean(x, {1}, true), {2, 1}, {1.5, 5});
  check_result(nanmean(full({2}, NAN)), {}, {nan_value});
  check_result(count_nonzero(tensor({{0, 3}, {4, 0}}), {0}), {2}, {1, 1});
  check_result(count_nonzero(x), {}, {6});  // NaN is not 0
  const Tensor leaf = x.clone().requires_grad_();
  nanmean(leaf).backward();
  check_result(leaf.grad(), {2, 3}, {0.2, 0, 0.2, 0.2, 0.2, 0.2});
}

TEST_CASE("statistics of half floats are computed in f32") {
  const auto ramp = arange(2049, DType::f16);  // whole numbers, all of which f16 holds
  // In f16 0.7 would be 1434 / 2048.
  CHECK(quantile(ramp, 0.7, std::nullopt, false, "lower").item() == 1433);
  CHECK(nanquantile(ramp, 0.7, 0, false, "lower").item() == 1433);
  CHECK(quantile(ramp, 0.7).dtype() == DType::f16);
  check_result(nanmean(full({3}, 60000, DType::f16)), {}, {60000});  // their sum is out of range
  const Tensor many = zeros({70000}, DType::f16).requires_grad_();   // and so is this number
  median(many).backward();
  CHECK(many.grad()[0].item() == tensor(1.0 / 70000).to(DType::f16).item());
  // At 58.98 of 100, which f16 would round to 59.
  CHECK(histc(full({1}, 0.58984375, DType::f16), 100, 0, 1)[58].item() == 1);
}
