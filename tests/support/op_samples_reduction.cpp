// Reductions over any dimensions, and the running sum.

#include <cmath>
#include <limits>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

using Input = Tensor (*)(const Shape&);

Tensor plain(const Shape& shape) { return leaf(shape, -2, 2); }
Tensor distinct(const Shape& shape) { return distinct_leaf(shape); }
Tensor nonzero_numbers(const Shape& shape) { return leaf(shape, 0.5, 2); }

/// f(x, dims, keepdim) over each kind of dimensions: all, the inner and the outer ones, several, in the middle.
template <class F> std::vector<Sample> reduction_samples(F f, Input input) {
  const auto over = [f](const Dims& dims, bool keepdim) {
    return call1([f, dims, keepdim](const Tensor& x) { return f(x, dims, keepdim); });
  };
  return {{"all", {input({2, 3})}, over({}, false)},
          {"all, kept", {input({2, 3})}, over({}, true)},
          {"rows", {input({3, 4})}, over({-1}, false)},
          {"columns", {input({3, 4})}, over({0}, true)},
          {"middle", {input({2, 3, 2})}, over({1}, false)},
          {"around", {input({2, 3, 2})}, over({0, 2}, true)},
          {"image", {input({2, 2, 2, 2})}, over({0, 2, 3}, false)},
          {"size 1", {input({2, 1})}, over({0}, false)},
          {"0-d", {input({})}, over({}, false)}};
}

template <class F> std::vector<ErrorSample> reduction_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<IndexError>(op + ": dimension 2 is out of range for rank 2",
                            [f] {
                              f(ones({2, 3}), {2}, false);
                            }),
          error<ShapeError>(op + ": expected each dimension once, got [1, -1]",
                            [f] {
                              f(ones({2, 3}), {1, -1}, false);
                            }),
          error<ValueError>("undefined", [f] { f(Tensor(), {}, false); })};
}

template <class F> OpRow reduction(std::string_view name, F f, DTypeSet dtypes = kFloating, Input input = plain) {
  return {name, reduction_samples(f, input), reduction_errors(name, f), dtypes};
}

/// Nothing to reduce, where that has a value.
template <class F> void add_empty_samples(OpRow& row, F f) {
  row.samples.push_back({"no rows", {leaf({0, 3})}, call1([f](const Tensor& x) { return f(x, {0}, false); })});
  row.samples.push_back({"no columns", {leaf({0, 3})}, call1([f](const Tensor& x) { return f(x, {1}, true); })});
}

/// max, min, argmax, argmin: along one dimension.
template <class F> std::vector<Sample> along_samples(F f) {
  const auto along = [f](std::int64_t dim, bool keepdim) {
    return [f, dim, keepdim](const Tensors& in) { return f(in[0], dim, keepdim); };
  };
  return {{"rows", {distinct_leaf({3, 4})}, along(-1, false)},
          {"columns", {distinct_leaf({3, 4})}, along(0, true)},
          {"middle", {distinct_leaf({2, 3, 2})}, along(1, false)},
          {"image", {distinct_leaf({2, 2, 2, 2})}, along(1, false)},
          {"0-d", {distinct_leaf({})}, along(0, false)},
          {"empty", {leaf({0, 3})}, along(1, false)}};
}

template <class F> std::vector<ErrorSample> along_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<IndexError>(op + ": dimension 2 is out of range for rank 2",
                            [f] {
                              f(ones({2, 3}), 2, false);
                            }),
          error<ValueError>(op + ": expected at least one element to choose from, got shape [0, 3]",
                            [f] {
                              f(ones({0, 3}), 0, false);
                            }),
          error<ValueError>("undefined", [f] { f(Tensor(), 0, false); })};
}

