// Rows of the op table: losses of predicted numbers.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Losses of outputs and targets of one shape, in every reduction. F takes them and a Reduction.
template <class F>
OpRow loss_row(std::string_view name, F f, double low, double high, double target_low, double target_high) {
  const std::string op(name);
  OpRow row{.name = name};
  for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
    const auto call = call2([f, reduction](const Tensor& y, const Tensor& t) { return f(y, t, reduction); });
    const std::string label = reduction == Reduction::none ? "none" : reduction == Reduction::mean ? "mean" : "sum";
    row.samples.push_back({label, {leaf({3, 2}, low, high), leaf({3, 2}, target_low, target_high, 2)}, call});
  }
  const auto call = call2([f](const Tensor& y, const Tensor& t) { return f(y, t, Reduction::none); });
  row.samples.push_back({"0-d", {leaf({}, low, high), leaf({}, target_low, target_high, 2)}, call});
  row.samples.push_back({"empty", {leaf({0, 2}, low, high), leaf({0, 2}, target_low, target_high, 2)}, call});
  row.samples.push_back({"constant target", {leaf({4}, low, high), uniform({4}, target_low, target_high, 2)}, call});
  const auto mean = [f](const Tensor& y, const Tensor& t) { return f(y, t, Reduction::mean); };
  row.errors = {error<ShapeError>(op + ": expected a target of the output's shape [3, 1], got [3]",
                                  [mean] {
                                    mean(ones({3, 1}), ones({3}));
                                  }),
                error<DTypeError>(op + ": expected operands of one dtype, got f32 and f64",
                                  [mean] { mean(ones({2}), ones({2}, DType::f64)); }),
                error<DTypeError>(op + ": expected dtype f32, f64, f16, bf16, got i64",
                                  [mean] {
                                    mean(tensor({1, 2}), tensor({1, 2}));
                                  }),
                error<ValueError>("undefined", [mean] { mean(ones({2}), Tensor()); })};
  return row;
}

void add_gaussian_row(std::vector<OpRow>& table) {
  const auto call = [](const GaussianNllLossOptions& options) {
    return call3(
        [options](const Tensor& y, const Tensor& t, const Tensor& v) { return gaussian_nll_loss(y, t, v, options); });
  };
  const Reduction none = Reduction::none;
  table.push_back(
      {"gaussian_nll_loss",
       {{"mean", {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), leaf({3, 2}, 0.3, 2, 3)}, call({})},
        {"full",
         {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), leaf({3, 2}, 0.3, 2, 3)},
         call({.full = true, .reduction = none})},
        {"one variance", {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), leaf({3, 1}, 0.3, 2, 3)}, call({.reduction = none})},
        {"a dimension less",
         {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), leaf({3}, 0.3, 2, 3)},
         call({.reduction = Reduction::sum})},
        {"0-d", {leaf({}), leaf({}, -1, 1, 2), leaf({}, 0.3, 2, 3)}, call({})},
        {"empty", {leaf({0, 2}), leaf({0, 2}), leaf({0, 2})}, call({.reduction = none})}},
       {error<ShapeError>("gaussian_nll_loss: expected a variance of shape [3, 2], or 1 in place",
                          [] {
                            gaussian_nll_loss(ones({3, 2}), ones({3, 2}), ones({2}));
                          }),
        error<ShapeError>("gaussian_nll_loss: expected a target of the output's shape [2], got [1]",
                          [] { gaussian_nll_loss(ones({2}), ones({1}), ones({2})); }),
        error<DTypeError>("gaussian_nll_loss: expected operands of one dtype, got f64 and f32",
                          [] { gaussian_nll_loss(ones({2}), ones({2}), ones({2}, DType::f64)); }),
        error<ValueError>("gaussian_nll_loss: expected eps in (0, inf), got 0",
                          [] { gaussian_nll_loss(ones({2}), ones({2}), ones({2}), {.eps = 0}); }),
        error<ValueError>("gaussian_nll_loss: expected the variance to be a tensor",
                          [] { gaussian_nll_loss(ones({2}), ones({2}), Tensor()); })}});
}

}  // namespace

void add_regression_loss_rows(std::vector<OpRow>& table) {
  OpRow huber = loss_row(
      "huber_loss",
      [](const Tensor& y, const Tensor& t, Reduction r) { return huber_loss(y, t, {.reduction = r, .delta = 0.7}); },
      -2, 2, -0.3, 0.3);
  huber.samples.push_back(
      sample_at({0, 1, 2, -2}, {0, 1, 0, 0}, [](const Tensor& y, const Tensor& t) { return huber_loss(y, t); }));
  huber.errors.push_back(error<ValueError>("huber_loss: expected delta in (0, inf), got 0",
                                           [] { huber_loss(ones({2}), ones({2}), {.delta = 0}); }));
  table.push_back(huber);

  OpRow poisson = loss_row(
      "poisson_nll_loss",
      [](const Tensor& y, const Tensor& t, Reduction r) { return poisson_nll_loss(y, t, {.reduction = r}); }, -1, 1, 0,
      3);
  poisson.samples.push_back(
      {"rates", {leaf({3, 2}, 0.3, 2), leaf({3, 2}, 0, 3, 2)}, call2([](const Tensor& y, const Tensor& t) {
         return poisson_nll_loss(y, t, {.log_input = false, .eps = 0.01});
       })});
  poisson.samples.push_back(
      {"full", {leaf({6}), leaf_at({0, 0.5, 1.5, 2, 3, 7})}, call2([](const Tensor& y, const Tensor& t) {
         return poisson_nll_loss(y, t, {.full = true, .reduction = Reduction::none});
       })});
  poisson.errors.push_back(error<ValueError>("poisson_nll_loss: expected eps in [0, inf), got -1",
                                             [] { poisson_nll_loss(ones({2}), ones({2}), {.eps = -1}); }));
  table.push_back(poisson);
  add_gaussian_row(table);
}

}  // namespace reel::testing
