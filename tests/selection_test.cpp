// Repeating elements, and writing and taking them by position.

#include <algorithm>
#include <cmath>
#include <functional>
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

const double nan_value = std::nan("");

Tensor doubles(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64}); }

}  // namespace

TEST_CASE("repeat_interleave repeats in place, tile as a whole") {
  check_result(repeat_interleave(tensor({1, 2, 3}), tensor({2, 0, 1})), {3}, {1, 1, 3});
  check_result(repeat_interleave(tensor({{1, 2}, {3, 4}}), 2), {8}, {1, 1, 2, 2, 3, 3, 4, 4});
  check_result(repeat_interleave(tensor({{1, 2}, {3, 4}}), 2, 1), {2, 4}, {1, 1, 2, 2, 3, 3, 4, 4});
  check_result(repeat_interleave(tensor({{1, 2}, {3, 4}}), tensor({1, 2}), 0), {3, 2}, {1, 2, 3, 4, 3, 4});
  check_result(repeat_interleave(tensor({{1, 2}, {3, 4}}), tensor({2}), -1), {2, 4}, {1, 1, 2, 2, 3, 3, 4, 4});
  check_result(repeat_interleave(tensor({1, 2}), tensor({0, 0})), {0});
  CHECK_THROWS_WITH_AS(repeat_interleave(tensor({1, 2, 3, 4}), full({4}, INT64_C(1) << 62, DType::i64)),
                       "repeat_interleave: expected repeats whose sum 64 bits hold, got a larger one", ValueError);
  check_result(tile(tensor({1, 2}), {2}), {4}, {1, 2, 1, 2});
  check_result(tile(tensor({{1, 2}}), {2, 1, 2}), {2, 1, 4}, {1, 2, 1, 2, 1, 2, 1, 2});
  check_result(fliplr(tensor({{1, 2}, {3, 4}})), {2, 2}, {2, 1, 4, 3});
  check_result(flipud(tensor({{1, 2}, {3, 4}})), {2, 2}, {3, 4, 1, 2});
}

TEST_CASE("the coordinates of a grid are views") {
  const Tensor x = tensor({1, 2}), y = tensor({3, 4, 5});
  const Tensors ij = meshgrid({x, y}), xy = meshgrid({x, y}, "xy");
  check_result(ij[0], {2, 3}, {1, 1, 1, 2, 2, 2});
  check_result(ij[1], {2, 3}, {3, 4, 5, 3, 4, 5});
  check_result(xy[0], {3, 2}, {1, 2, 1, 2, 1, 2});
  check_result(xy[1], {3, 2}, {3, 3, 4, 4, 5, 5});
  check_result(meshgrid({x, tensor(7), y}, "xy")[2], {1, 2, 3}, {3, 4, 5, 3, 4, 5});
  CHECK(ij[0].data() == x.data());
  CHECK_THROWS_AS(meshgrid({x, tensor({1.0})}), DTypeError);
}

TEST_CASE("scatter_reduce gives what PyTorch gives") {
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0}), index = tensor({0, 0, 1, 1, 1}),
               source = tensor({5.0, 6.0, 1.0, 0.0, 2.0});
  const auto check_all = [&](const char* reduce, const std::vector<double>& with, const std::vector<double>& without) {
    INFO(reduce);
    check_result(scatter_reduce(x, 0, index, source, reduce), {4}, with);
    check_result(scatter_reduce(x, 0, index, source, reduce, false), {4}, without);
  };
  check_all("sum", {12, 5, 3, 4}, {11, 3, 3, 4});
  check_all("prod", {30, 0, 3, 4}, {30, 0, 3, 4});
  check_all("mean", {4, 1.25, 3, 4}, {5.5, 1, 3, 4});
  check_all("amax", {6, 2, 3, 4}, {6, 2, 3, 4});
  check_all("amin", {1, 0, 3, 4}, {5, 0, 3, 4});
  const Tensor whole = scatter_reduce(tensor({1, 2}), 0, tensor({0}), tensor({-4}), "mean");
  check_result(whole, {2}, {-2, 2});  // rounded down
  CHECK(whole.dtype() == DType::i64);
  check_result(scatter_reduce(doubles({1, 2}), 0, tensor({0, 0, 1}), doubles({0, nan_value, 5}), "amin"), {2},
               {nan_value, 2});
}