void add_sums(std::vector<OpRow>& table) {
  const auto summed = [](const Tensor& x, const Dims& d, bool k) { return sum(x, d, k); };
  table.push_back(reduction("sum", summed, kNumericAndBool));
  add_empty_samples(table.back(), summed);

  const auto averaged = [](const Tensor& x, const Dims& d, bool k) { return mean(x, d, k); };
  table.push_back(reduction("mean", averaged, kFloating | kBool));

  const auto to = [](const Shape& shape) { return call1([shape](const Tensor& x) { return sum_to(x, shape); }); };
  table.push_back({"sum_to",
                   {{"row", {leaf({2, 3})}, to({3})},
                    {"column", {leaf({2, 3})}, to({2, 1})},
                    {"0-d", {leaf({2, 3})}, to({})},
                    {"both", {leaf({2, 3, 2})}, to({1, 2})},
                    {"empty", {leaf({0, 3})}, to({1, 3})}},
                   {error<ShapeError>("sum_to: expected shapes that broadcast together, got [2, 3] and [3, 3]",
                                      [] {
                                        sum_to(ones({2, 3}), {3, 3});
                                      }),
                    error<ShapeError>("sum_to: expected a shape that broadcasts to [3], got [2, 3]",
                                      [] {
                                        sum_to(ones({3}), {2, 3});
                                      }),
                    error<ValueError>("undefined", [] { sum_to(Tensor(), {3}); })},
                   kNumericAndBool});

  const auto multiplied = [](const Tensor& x, const Dims& d, bool k) { return prod(x, d, k); };
  OpRow prod_row = reduction("prod", multiplied, kNumericAndBool);
  add_empty_samples(prod_row, multiplied);
  const auto rows = call1([](const Tensor& x) { return prod(x, {1}); });
  prod_row.samples.push_back(
      {"zeros", {leaf_at({{0.0, 2.0, 3.0}, {0.0, 0.0, 3.0}, {1.0, 2.0, 3.0}, {0.0, 0.0, 0.0}})}, rows});
  prod_row.samples.push_back(
      {"all with a zero", {leaf_at({{1.5, 0.0}, {2.0, 0.5}})}, call1([](const Tensor& x) { return prod(x); })});
  table.push_back(prod_row);

  OpRow cumsum_row{"cumsum", {}, {}, kNumericAndBool};
  for (const std::int64_t dim : {0, 1, -1}) {
    cumsum_row.samples.push_back(
        {"dim " + std::to_string(dim), {leaf({2, 3, 2})}, call1([dim](const Tensor& x) { return cumsum(x, dim); })});
  }
  cumsum_row.samples.push_back({"0-d", {leaf({})}, call1([](const Tensor& x) { return cumsum(x, 0); })});
  cumsum_row.samples.push_back({"empty", {leaf({2, 0})}, call1([](const Tensor& x) { return cumsum(x, 1); })});
  cumsum_row.errors = {error<IndexError>("cumsum: dimension 2 is out of range",
                                         [] {
                                           cumsum(ones({2, 3}), 2);
                                         }),
                       error<ValueError>("undefined", [] { cumsum(Tensor(), 0); })};
  table.push_back(cumsum_row);

  OpRow cumprod_row{"cumprod", {}, {}, kNumericAndBool};
  for (const std::int64_t dim : {0, 1, -1}) {
    cumprod_row.samples.push_back({"dim " + std::to_string(dim),
                                   {leaf({2, 3, 2}, 0.5, 2)},
                                   call1([dim](const Tensor& x) { return cumprod(x, dim); })});
  }
  cumprod_row.samples.push_back(
      {"zeros",
       {leaf_at({{0.0, 2.0, 3.0}, {2.0, 0.0, 3.0}, {0.5, 0.0, 0.0}, {1.0, 2.0, 0.0}, {0.0, 0.0, 0.0}})},
       call1([](const Tensor& x) { return cumprod(x, 1); })});
  cumprod_row.samples.push_back({"0-d", {leaf({})}, call1([](const Tensor& x) { return cumprod(x, 0); })});
  cumprod_row.samples.push_back({"empty", {leaf({2, 0})}, call1([](const Tensor& x) { return cumprod(x, 1); })});
  cumprod_row.errors = {error<IndexError>("cumprod: dimension 2 is out of range",
                                          [] {
                                            cumprod(ones({2, 3}), 2);
                                          }),
                        error<ValueError>("undefined", [] { cumprod(Tensor(), 0); })};
  table.push_back(cumprod_row);
}

void add_statistics(std::vector<OpRow>& table) {
  OpRow var_row = reduction("var", [](const Tensor& x, const Dims& d, bool k) { return var(x, d, 0, k); });
  var_row.samples.push_back({"unbiased", {plain({4, 3})}, call1([](const Tensor& x) { return var(x, {0}); })});
  var_row.samples.push_back(
      {"equal elements", {leaf_at({{0, 0, 0}, {2, 2, 2}})}, call1([](const Tensor& x) { return var(x, {1}); })});
  table.push_back(var_row);

  // The deviation of a single element is 0, where it has a kink.
  OpRow std_row = reduction("stddev", [](const Tensor& x, const Dims& d, bool k) { return stddev(x, d, 0, k); });
  std::erase_if(std_row.samples, [](const Sample& s) { return s.label == "0-d"; });
  std_row.samples.push_back({"unbiased", {plain({4, 3})}, call1([](const Tensor& x) { return stddev(x, {0}); })});
  std_row.samples.push_back(
      {"zeros and equals", {leaf_at({{0, 0, 1}, {2, 2, -2}})}, call1([](const Tensor& x) { return stddev(x, {1}); })});
  table.push_back(std_row);

  const auto shifted = [](const Tensor& x, const Dims& d, bool k) { return logsumexp(x, d, k); };
  table.push_back(reduction("logsumexp", shifted));
  add_empty_samples(table.back(), shifted);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  table.back().samples.push_back({"equal elements, -infinity",
                                  {leaf_at({{0, 0, 0}, {2, 2, 2}, {1, -infinity, -infinity}})},
                                  call1([](const Tensor& x) { return logsumexp(x, {1}); })});

  OpRow norm_row = reduction(
      "norm", [](const Tensor& x, const Dims& d, bool k) { return norm(x, 2, d, k); }, kFloating, nonzero_numbers);
  for (const double p : {0.0, 1.0, 3.0, 0.5, -1.0, infinity, -infinity}) {
    norm_row.samples.push_back({"p = " + std::to_string(p),
                                {(distinct_leaf({3, 4}, 5).detach() + 0.03).requires_grad_()},
                                call1([p](const Tensor& x) { return norm(x, p, {1}); })});
  }
  for (const double p : {2.0, 3.0, 4.0, infinity}) {
    norm_row.samples.push_back({"zeros among them, p = " + std::to_string(p),
                                {leaf_at({{0, 3, -4}, {1, 0, 0}, {0, 0, -2}})},
                                call1([p](const Tensor& x) { return norm(x, p, {1}); })});
  }
  norm_row.errors.push_back(
      error<ValueError>("norm: expected p in [-inf, inf], got nan", [] { norm(ones({2}), NAN); }));
  norm_row.errors.push_back(
      error<ValueError>("norm: expected at least one element to choose from", [] { norm(ones({0}), infinity); }));
  table.push_back(norm_row);
}

