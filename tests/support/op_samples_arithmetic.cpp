#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// What every binary operation is tried on: equal shapes, broadcasting both ways, rank 0, nothing at all.
template <class F> std::vector<Sample> binary_samples(F f, double low = -2, double high = 2) {
  const auto call = call2([f](const Tensor& a, const Tensor& b) { return f(a, b); });
  return {{"same shape", {leaf({2, 3}, low, high, 1), leaf({2, 3}, low, high, 2)}, call},
          {"row", {leaf({2, 3}, low, high, 1), leaf({3}, low, high, 2)}, call},
          {"outer", {leaf({2, 1}, low, high, 1), leaf({1, 3}, low, high, 2)}, call},
          {"0-d", {leaf({}, low, high, 1), leaf({2}, low, high, 2)}, call},
          {"empty", {leaf({0, 3}, low, high, 1), leaf({3}, low, high, 2)}, call}};
}

template <class F> Sample scalar_sample(F f, double low = -2, double high = 2) {
  return {"number", {leaf({2, 3}, low, high, 1)}, call1([f](const Tensor& x) { return f(x); })};
}

template <class F> std::vector<ErrorSample> binary_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<ShapeError>(op + ": the shapes [2, 3] and [4] cannot be broadcast together",
                            [f] {
                              f(ones({2, 3}), ones({4}));
                            }),
          error<DTypeError>(op + ": the dtypes differ: f32 and f64",
                            [f] { f(ones({2}), ones({2}, {.dtype = DType::f64})); }),
          error<ValueError>("undefined", [f] { f(ones({2}), Tensor()); })};
}

}  // namespace

void add_arithmetic_rows(std::vector<OpRow>& table) {
  const auto plus = [](const Tensor& a, const Tensor& b) { return add(a, b); };
  const auto minus = [](const Tensor& a, const Tensor& b) { return sub(a, b); };
  const auto times = [](const Tensor& a, const Tensor& b) { return mul(a, b); };
  const auto over = [](const Tensor& a, const Tensor& b) { return div(a, b); };

  OpRow add_row{"add", binary_samples(plus), binary_errors("add", plus), kNumeric};
  add_row.samples.push_back(scalar_sample([](const Tensor& x) { return x + 2; }));
  add_row.samples.push_back({"alpha", {leaf({3}), leaf({3}, -1, 1, 2)}, call2([](const Tensor& a, const Tensor& b) {
                               return add(a, b, 3);
                             })});
  add_row.errors.push_back(error<DTypeError>("add: the number 0.5", [] { add(tensor({1, 2}), 0.5); }));
  table.push_back(add_row);

  OpRow sub_row{"sub", binary_samples(minus), binary_errors("sub", minus), kNumeric};
  sub_row.samples.push_back(scalar_sample([](const Tensor& x) { return x - 2; }));
  sub_row.samples.push_back(scalar_sample([](const Tensor& x) { return 2 - x; }));
  sub_row.samples.push_back({"alpha", {leaf({3}), leaf({3}, -1, 1, 2)}, call2([](const Tensor& a, const Tensor& b) {
                               return sub(a, b, 3);
                             })});
  table.push_back(sub_row);

  OpRow mul_row{"mul", binary_samples(times), binary_errors("mul", times), kNumeric};
  mul_row.samples.push_back(scalar_sample([](const Tensor& x) { return x * 3; }));
  table.push_back(mul_row);

  OpRow div_row{"div", binary_samples(over, 0.5, 2), binary_errors("div", over)};
  div_row.samples.push_back(scalar_sample([](const Tensor& x) { return x / 3; }));
  div_row.samples.push_back(scalar_sample([](const Tensor& x) { return 3 / x; }, 0.5, 2));
  div_row.errors.push_back(error<DTypeError>("div: expects dtype f32, f64, got i64", [] { tensor({1, 2}) / 2; }));
  table.push_back(div_row);

  table.push_back({"neg",
                   {scalar_sample([](const Tensor& x) { return neg(x); })},
                   {error<ValueError>("undefined", [] { neg(Tensor()); })},
                   kNumeric});
}

}  // namespace reel::testing
