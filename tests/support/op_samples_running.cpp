// Rows of the op table: running extremes, differences and integrals, reductions of a part, pairs of reductions.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

Tensors listed(const std::tuple<Tensor, Tensor>& results) { return {std::get<0>(results), std::get<1>(results)}; }

/// `f(x, dim)` along each dimension, of a number, of nothing.
template <class F> OpRow along(std::string_view name, F f, DTypeSet dtypes = kFloating) {
  OpRow row{name, {}, {}, dtypes};
  for (const std::int64_t dim : {0, 1, -1}) {
    row.samples.push_back({"dim " + std::to_string(dim), {distinct_leaf({2, 5, 2})}, [f, dim](const Tensors& in) {
                             return f(in[0], dim);
                           }});
  }
  row.samples.push_back({"0-d", {leaf({})}, [f](const Tensors& in) { return f(in[0], 0); }});
  row.samples.push_back({"empty", {leaf({2, 0})}, [f](const Tensors& in) { return f(in[0], 1); }});
  const std::string op(name);
  row.errors = {error<IndexError>(op + ": dimension 2 is out of range",
                                  [f] {
                                    f(ones({2, 3}), 2);
                                  }),
                error<ValueError>("undefined", [f] { f(Tensor(), 0); })};
  return row;
}

/// `f(x, dims, keepdim)` over dimensions.
template <class F> OpRow over(std::string_view name, F f, DTypeSet dtypes = kFloating) {
  const auto call = [f](const Dims& dims, bool keepdim) {
    return [=](const Tensors& in) { return f(in[0], dims, keepdim); };
  };
  const std::string op(name);
  return {name,
          {{"all", {distinct_leaf({2, 3})}, call({}, false)},
           {"rows", {distinct_leaf({3, 4})}, call({-1}, false)},
           {"columns", {distinct_leaf({3, 4})}, call({0}, true)}},
          {error<IndexError>("dimension 2 is out of range for rank 2",
                             [f] {
                               f(ones({2, 3}), {2}, false);
                             }),
           error<ValueError>("undefined", [f] { f(Tensor(), {}, false); })},
          dtypes};
}

void add_pairs(std::vector<OpRow>& table) {
  table.push_back(
      over("var_mean", [](const Tensor& x, const Dims& d, bool k) { return listed(var_mean(x, d, 1, k)); }));
  table.push_back(
      over("std_mean", [](const Tensor& x, const Dims& d, bool k) { return listed(std_mean(x, d, 0, k)); }));
  table.push_back(over(
      "aminmax",
      [](const Tensor& x, const Dims& d, bool k) {
        return listed(aminmax(x, d.empty() ? std::nullopt : std::optional(d[0]), k));
      },
      kNumericAndBool));
  table.back().exact = true;
  table.back().samples.push_back(
      {"0-d", {leaf({})}, [](const Tensors& in) { return listed(aminmax(in[0], 0, true)); }});
  table.back().errors.push_back(
      error<ValueError>("amin: expected at least one element to choose from", [] { aminmax(ones({0})); }));
}

void add_parts(std::vector<OpRow>& table) {
  table.push_back(over("nansum", [](const Tensor& x, const Dims& d, bool k) { return Tensors{nansum(x, d, k)}; }));
  table.push_back(over("nanmean", [](const Tensor& x, const Dims& d, bool k) { return Tensors{nanmean(x, d, k)}; }));
  table.push_back(over(
      "count_nonzero", [](const Tensor& x, const Dims& d, bool) { return Tensors{count_nonzero(x, d)}; },
      kNumericAndBool));
  table.back().differentiable = false;
  table.back().exact = true;
}

void add_differences(std::vector<OpRow>& table) {
  OpRow row{"diff", {}, {}, kNumericAndBool};
  row.samples = {{"columns", {leaf({2, 4})}, call1([](const Tensor& x) { return diff(x); })},
                 {"twice", {leaf({4, 2})}, call1([](const Tensor& x) { return diff(x, 2, 0); })},
                 {"not at all", {leaf({4})}, call1([](const Tensor& x) { return diff(x, 0); })},
                 {"more often than it can", {leaf({2})}, call1([](const Tensor& x) { return diff(x, 3); })},
                 {"joined", {leaf({2, 2}), leaf({2, 1}, -1, 1, 2), leaf({2, 2}, -1, 1, 3)}, [](const Tensors& in) {
                    return Tensors{diff(in[0], 1, -1, in[1], in[2])};
                  }}};
  row.errors = {error<ShapeError>("diff: expected a tensor with dimensions, got one of rank 0", [] { diff(ones({})); }),
                error<ValueError>("diff: expected n of at least 0, got -1", [] { diff(ones({2}), -1); }),
                error<ValueError>("undefined", [] { diff(Tensor()); })};
  table.push_back(row);

  OpRow integral{"trapezoid"};
  integral.samples = {{"rows", {leaf({2, 4})}, call1([](const Tensor& y) { return trapezoid(y); })},
                      {"columns", {leaf({4, 2})}, call1([](const Tensor& y) { return trapezoid(y, 0.5, 0); })},
                      {"points", {leaf({2, 4}), leaf({4}, -1, 1, 2)}, call2([](const Tensor& y, const Tensor& x) {
                         return trapezoid(y, x);
                       })},
                      {"points of each",
                       {leaf({3, 2}), leaf({3, 2}, -1, 1, 2)},
                       call2([](const Tensor& y, const Tensor& x) { return trapezoid(y, x, 0); })},
                      {"one", {leaf({2, 1})}, call1([](const Tensor& y) { return trapezoid(y); })},
                      {"none", {leaf({2, 0})}, call1([](const Tensor& y) { return trapezoid(y); })}};
  integral.errors = {
      error<ShapeError>("trapezoid: expected shapes that broadcast together, got [1, 3] and [2, 4]",
                        [] {
                          trapezoid(ones({2, 4}), ones({3}));
                        }),
      error<ShapeError>("trapezoid: expected a tensor with dimensions, got one of rank 0", [] { trapezoid(ones({})); }),
      error<ValueError>("undefined", [] { trapezoid(Tensor()); })};
  table.push_back(integral);
}

}  // namespace

void add_running_rows(std::vector<OpRow>& table) {
  table.push_back(along(
      "cummax", [](const Tensor& x, std::int64_t d) { return listed(cummax(x, d)); }, kNumericAndBool));
  table.back().exact = true;
  table.push_back(along(
      "cummin", [](const Tensor& x, std::int64_t d) { return listed(cummin(x, d)); }, kNumericAndBool));
  table.back().exact = true;
  table.push_back(along("logcumsumexp", [](const Tensor& x, std::int64_t d) { return Tensors{logcumsumexp(x, d)}; }));
  add_pairs(table);
  add_parts(table);
  add_differences(table);
}

}  // namespace reel::testing