TEST_CASE("gradients of scatter_reduce at ties and zeros") {
  const auto gradients = [](const Tensor& x, const Tensor& index, const Tensor& source, const char* reduce,
                            bool include_self) {
    const Tensor y = scatter_reduce(x, 0, index, source, reduce, include_self);
    return grad({y}, {x, source}, {.grad_outputs = {doubles({1, 2, 4})}});
  };
  const Tensor x = doubles({1, 5, 2}).requires_grad_(), source = doubles({5, 5, 1, 2, 2}).requires_grad_();
  const Tensor index = tensor({1, 1, 0, 2, 2});
  for (const char* reduce : {"amax", "amin"}) {  // all are equal, and share
    const Tensors with = gradients(x, index, source, reduce, true),
                  without = gradients(x, index, source, reduce, false);
    CHECK(allclose(with[0], doubles({0.5, 2.0 / 3, 4.0 / 3})));
    CHECK(allclose(with[1], doubles({2.0 / 3, 2.0 / 3, 0.5, 4.0 / 3, 4.0 / 3})));
    check_result(without[0], {3}, {0, 0, 0});
    check_result(without[1], {5}, {1, 1, 1, 2, 2});
  }
  const Tensors product = gradients(x, index, source, "prod", true);
  check_result(product[0], {3}, {1, 50, 16});
  check_result(product[1], {5}, {50, 50, 1, 16, 16});
  const Tensors mean = gradients(x, index, source, "mean", false);
  check_result(mean[0], {3}, {0, 0, 0});
  check_result(mean[1], {5}, {1, 1, 1, 2, 2});
  // With one factor of 0 it alone has a gradient, with two none has.
  const Tensor z = doubles({0, 3, 2}).requires_grad_(), zeros_in = doubles({5, 0, 7, 0, 0}).requires_grad_();
  const Tensors at_zero = gradients(z, tensor({0, 1, 1, 2, 2}), zeros_in, "prod", true);
  check_result(at_zero[0], {3}, {5, 0, 0});
  check_result(at_zero[1], {5}, {0, 42, 0, 0, 0});
}

TEST_CASE("scatter_reduce of many elements equals a loop") {
  using Combine = std::function<double(double, double)>;
  const std::pair<const char*, Combine> all[] = {{"prod", [](double a, double b) { return a * b; }},
                                                 {"amax", [](double a, double b) { return std::max(a, b); }},
                                                 {"amin", [](double a, double b) { return std::min(a, b); }}};
  for (const DType dtype : {DType::f64, DType::f32, DType::i64, DType::i32}) {
    for (const std::int64_t columns : {1, 3, 40}) {
      Generator generator(5);
      const std::int64_t rows = 30, n = 500;
      const Tensor x = randint(1, 9, {rows, columns}, {.dtype = dtype}, generator);
      const Tensor source = randint(1, 3, {n, columns}, {.dtype = dtype}, generator);
      const Tensor index = randint(0, rows, {n, columns}, {.dtype = DType::i64}, generator);
      for (const auto& [reduce, combine] : all) {
        INFO(to_string(dtype) << ", " << columns << " columns, " << reduce);
        std::vector<double> want = x.to_vector<double>();
        const std::vector<double> from = source.to_vector<double>();
        const std::vector<std::int64_t> to = index.to_vector<std::int64_t>();
        for (std::int64_t i = 0; i < n * columns; ++i) {
          double& element = want[static_cast<std::size_t>(to[static_cast<std::size_t>(i)] * columns + i % columns)];
          element = combine(element, from[static_cast<std::size_t>(i)]);
        }
        check_result(scatter_reduce(x, 0, index, source, reduce), {rows, columns}, want);
        check_result(scatter_reduce(x.t().contiguous(), 1, index.t(), strided(source.t()), reduce).t(), {rows, columns},
                     want);
      }
    }
  }
}

TEST_CASE("slices are added, written and filled at positions") {
  const Tensor x = tensor({{1, 2}, {3, 4}, {5, 6}});
  check_result(index_add(x, 0, tensor({0, 2, 0}), tensor({{1, 1}, {2, 2}, {3, 3}})), {3, 2}, {5, 6, 3, 4, 7, 8});
  check_result(index_add(x, 1, tensor({1}), tensor({{1}, {1}, {1}}), -2), {3, 2}, {1, 0, 3, 2, 5, 4});
  // Of half floats twice the source would be out of range, the result is not.
  check_result(index_add(zeros({1}, DType::f16), 0, tensor({0, 0}), tensor({60000.0, -59968.0}).to(DType::f16), 2), {1},
               {64});
  check_result(index_copy(x, 0, tensor({2, 0, 2}), tensor({{7, 7}, {8, 8}, {9, 9}})), {3, 2}, {8, 8, 3, 4, 9, 9});
  check_result(index_fill(x, 1, tensor({0}), 9), {3, 2}, {9, 2, 9, 4, 9, 6});
  check_result(index_fill(tensor(5), 0, tensor({0}), 9), {}, {9});
  check_result(scatter(x, 1, tensor({{0}, {1}}), 9), {3, 2}, {9, 2, 3, 9, 5, 6});
  check_result(masked_scatter(x, tensor({{true, false}, {true, true}, {false, false}}), tensor({7, 8, 9, 10})), {3, 2},
               {7, 2, 8, 9, 5, 6});
  CHECK_THROWS_AS(index_copy(x, 0, tensor({0}), tensor({1, 1})), ShapeError);
  CHECK_THROWS_AS(index_add(x, 2, tensor({0}), x), IndexError);
}

TEST_CASE("elements are taken by positions") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  check_result(take(x, tensor({{-1, 0}, {2, 2}})), {2, 2}, {4, 1, 3, 3});
  check_result(take_along_dim(x, tensor({{1}, {0}}), 1), {2, 1}, {2, 3});
  check_result(take_along_dim(x, tensor({{1}, {0}, {0}}), 0), {3, 2}, {3, 4, 1, 2, 1, 2});
  check_result(take_along_dim(x, tensor({{3}, {0}})), {2}, {4, 1});
  const Tensor order = argsort(x, 1, true);
  check_result(take_along_dim(x, order, 1), {2, 2}, {2, 1, 4, 3});
}
