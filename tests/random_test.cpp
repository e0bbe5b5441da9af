// Random numbers: the generator's published vectors, reproducibility, moments.

#include <algorithm>
#include <array>
#include <cmath>

#include <doctest/doctest.h>
#include <reel/kernels/random.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

using namespace reel;

namespace {

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  const auto join = [](std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32 | low; };
  const kernels::Philox random({join(key[0], key[1]), join(counter[2], counter[3])}, join(counter[0], counter[1]));
  return {random.word[0], random.word[1], random.word[2], random.word[3]};
}

/// The k-th central moment, or the mean for k = 1.
double moment(const std::vector<double>& values, int k) {
  double mean = 0, sum = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  if (k == 1) return mean;
  for (const double value : values) sum += std::pow(value - mean, k);
  return sum / static_cast<double>(values.size());
}

template <class F> void same_for_any_threads(F draw) {
  const int threads = num_threads();
  std::vector<std::vector<double>> results;
  for (const int n : {1, 2, 3}) {
    set_num_threads(n);
    manual_seed(42);
    results.push_back(draw().template to_vector<double>());
  }
  set_num_threads(threads);
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
}

}  // namespace

TEST_CASE("Philox 4x32-10 gives the known answers of Random123") {
  using Words = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t all = 0xffffffff;
  CHECK(philox({all, all, all, all}, {all, all}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("draws do not depend on the number of threads") {
  same_for_any_threads([] { return rand({200003}); });
  same_for_any_threads([] { return rand({100003}, {.dtype = DType::f64}); });
  same_for_any_threads([] { return randn({200003}); });
  same_for_any_threads([] { return randn({100003}, {.dtype = DType::f64}); });
  same_for_any_threads([] { return randint(-5, 1000, {100003}); });
  same_for_any_threads([] { return randperm(50021); });
}

TEST_CASE("an element depends on its position, not on how many are drawn") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const bool normal : {false, true}) {
      const auto draw = [&](std::int64_t n) {
        Generator generator(9);
        return (normal ? randn({n}, {.dtype = dtype}, generator) : rand({n}, {.dtype = dtype}, generator))
            .to_vector<double>();
      };
      const std::vector<double> all = draw(100000);
      for (const std::int64_t n : {1, 5, 63, 257, 1000, 70001}) {
        const std::vector<double> some = draw(n);
        CHECK(std::equal(some.begin(), some.end(), all.begin()));
      }
    }
  }
}

TEST_CASE("seeds and generators") {
  manual_seed(1);
  const auto first = rand({8}).to_vector<float>(), second = rand({8}).to_vector<float>();
  CHECK(first != second);
  manual_seed(1);
  CHECK(rand({8}).to_vector<float>() == first);
  const PhiloxState state = default_generator().state();
  CHECK(rand({8}).to_vector<float>() == second);
  default_generator().set_state(state);
  CHECK(rand({8}).to_vector<float>() == second);
  Generator own(1);
  CHECK(rand({8}, {}, own).to_vector<float>() == first);
  manual_seed(2);
  CHECK(rand({8}).to_vector<float>() != first);
}

TEST_CASE("distributions have their moments") {
  Generator generator(11);
  constexpr std::int64_t n = 400000;
  for (const DType dtype : {DType::f32, DType::f64}) {
    const auto uniform = rand({n}, {.dtype = dtype}, generator).to_vector<double>();
    CHECK(*std::min_element(uniform.begin(), uniform.end()) >= 0);
    CHECK(*std::max_element(uniform.begin(), uniform.end()) < 1);
    CHECK(std::abs(moment(uniform, 1) - 0.5) < 0.003);
    CHECK(std::abs(moment(uniform, 2) - 1.0 / 12) < 0.001);
    const auto normal = randn({n}, {.dtype = dtype}, generator).to_vector<double>();
    CHECK(std::abs(moment(normal, 1)) < 0.01);
    CHECK(std::abs(moment(normal, 2) - 1) < 0.015);
    CHECK(std::abs(moment(normal, 3)) < 0.03);
    CHECK(std::abs(moment(normal, 4) - 3) < 0.1);
  }
  std::vector<int> counts(7);
  for (const std::int64_t value : randint(-3, 4, {70000}, {.dtype = DType::i64}, generator).to_vector<std::int64_t>()) {
    REQUIRE(value >= -3);
    REQUIRE(value < 4);
    ++counts[static_cast<std::size_t>(value + 3)];
  }
  for (const int count : counts) CHECK(std::abs(count - 10000) < 500);
}

TEST_CASE("randperm has every number once, in random order") {
  Generator generator(5);
  auto order = randperm(1000, generator).to_vector<std::int64_t>();
  std::int64_t fixed = 0;
  for (std::size_t i = 0; i < order.size(); ++i) fixed += order[i] == static_cast<std::int64_t>(i);
  CHECK(fixed < 10);  // 1 on average
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) REQUIRE(order[i] == static_cast<std::int64_t>(i));
  CHECK(randperm(0).numel() == 0);
  CHECK_THROWS_AS(randperm(-1), ValueError);
}

TEST_CASE("ranges and dtypes of random numbers are checked") {
  CHECK_THROWS_AS(randint(3, 3, {2}), ValueError);
  CHECK_THROWS_AS(randint(0, 1000, {2}, {.dtype = DType::u8}), DTypeError);
  CHECK_THROWS_AS(rand({2}, {.dtype = DType::i64}), DTypeError);
  CHECK_THROWS_AS(randn({-2}), ShapeError);
  CHECK(randint(0, 256, {2}, {.dtype = DType::u8}).dtype() == DType::u8);
  CHECK(rand({2}, {.requires_grad = true}).requires_grad());
  CHECK(randn_like(ones({2, 3}, {.dtype = DType::f64})).dtype() == DType::f64);
}

TEST_CASE("a generator gives single numbers, those that rand draws") {
  Generator single(5), drawing(5);
  for (int i = 0; i < 100; ++i) {
    const double u = single.uniform();
    CHECK(u == rand({}, {.dtype = DType::f64}, drawing).item());
    CHECK((u >= 0 && u < 1));
  }
}
