// Distinct elements, positions in sorted sequences, and random choices.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/known_result.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

void check_distinct(const std::tuple<Tensor, Tensor, Tensor>& got, const std::vector<Shape>& shapes,
                    const std::vector<double>& values) {
  check_results(Tensors{std::get<0>(got), std::get<1>(got), std::get<2>(got)}, shapes, values);
}

}  // namespace

TEST_CASE("distinct elements, where each is, and how often") {
  check_distinct(unique(tensor({2, 1, 2, 5}), true, true, true), {{3}, {4}, {3}}, {1, 2, 5, 1, 0, 1, 2, 1, 2, 1});
  check_distinct(unique(tensor({{true, true}, {true, true}}), true, true, true), {{1}, {2, 2}, {1}},
                 {1, 0, 0, 0, 0, 4});
  check_distinct(unique(tensor({0.0, -0.0, nan_value, nan_value}), true, true, true), {{3}, {4}, {3}},
                 {0, nan_value, nan_value, 0, 0, 1, 2, 2, 1, 1});
  check_distinct(unique(tensor(7), true, true, true), {{1}, {}, {1}}, {7, 0, 1});
  check_distinct(unique(tensor({{1, 2}, {0, 5}, {1, 2}, {0, 4}}), true, true, true, 0), {{3, 2}, {4}, {3}},
                 {0, 4, 0, 5, 1, 2, 2, 1, 2, 0, 1, 1, 2});
  check_distinct(unique(tensor({{1, 0, 1}, {2, 5, 2}}), true, true, true, -1), {{2, 2}, {3}, {2}},
                 {0, 1, 5, 2, 1, 0, 1, 1, 2});
  check_distinct(unique_consecutive(tensor({1, 1, 2, 2, 1}), true, true), {{3}, {5}, {3}},
                 {1, 2, 1, 0, 0, 1, 1, 2, 2, 2, 1});
  check_distinct(unique_consecutive(tensor({{1, 2}, {1, 2}, {0, 5}}), true, true, 0), {{2, 2}, {3}, {2}},
                 {1, 2, 0, 5, 0, 0, 1, 2, 1});
  check_distinct(unique(empty({0}), true, true, true), {{0}, {0}, {0}}, {});
  CHECK_FALSE(std::get<1>(unique(tensor({1}))).defined());
}

TEST_CASE("unique of many elements equals a map") {
  Generator generator(2);
  const Tensor x = randint(-50, 50, {3000}, {.dtype = DType::i64}, generator);
  std::map<double, double> counts;
  for (const double value : x.to_vector<double>()) ++counts[value];
  const auto [values, inverse, found] = unique(x, true, true, true);
  std::vector<double> keys, numbers;
  for (const auto& [key, number] : counts) {
    keys.push_back(key);
    numbers.push_back(number);
  }
  CHECK(values.to_vector<double>() == keys);
  CHECK(found.to_vector<double>() == numbers);
  CHECK(equal(index_select(values, 0, inverse), x));
  const Tensor rows = randint(0, 3, {500, 4}, {.dtype = DType::i64}, generator);
  const auto [distinct, of_row, many] = unique(rows, true, true, true, 0);
  CHECK(equal(index_select(distinct, 0, of_row), rows));
  CHECK(sum(many).item() == 500);
  const Tensor code = sum(distinct * tensor({27, 9, 3, 1}), 1);  // in lexicographic order, each once
  CHECK(all(narrow(code, 0, 1, code.size(0) - 1) > narrow(code, 0, 0, code.size(0) - 1)).item<bool>());
}

