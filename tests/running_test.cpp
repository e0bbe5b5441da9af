// Running extremes and sums of exponentials, differences and integrals.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/known_result.h"
#include "support/op_runs.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan_value = std::nan("");

Tensor doubles(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}); }

}  // namespace

TEST_CASE("running extremes are the last of equals, and NaN from the first one on") {
  check_results(cummax(doubles({1, 3, 3, nan_value, 5, nan_value}), 0), {{6}, {6}},
                {1, 3, 3, nan_value, nan_value, nan_value, 0, 1, 2, 3, 3, 5});
  check_results(cummin(doubles({3, 1, 1, 2, -inf}), 0), {{5}, {5}}, {3, 1, 1, 1, -inf, 0, 1, 2, 2, 4});
  check_results(cummax(tensor({{1, 5}, {3, 2}}), 0), {{2, 2}, {2, 2}}, {1, 5, 3, 5, 0, 0, 1, 0});
  check_results(cummin(tensor({true, false, true}), 0), {{3}, {3}}, {1, 0, 0, 0, 1, 1});
  check_results(cummax(tensor(5.0), 0), {{}, {}}, {5, 0});
  const Tensor x = doubles({1, 3, 3, 2}).requires_grad_();
  std::get<0>(cummax(x, 0)).sum().backward();
  check_result(x.grad(), {4}, {1, 1, 2, 0});
}

TEST_CASE("running extremes of long lines equal a loop") {
  for (const Shape& shape : {Shape{1000}, Shape{3, 65}, Shape{65, 3}, Shape{2, 33, 2}}) {
    const Tensor x = uniform(shape).to(DType::f32);
    for (std::int64_t dim = 0; dim < x.dim(); ++dim) {
      const auto [values, indices] = cummax(strided(x), dim);
      Tensor largest = select(x, dim, 0);
      for (std::int64_t i = 0; i < x.size(dim); ++i) {
        largest = maximum(largest, select(x, dim, i));
        CHECK(equal(select(values, dim, i), largest));
      }
      CHECK(equal(gather(x, dim, indices), values));
    }
  }
}

TEST_CASE("the running logsumexp is exact for numbers of any size") {
  const double l = std::log(2);
  CHECK(allclose(logcumsumexp(doubles({0, 1000, 1000, -inf, -1000}), 0),
                 doubles({0, 1000, 1000 + l, 1000 + l, 1000 + l})));
  CHECK(allclose(logcumsumexp(doubles({-inf, -inf, 1, inf}), 0), doubles({-inf, -inf, 1, inf})));
  const Tensor x = uniform({3, 70}, -3, 3);
  CHECK(allclose(logcumsumexp(x, 1), log(cumsum(exp(x), 1)), 1e-12));
  CHECK(allclose(logcumsumexp(x, 0), log(cumsum(exp(x), 0)), 1e-12));
  const Tensor y = doubles({-inf, 0, 0}).requires_grad_();
  logcumsumexp(y, 0)[2].backward();
  CHECK(allclose(y.grad(), doubles({0, 0.5, 0.5})));
}

TEST_CASE("the running logsumexp of half floats is rounded once") {
  for (const DType half : {DType::f16, DType::bf16}) {
    const Tensor expected = log(arange(1, 1001, 1, {.dtype = DType::f64}));
    const double rounding = half == DType::f16 ? 0x1p-11 : 0x1p-8;
    CHECK(allclose(logcumsumexp(zeros({1000}, half), 0).to(DType::f64), expected, 1.001 * rounding, 0));
  }
}

TEST_CASE("differences of neighbours, and their integral") {
  check_result(diff(tensor({1, 4, 9, 16})), {3}, {3, 5, 7});
  check_result(diff(tensor({1, 4, 9, 16}), 2), {2}, {2, 2});
  check_result(diff(tensor({{1, 2}, {4, 8}}), 1, 0), {1, 2}, {3, 6});
  check_result(diff(tensor({1, 4}), 1, 0, tensor({0}), tensor({9, 9})), {4}, {1, 3, 5, 0});
  check_result(diff(tensor({true, true, false})), {2}, {0, 1});
  check_result(diff(tensor({1, 4}), 5), {0});
  check_result(trapezoid(doubles({1, 5, 3}), 2), {}, {14});
  check_result(trapezoid(doubles({1, 2, 3}), doubles({0, 1, 3})), {}, {6.5});
  check_result(trapezoid(doubles({{1, 2}, {3, 6}}), doubles({0, 2}), 0), {2}, {4, 8});
  check_result(trapezoid(doubles({{1, 2}, {3, 6}}), doubles({{0, 0}, {2, 1}}), 0), {2}, {4, 4});
  check_result(trapezoid(ones({2, 1})), {2}, {0, 0});
  check_result(trapezoid(ones({2, 0})), {2}, {0, 0});
}
