// Rows of the op table: special functions.

#include <span>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A function of one tensor on a matrix, a number, nothing, an image, and at 0, 1 and -1 where they lie in the range.
template <class F> OpRow smooth(std::string_view name, F f, double low, double high) {
  const auto call = call1([f](const Tensor& x) { return f(x); });
  OpRow row{name,
            {{"matrix", {leaf({2, 3}, low, high)}, call},
             {"0-d", {leaf({}, low, high, 2)}, call},
             {"empty", {leaf({0, 3}, low, high)}, call},
             {"image", {leaf({1, 2, 2, 2}, low, high, 3)}, call}},
            {error<DTypeError>(std::string(name) + ": expected dtype f32, f64, f16, bf16, got i64", {tensor({1, 2})},
                               [f](const Tensors& in) { f(in[0]); }),
             error<ValueError>("undefined", [f] { f(Tensor()); })}};
  std::vector<double> points;
  for (const double x : {0.0, -0.0, 1.0, -1.0}) {
    if (low <= x && x <= high) points.push_back(x);
  }
  row.samples.push_back({"0 and 1", {tensor(points).requires_grad_()}, call});
  return row;
}

/// x times a logarithm of y >= low; `base` is where the logarithm is infinite.
template <class F> OpRow times_log(std::string_view name, F f, double low, double base) {
  const auto call = call2([f](const Tensor& x, const Tensor& y) { return f(x, y); });
  const std::string prefix = std::string(name) + ": ";
  return {name,
          {{"same shape", {leaf({2, 3}), leaf({2, 3}, low, 2, 2)}, call},
           {"row", {leaf({2, 3}), leaf({3}, low, 2, 2)}, call},
           {"0-d", {leaf({}), leaf({}, low, 2, 2)}, call},
           {"empty", {leaf({0, 3}), leaf({3}, low, 2)}, call},
           {"x of 0", {leaf_at({0.0, 0.0, -0.0}), leaf_at({base + 1, base + 0.5, base + 2})}, call},
           {"number last", {leaf({3})}, call1([f](const Tensor& x) { return f(x, 2.5); })},
           {"number first", {leaf({3}, low, 2)}, call1([f](const Tensor& y) { return f(2.5, y); })}},
          {error<ShapeError>(prefix + "expected shapes that broadcast together, got [2, 3] and [4]",
                             [f] {
                               f(ones({2, 3}), ones({4}));
                             }),
           error<DTypeError>(prefix + "expected operands of one dtype, got f32 and f64",
                             [f] { f(ones({2}), ones({2}, DType::f64)); }),
           error<DTypeError>(prefix + "expected dtype f32, f64, f16, bf16, got i64",
                             [f] {
                               f(tensor({1, 2}), tensor({1, 2}));
                             }),
           error<DTypeError>(prefix + "expected a number that dtype",
                             [f] {
                               f(tensor({1, 2}), 0.5);
                             }),
           error<ValueError>("undefined", [f] { f(Tensor(), ones({2})); })}};
}

void add_normal_rows(std::vector<OpRow>& table) {
  using T = const Tensor&;
  table.push_back(smooth(
      "entr", [](T x) { return entr(x); }, 0.3, 3));
  table.push_back(smooth(
      "erfcx", [](T x) { return erfcx(x); }, -1.5, 5));
  table.back().samples.push_back({"far", {leaf_at({1.9, 2.1, 30.0})}, call1([](T x) { return erfcx(x); })});
  table.push_back(smooth(
      "ndtr", [](T x) { return ndtr(x); }, -3, 3));
  table.push_back(smooth(
      "log_ndtr", [](T x) { return log_ndtr(x); }, -4, 4));
  table.back().samples.push_back({"far", {leaf_at({-30.0, 30.0})}, call1([](T x) { return log_ndtr(x); })});
  table.push_back(smooth(
      "ndtri", [](T x) { return ndtri(x); }, 0.1, 0.9));
}