void add_extremes(std::vector<OpRow>& table) {
  const auto largest = [](const Tensor& x, const Dims& d, bool k) { return amax(x, d, k); };
  const auto smallest = [](const Tensor& x, const Dims& d, bool k) { return amin(x, d, k); };
  for (OpRow row : {reduction("amax", largest, kNumericAndBool, distinct),
                    reduction("amin", smallest, kNumericAndBool, distinct)}) {
    row.exact = true;
    row.samples.push_back({"no columns",
                           {leaf({0, 3})},
                           row.name == "amax" ? call1([](const Tensor& x) { return amax(x, {1}); })
                                              : call1([](const Tensor& x) { return amin(x, {1}); })});
    row.errors.push_back(error<ValueError>(
        std::string(row.name) + ": expected at least one element to choose from, got shape [0, 3]", [name = row.name] {
          const Tensor x = ones({0, 3});
          name == "amax" ? amax(x, {0}) : amin(x, {0});
        }));
    table.push_back(row);
  }

  const auto max_along = [](const Tensor& x, std::int64_t dim, bool keepdim) {
    const auto [values, indices] = max(x, dim, keepdim);
    return Tensors{values, indices};
  };
  const auto min_along = [](const Tensor& x, std::int64_t dim, bool keepdim) {
    const auto [values, indices] = min(x, dim, keepdim);
    return Tensors{values, indices};
  };
  table.push_back({"max", along_samples(max_along), along_errors("max", max_along), kNumericAndBool, true, true});
  table.push_back({"min", along_samples(min_along), along_errors("min", min_along), kNumericAndBool, true, true});

  const auto argmax_along = [](const Tensor& x, std::int64_t dim, bool keepdim) {
    return Tensors{argmax(x, dim, keepdim)};
  };
  const auto argmin_along = [](const Tensor& x, std::int64_t dim, bool keepdim) {
    return Tensors{argmin(x, dim, keepdim)};
  };
  table.push_back(
      {"argmax", along_samples(argmax_along), along_errors("argmax", argmax_along), kNumericAndBool, false, true});
  table.back().samples.push_back(
      {"flattened", {distinct_leaf({2, 3, 2, 2})}, call1([](const Tensor& x) { return argmax(x); })});
  table.push_back(
      {"argmin", along_samples(argmin_along), along_errors("argmin", argmin_along), kNumericAndBool, false, true});
  table.back().samples.push_back({"flattened, kept", {distinct_leaf({2, 3, 2, 2})}, call1([](const Tensor& x) {
                                    return argmin(x, std::nullopt, true);
                                  })});
}

void add_truth(std::vector<OpRow>& table) {
  const auto every = [](const Tensor& x, const Dims& d, bool k) { return all(x, d, k); };
  const auto some = [](const Tensor& x, const Dims& d, bool k) { return any(x, d, k); };
  for (OpRow row : {reduction("all", every, kNumericAndBool), reduction("any", some, kNumericAndBool)}) {
    row.differentiable = false;
    row.exact = true;
    const bool is_all = row.name == "all";
    row.samples.push_back({"zeros among them", {floor(uniform({4, 3}, -1, 2))}, call1([is_all](const Tensor& x) {
                             return is_all ? all(x, {1}) : any(x, {1});
                           })});
    row.samples.push_back(
        {"empty", {uniform({0, 3})}, call1([is_all](const Tensor& x) { return is_all ? all(x, {0}) : any(x, {0}); })});
    table.push_back(row);
  }
}

}  // namespace

void add_reduction_rows(std::vector<OpRow>& table) {
  add_sums(table);
  add_statistics(table);
  add_extremes(table);
  add_truth(table);
}

}  // namespace reel::testing