TEST_CASE("positions in sorted sequences, before and after equal elements, NaN last") {
  check_result(searchsorted(tensor({1, 3, 5, 7}), tensor({0, 3, 4, 9})), {4}, {0, 1, 2, 4});
  check_result(searchsorted(tensor({1, 3, 3, 7}), tensor({{3, 1}, {8, 0}}), false, true), {2, 2}, {3, 1, 4, 0});
  check_result(searchsorted(tensor({{0, 1, 2}, {3, 3, 4}}), tensor({{1, 5}, {3, 0}})), {2, 2}, {1, 3, 0, 0});
  const Tensor sequence = tensor({-inf, 0.0, 2.0, nan_value});
  check_result(searchsorted(sequence, tensor({-inf, -0.0, 5.0, inf, nan_value})), {5}, {0, 1, 3, 3, 3});
  check_result(searchsorted(sequence, tensor({-inf, -0.0, 5.0, inf, nan_value}), false, true), {5}, {1, 2, 3, 3, 4});
  check_result(bucketize(tensor({1, 3, 6}), tensor({1, 3, 5}), false, true), {3}, {1, 2, 3});
  CHECK(bucketize(tensor({1, 3, 6}), tensor({1, 3, 5}), true).dtype() == DType::i32);
  for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::i32, DType::u8, DType::f16, DType::bf16}) {
    INFO(to_string(dtype));
    Generator generator(4);
    const Tensor row = std::get<0>(sort(randint(0, 100, {300}, {.dtype = DType::i64}, generator)));
    const Tensor values = randint(0, 100, {40, 50}, {.dtype = DType::i64}, generator);
    const auto in = row.to_vector<double>(), wanted = values.to_vector<double>();
    for (const bool right : {false, true}) {
      std::vector<double> want;
      for (const double v : wanted) {
        const auto at = right ? std::upper_bound(in.begin(), in.end(), v) : std::lower_bound(in.begin(), in.end(), v);
        want.push_back(static_cast<double>(at - in.begin()));
      }
      check_result(searchsorted(row.to(dtype), values.to(dtype), false, right), {40, 50}, want);
    }
  }
}

TEST_CASE("bernoulli draws what probabilities say") {
  Generator generator(1), same(1);
  const Tensor p = tensor({0.0, 0.25, 1.0}).expand({20000, 3});
  const Tensor drawn = bernoulli(p, generator);
  CHECK(drawn.dtype() == DType::f32);
  CHECK(equal(drawn, bernoulli(p, same)));
  const std::vector<double> shares = mean(drawn, 0).to_vector<double>();
  CHECK(shares[0] == 0);
  CHECK(std::abs(shares[1] - 0.25) < 0.015);  // five standard deviations
  CHECK(shares[2] == 1);
  const Tensor flags = bernoulli(zeros({20000}, DType::boolean), 0.7, generator);
  CHECK(std::abs(mean(flags).item() - 0.7) < 0.017);
  CHECK(flags.dtype() == DType::boolean);
}

TEST_CASE("multinomial draws in proportion to the weights") {
  Generator generator(7), same(7);
  const Tensor weights = tensor({{1.0, 0.0, 3.0, 0.0}, {0.0, 2.0, 2.0, 4.0}});
  const Tensor drawn = multinomial(weights, 20000, true, generator);
  CHECK(drawn.dtype() == DType::i64);
  CHECK(equal(drawn, multinomial(weights, 20000, true, same)));
  const std::vector<double> expected{0.25, 0, 0.75, 0, 0, 0.25, 0.25, 0.5};
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t i = 0; i < 4; ++i) {
      const double share = mean(drawn[row] == i).item(), want = expected[static_cast<std::size_t>(4 * row + i)];
      CHECK(std::abs(share - want) < (want == 0 ? 1e-9 : 0.02));
    }
  }
  // Weights of any size, and no more than what has one.
  CHECK(equal(multinomial(tensor({0.0, 1e-30, 0.0}), 3, true, generator), tensor({1, 1, 1})));
  CHECK(multinomial(tensor({3e38, 3e38}), 1000, true, generator).to(DType::f64).mean().item() ==
        doctest::Approx(0.5).epsilon(0.2));
}

TEST_CASE("multinomial refuses rows without weights") {
  for (const Tensor& nothing : {zeros({0}), zeros({2, 0}), zeros({3})}) {
    CHECK_THROWS_WITH_AS(multinomial(nothing, 1, true),
                         "multinomial: expected at least 1 positive weights in each row, got fewer", ValueError);
  }
  CHECK(multinomial(zeros({0, 3}), 2).shape() == Shape{0, 2});
}

TEST_CASE("multinomial without replacement draws each position once") {
  Generator generator(9);
  const Tensor weights = tensor({1.0, 2.0, 0.0, 5.0}).expand({10000, 4});
  const Tensor drawn = multinomial(weights, 3, false, generator);
  check_result(sum(std::get<0>(sort(drawn)), 0), {3}, {0, 10000, 30000});  // positions 0, 1, 3 in each row
  // The first is drawn by weight, the second by the weights that are left.
  const Tensor first = select(drawn, 1, 0), second = select(drawn, 1, 1);
  CHECK(std::abs(mean(first == 3).item() - 5.0 / 8) < 0.025);
  CHECK(std::abs(mean(first == 0).item() - 1.0 / 8) < 0.017);
  const double after_three = sum(logical_and(first == 3, second == 1)).item() / sum(first == 3).item();
  CHECK(std::abs(after_three - 2.0 / 3) < 0.03);
}