void add_bessel_rows(std::vector<OpRow>& table) {
  using T = const Tensor&;
  table.push_back(smooth(
      "i0", [](T x) { return i0(x); }, -4, 4));
  table.push_back(smooth(
      "i1", [](T x) { return i1(x); }, -4, 4));
  table.push_back(smooth(
      "i0e", [](T x) { return i0e(x); }, 0.2, 4));  // at 0 its slope jumps
  table.push_back(smooth(
      "i1e", [](T x) { return i1e(x); }, -4, 4));
  for (OpRow& row : std::span(table).last(4)) {
    const TensorFunction call = row.samples[0].call;
    row.samples.push_back({"negative", {leaf_at({-0.3, -2.0})}, call});
    if (row.name.ends_with('e')) row.samples.push_back({"far", {leaf_at({17.5, -18.5, 30.0})}, call});
  }
}

}  // namespace

void add_special_rows(std::vector<OpRow>& table) {
  using T = const Tensor&;
  table.push_back(smooth(
      "asinh", [](T x) { return asinh(x); }, -4, 4));
  table.push_back(smooth(
      "acosh", [](T x) { return acosh(x); }, 1.5, 4));
  table.push_back(smooth(
      "atanh", [](T x) { return atanh(x); }, -0.7, 0.7));
  table.push_back(smooth(
      "exp2", [](T x) { return exp2(x); }, -2, 2));
  table.push_back(smooth(
      "log10", [](T x) { return log10(x); }, 0.3, 3));
  table.push_back(smooth(
      "erfc", [](T x) { return erfc(x); }, -2, 2));
  table.push_back(smooth(
      "erfinv", [](T x) { return erfinv(x); }, -0.8, 0.8));
  table.push_back(smooth(
      "sinc", [](T x) { return sinc(x); }, -3, 3));
  table.back().samples.push_back(
      {"near 0", {leaf_at({1e-9, -1e-4, 0.01, 0.155, 0.16})}, call1([](T x) { return sinc(x); })});
  table.push_back(smooth(
      "lgamma", [](T x) { return lgamma(x); }, 0.4, 4));
  table.back().samples.push_back({"negative", {leaf_at({-0.5, -2.7})}, call1([](T x) { return lgamma(x); })});
  table.push_back(smooth(
      "digamma", [](T x) { return digamma(x); }, 0.4, 4));
  table.back().samples.push_back({"negative", {leaf_at({-0.5, -2.7})}, call1([](T x) { return digamma(x); })});

  OpRow poly = smooth(
      "polygamma", [](T x) { return polygamma(1, x); }, 0.6, 4);
  poly.samples.push_back({"n = 0", {leaf({3}, 0.6, 4)}, call1([](T x) { return polygamma(0, x); })});
  poly.samples.push_back({"n = 3", {leaf({3}, 1, 4)}, call1([](T x) { return polygamma(3, x); })});
  poly.samples.push_back({"negative", {leaf_at({-0.5, -2.6})}, call1([](T x) { return polygamma(2, x); })});
  poly.errors.push_back(
      error<ValueError>("polygamma: expected n in [0, 1000), got -1", [] { polygamma(-1, ones({2})); }));
  table.push_back(poly);

  OpRow logit_row = smooth(
      "logit", [](T x) { return logit(x); }, 0.1, 0.9);
  logit_row.samples.pop_back();
  logit_row.samples.push_back({"eps", {leaf({6}, -0.4, 1.4)}, call1([](T x) { return logit(x, 0.1); })});
  logit_row.errors.push_back(
      error<ValueError>("logit: expected eps in [0, 0.5], got 0.6", [] { logit(ones({2}), 0.6); }));
  table.push_back(logit_row);
  table.push_back(times_log(
      "xlogy", [](const auto& x, const auto& y) { return xlogy(x, y); }, 0.3, 0));
  table.push_back(times_log(
      "xlog1py", [](const auto& x, const auto& y) { return xlog1py(x, y); }, -0.7, -1));
  add_normal_rows(table);
  add_bessel_rows(table);
}

}  // namespace reel::testing
