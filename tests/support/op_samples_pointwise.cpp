// Functions of each element.

#include <cmath>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A function of one tensor on a matrix, a number, nothing, and an image.
template <class F> std::vector<Sample> unary_samples(F f, double low = -2, double high = 2) {
  const auto call = call1([f](const Tensor& x) { return f(x); });
  return {{"matrix", {leaf({2, 3}, low, high)}, call},
          {"0-d", {leaf({}, low, high, 2)}, call},
          {"empty", {leaf({0, 3}, low, high)}, call},
          {"image", {leaf({1, 2, 2, 2}, low, high, 3)}, call}};
}

template <class F> std::vector<ErrorSample> unary_errors(std::string_view name, F f, DTypeSet dtypes) {
  const std::string op(name);
  const Tensor flags = ones({2}, {.dtype = DType::boolean});
  return {error<DTypeError>(op + ": expected dtype " + to_string(dtypes) + ", got bool", {flags},
                            [f](const Tensors& in) { f(in[0]); }),
          error<ValueError>("undefined", [f] { f(Tensor()); })};
}

template <class F>
OpRow unary(std::string_view name, F f, double low = -2, double high = 2, DTypeSet dtypes = kFloating) {
  return {name, unary_samples(f, low, high), unary_errors(name, f, dtypes), dtypes};
}

/// A function without kinks, also at those of 0, 1 and -1 that lie in the range.
template <class F>
OpRow smooth(std::string_view name, F f, double low = -2, double high = 2, DTypeSet dtypes = kFloating) {
  OpRow row = unary(name, f, low, high, dtypes);
  std::vector<double> points;
  for (const double x : {0.0, -0.0, 1.0, -1.0}) {
    if (low <= x && x <= high) points.push_back(x);
  }
  row.samples.push_back({"0 and 1", {tensor(points).requires_grad_()}, call1([f](const Tensor& x) { return f(x); })});
  return row;
}

}  // namespace

void add_pointwise_rows(std::vector<OpRow>& table) {
  // Lambdas, since the names are overloaded with those of <cmath>.
  table.push_back(unary(
      "abs", [](const Tensor& x) { return abs(x); }, -2, 2, kNumeric));
  table.push_back(unary(
      "sign", [](const Tensor& x) { return sign(x); }, -2, 2, kNumeric));
  table.push_back(smooth("exp", [](const Tensor& x) { return exp(x); }));
  table.push_back(smooth("expm1", [](const Tensor& x) { return expm1(x); }));
  table.push_back(smooth(
      "log", [](const Tensor& x) { return log(x); }, 0.2, 3));
  table.push_back(smooth(
      "log1p", [](const Tensor& x) { return log1p(x); }, -0.8, 2));
  table.push_back(smooth(
      "log2", [](const Tensor& x) { return log2(x); }, 0.2, 3));
  table.push_back(smooth(
      "sqrt", [](const Tensor& x) { return sqrt(x); }, 0.2, 3));
  table.push_back(smooth(
      "rsqrt", [](const Tensor& x) { return rsqrt(x); }, 0.4, 3));
  table.push_back(smooth(
      "square", [](const Tensor& x) { return square(x); }, -2, 2, kNumeric));
  table.push_back(smooth(
      "reciprocal", [](const Tensor& x) { return reciprocal(x); }, 0.5, 3));
  table.push_back(smooth(
      "sin", [](const Tensor& x) { return sin(x); }, -4, 4));
  table.push_back(smooth(
      "cos", [](const Tensor& x) { return cos(x); }, -4, 4));
  table.push_back(smooth(
      "tan", [](const Tensor& x) { return tan(x); }, -1, 1));
  table.push_back(smooth(
      "asin", [](const Tensor& x) { return asin(x); }, -0.8, 0.8));
  table.push_back(smooth(
      "acos", [](const Tensor& x) { return acos(x); }, -0.8, 0.8));
  table.push_back(smooth("atan", [](const Tensor& x) { return atan(x); }));
  table.push_back(smooth("sinh", [](const Tensor& x) { return sinh(x); }));
  table.push_back(smooth("cosh", [](const Tensor& x) { return cosh(x); }));
  table.push_back(smooth("tanh", [](const Tensor& x) { return tanh(x); }));
  table.push_back(smooth("erf", [](const Tensor& x) { return erf(x); }));
  table.push_back(unary(
      "floor", [](const Tensor& x) { return floor(x); }, -4, 4));
  table.push_back(unary(
      "ceil", [](const Tensor& x) { return ceil(x); }, -4, 4));
  table.push_back(unary(
      "round", [](const Tensor& x) { return round(x); }, -4, 4));

  const auto both = [](const Tensor& x) { return clamp(x, 0, 1); };
  OpRow clamp_row{"clamp", unary_samples(both), unary_errors("clamp", both, kNumeric), kNumeric};
  clamp_row.samples.push_back({"only min", {leaf({2, 3}, -2, 2)}, call1([](const Tensor& x) { return clamp(x, 0); })});
  clamp_row.samples.push_back(
      {"only max", {leaf({2, 3}, -2, 2)}, call1([](const Tensor& x) { return clamp(x, std::nullopt, 0); })});
  clamp_row.errors.push_back(
      error<ValueError>("clamp: expected min, max or both, got neither", [] { clamp(ones({2}), std::nullopt); }));
  clamp_row.errors.push_back(error<DTypeError>("clamp: expected a number that dtype", [] {
    clamp(tensor({1, 2}), 0.5);
  }));
  table.push_back(clamp_row);

  table.push_back(unary(
      "trunc", [](const Tensor& x) { return trunc(x); }, -4, 4));
  table.push_back(unary(
      "frac", [](const Tensor& x) { return frac(x); }, -4, 4));
  table.push_back(smooth("nan_to_num", [](const Tensor& x) { return nan_to_num(x, 1, 2, 3); }));
  table.back().errors.push_back(
      error<ValueError>("nan_to_num: expected posinf in [-inf, inf], got nan", [] { nan_to_num(ones({2}), 0, NAN); }));

  for (OpRow row : {unary("isnan", [](const Tensor& x) { return isnan(x); }),
                    unary("isinf", [](const Tensor& x) { return isinf(x); }),
                    unary("isfinite", [](const Tensor& x) { return isfinite(x); }),
                    unary("isposinf", [](const Tensor& x) { return isposinf(x); }),
                    unary("isneginf", [](const Tensor& x) { return isneginf(x); })}) {
    row.differentiable = false;
    row.exact = true;
    table.push_back(row);
  }
}

}  // namespace reel::testing
