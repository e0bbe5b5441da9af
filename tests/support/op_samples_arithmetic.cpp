// Rows of the op table: arithmetic.

#include <cmath>

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
  return {error<ShapeError>(op + ": expected shapes that broadcast together, got [2, 3] and [4]",
                            [f] {
                              f(ones({2, 3}), ones({4}));
                            }),
          error<DTypeError>(op + ": expected operands of one dtype, got f32 and f64",
                            [f] { f(ones({2}), ones({2}, {.dtype = DType::f64})); }),
          error<ValueError>("undefined", [f] { f(ones({2}), Tensor()); })};
}

void add_division_rows(std::vector<OpRow>& table) {
  const auto quotient = [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); };
  const auto rest = [](const Tensor& a, const Tensor& b) { return remainder(a, b); };
  const auto zero = tensor({1, 0});

  OpRow quotient_row{"floor_divide", binary_samples(quotient, 0.5, 2), binary_errors("floor_divide", quotient),
                     kNumeric, false};
  quotient_row.samples.push_back(scalar_sample([](const Tensor& x) { return floor_divide(x, 2); }));
  quotient_row.errors.push_back(
      error<ValueError>("floor_divide: expected an integer divisor other than 0, got 0", {zero}, [](const Tensors& in) {
        floor_divide(tensor({1, 2}), in[0]);
      }));
  quotient_row.errors.push_back(error<ValueError>("floor_divide: expected an integer divisor other than 0, got 0", [] {
    floor_divide(tensor({1, 2}), 0);
  }));
  table.push_back(quotient_row);

  OpRow rest_row{"remainder", binary_samples(rest, 0.5, 2), binary_errors("remainder", rest), kNumeric};
  rest_row.samples.push_back(scalar_sample([](const Tensor& x) { return remainder(x, 2); }));
  rest_row.errors.push_back(
      error<ValueError>("remainder: expected an integer divisor other than 0, got 0", {zero}, [](const Tensors& in) {
        remainder(tensor({1, 2}), in[0]);
      }));
  rest_row.errors.push_back(error<ValueError>("remainder: expected an integer divisor other than 0, got 0", [] {
    remainder(tensor({1, 2}), 0);
  }));
  rest_row.errors.push_back(error<DTypeError>("remainder: expected a number that dtype", [] {
    remainder(tensor({1, 2}), 0.5);
  }));
  table.push_back(rest_row);

  const auto c_rest = [](const Tensor& a, const Tensor& b) { return fmod(a, b); };
  OpRow c_rest_row{"fmod", binary_samples(c_rest, 0.5, 2), binary_errors("fmod", c_rest), kNumeric};
  c_rest_row.samples.push_back(scalar_sample([](const Tensor& x) { return fmod(x, 2); }));
  c_rest_row.errors.push_back(error<ValueError>("fmod: expected an integer divisor other than 0, got 0", [] {
    fmod(tensor({1, 2}), 0);
  }));
  table.push_back(c_rest_row);
}

/// x to a power: of integers, which have no others, to the next whole one from 0 up.
Tensor to_power(const Tensor& x, double exponent) {
  return pow(x, x.defined() && is_floating(x.dtype()) ? exponent : std::ceil(std::abs(exponent)));
}

/// A number to the power x, a whole number if x is of an integer dtype.
Tensor base_power(double base, const Tensor& x) {
  return pow(x.defined() && is_floating(x.dtype()) ? base : std::ceil(base), x);
}

void add_power_rows(std::vector<OpRow>& table) {
  const auto power = [](const Tensor& a, const Tensor& b) { return pow(a, b); };
  OpRow row{"pow", binary_samples(power, 0.5, 2), binary_errors("pow", power), kNumeric};
  for (const double e : {0.0, 1.0, 2.0, 3.0, -1.0, -2.0}) {
    row.samples.push_back(scalar_sample([e](const Tensor& x) { return to_power(x, e); }));
    const Tensor points = e < 0 ? leaf_at({1.0, -1.0}) : leaf_at({0.0, 1.0, -1.0});
    row.samples.push_back({"number, 0 and 1", {points}, call1([e](const Tensor& x) { return to_power(x, e); })});
  }
  row.samples.push_back(sample_at({2, 2, 2, 2, 1, 1, 0.5, 0.5}, {0, 1, 2, -1, 0, 2, 0, 3}, power));
  row.samples.push_back({"constant exponents",
                         {leaf_at({0, 0, 0, 0, -1.5, -1.5, -1.5, -1.5}), leaf_at({0, 1, 2, 3, 0, 1, 2, 3}).detach()},
                         call2(power)});
  row.samples.push_back({"exponents of numbers", {leaf_at({0, 1, -1})}, call1([](const Tensor& x) {
                           return pow(1, x) + base_power(1.7, x);
                         })});
  row.samples.push_back(scalar_sample([](const Tensor& x) { return to_power(x, 1.7); }, 0.5, 2));
  row.samples.push_back(scalar_sample([](const Tensor& x) { return base_power(1.7, x); }));
  row.samples.push_back(scalar_sample([](const Tensor& x) { return pow(0, x); }, 0.5, 2));
  row.errors.push_back(error<DTypeError>("pow: expected dtype f32, f64, f16, bf16, i64, i32, u8, got bool", [] {
    pow(tensor({true, false}), 2);
  }));
  row.errors.push_back(error<DTypeError>("pow: expected a number that dtype i64 can hold, got 0.5", [] {
    pow(tensor({1, 2}), 0.5);
  }));
  row.errors.push_back(error<ValueError>("pow: expected an exponent of at least 0 for integers, got -1", [] {
    pow(tensor({1, 2}), -1);
  }));
  row.errors.push_back(error<ValueError>("pow: expected exponents of at least 0 for integers, got a negative one", [] {
    pow(2, tensor({1, -2}));
  }));
  table.push_back(row);
}

void add_choice_rows(std::vector<OpRow>& table) {
  const auto larger = [](const Tensor& a, const Tensor& b) { return maximum(a, b); };
  const auto smaller = [](const Tensor& a, const Tensor& b) { return minimum(a, b); };
  const auto angle = [](const Tensor& y, const Tensor& x) { return atan2(y, x); };
  table.push_back({"maximum", binary_samples(larger), binary_errors("maximum", larger), kNumericAndBool, true, true});
  table.push_back({"minimum", binary_samples(smaller), binary_errors("minimum", smaller), kNumericAndBool, true, true});
  table.push_back({"atan2", binary_samples(angle, 0.3, 2), binary_errors("atan2", angle)});
  table.back().samples.push_back(sample_at({0, 1, -1, 1, -1}, {1, 0, 0, 1, -1}, angle));

  const auto length = [](const Tensor& a, const Tensor& b) { return hypot(a, b); };
  table.push_back({"hypot", binary_samples(length, 0.3, 2), binary_errors("hypot", length)});
  table.back().samples.push_back(sample_at({0, 1, -1, 1, -3}, {1, 0, -1, 1, 4}, length));
  const auto natural = [](const Tensor& a, const Tensor& b) { return logaddexp(a, b); };
  const auto binary = [](const Tensor& a, const Tensor& b) { return logaddexp2(a, b); };
  table.push_back({"logaddexp", binary_samples(natural), binary_errors("logaddexp", natural)});
  table.back().samples.push_back(sample_at({0, 1, -1, 0}, {0, 1, 1, 700}, natural));
  table.push_back({"logaddexp2", binary_samples(binary), binary_errors("logaddexp2", binary)});
  table.back().samples.push_back(sample_at({0, 1, -1, 0}, {0, 1, 1, 700}, binary));

  const auto between = call3([](const Tensor& a, const Tensor& b, const Tensor& w) { return lerp(a, b, w); });
  const auto halfway = [](const Tensor& a, const Tensor& b) { return lerp(a, b, 0.4); };
  OpRow lerp_row{"lerp", binary_samples(halfway), binary_errors("lerp", halfway)};
  lerp_row.samples.push_back({"weights", {leaf({2, 3}), leaf({2, 3}, -1, 1, 2), leaf({2, 3}, -0.5, 1.5, 3)}, between});
  lerp_row.samples.push_back(
      {"special weights",
       {leaf_at({1, 2, 0, 1, 1, 0}), leaf_at({3, 2, 0, 1, -1, 0}), leaf_at({0, 0.5, 1, 1, 0.5, 0})},
       between});
  lerp_row.samples.push_back({"broadcast", {leaf({2, 1}), leaf({3}, -1, 1, 2), leaf({}, 0, 1, 3)}, between});
  lerp_row.errors.push_back(error<DTypeError>("lerp: expected dtype", [] { lerp(tensor({1}), tensor({2}), 1); }));
  table.push_back(lerp_row);
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
  add_row.errors.push_back(error<DTypeError>("add: expected a number that dtype", [] { add(tensor({1, 2}), 0.5); }));
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
  mul_row.samples.push_back(scalar_sample([](const Tensor& x) { return x * 0; }));
  mul_row.samples.push_back(sample_at({0, 0, 1, -1}, {0, 2, 0, -1}, times));
  table.push_back(mul_row);

  OpRow div_row{"div", binary_samples(over, 0.5, 2), binary_errors("div", over)};
  div_row.samples.push_back(scalar_sample([](const Tensor& x) { return x / 3; }));
  div_row.samples.push_back(scalar_sample([](const Tensor& x) { return 3 / x; }, 0.5, 2));
  div_row.samples.push_back(sample_at({0, 0, 1, -1}, {1, -2, 1, -1}, over));
  div_row.samples.push_back({"0 / x", {leaf_at({1, -2})}, call1([](const Tensor& x) { return 0 / x; })});
  div_row.errors.push_back(error<DTypeError>("div: expected dtype f32, f64, f16, bf16, got i64", [] {
    tensor({1, 2}) / 2;
  }));
  table.push_back(div_row);

  add_division_rows(table);
  add_power_rows(table);
  add_choice_rows(table);

  table.push_back({"neg",
                   {scalar_sample([](const Tensor& x) { return neg(x); })},
                   {error<ValueError>("undefined", [] { neg(Tensor()); })},
                   kNumeric});
}

}  // namespace reel::testing
