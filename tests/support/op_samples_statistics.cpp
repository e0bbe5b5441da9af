// Rows of the op table: statistics of order, counts, covariances.

#include <cmath>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

Tensors listed(const std::tuple<Tensor, Tensor>& results) { return {std::get<0>(results), std::get<1>(results)}; }

/// What chooses an element along a dimension: `f(x, dim, keepdim)` returns the values and where they are.
template <class F> OpRow choosing(std::string_view name, F f, DTypeSet dtypes) {
  const auto along = [f](std::int64_t dim, bool keepdim) {
    return [=](const Tensors& in) { return listed(f(in[0], dim, keepdim)); };
  };
  const std::string op(name);
  return {name,
          {{"rows", {distinct_leaf({3, 4})}, along(-1, false)},
           {"columns", {distinct_leaf({3, 4})}, along(0, true)},
           {"middle", {distinct_leaf({2, 3, 2})}, along(1, false)},
           {"0-d", {distinct_leaf({})}, along(0, true)},
           {"no rows", {leaf({0, 3})}, along(1, false)}},
          {error<IndexError>(op + ": dimension 2 is out of range for rank 2",
                             [f] {
                               f(ones({2, 3}), 2, false);
                             }),
           error<ValueError>(op + ": expected at least one element to choose from, got shape [0, 3]",
                             [f] {
                               f(ones({0, 3}), 0, false);
                             }),
           error<ValueError>("undefined", [f] { f(Tensor(), 0, false); })},
          dtypes,
          true,
          true};
}

void add_medians(std::vector<OpRow>& table) {
  table.push_back(choosing(
      "median", [](const Tensor& x, std::int64_t d, bool k) { return median(x, d, k); }, kNumeric));
  table.back().samples.push_back({"all", {distinct_leaf({3, 4})}, call1([](const Tensor& x) { return median(x); })});
  table.back().errors.push_back(error<ValueError>("median: expected at least one element to choose from",
                                                  [] { median(zeros({0}, DType::i64)); }));
  table.push_back(choosing(
      "nanmedian", [](const Tensor& x, std::int64_t d, bool k) { return nanmedian(x, d, k); }, kNumeric));
  table.back().samples.push_back({"all", {distinct_leaf({3, 4})}, call1([](const Tensor& x) { return nanmedian(x); })});
  table.push_back(choosing(
      "kthvalue", [](const Tensor& x, std::int64_t d, bool k) { return kthvalue(x, 1, d, k); }, kNumeric));
  table.back().samples.push_back(
      {"third", {distinct_leaf({3, 4})}, [](const Tensors& in) { return listed(kthvalue(in[0], 3)); }});
  table.back().errors.push_back(error<IndexError>(
      "kthvalue: expected k from 1 to 2 for dimension -1 of shape [2], got 3", [] { kthvalue(ones({2}), 3); }));
  table.push_back(choosing(
      "mode", [](const Tensor& x, std::int64_t d, bool k) { return mode(x, d, k); }, kNumericAndBool));
}

void add_quantiles(std::vector<OpRow>& table) {
  const Tensor shares = tensor({0.0, 0.3, 1.0, 0.62}, {.dtype = DType::f64});
  for (const bool ignores : {false, true}) {
    const auto f = [ignores](const Tensor& x, auto q, std::optional<std::int64_t> dim, bool keepdim,
                             std::string_view how) {
      return ignores ? nanquantile(x, q, dim, keepdim, how) : quantile(x, q, dim, keepdim, how);
    };
    OpRow row{ignores ? "nanquantile" : "quantile"};
    for (const std::string_view how : {"linear", "lower", "higher", "midpoint", "nearest"}) {
      row.samples.push_back({std::string(how), {distinct_leaf({3, 4}), shares}, [f, how](const Tensors& in) {
                               return Tensors{f(in[0], in[1], 1, false, how)};
                             }});
    }
    row.samples.push_back({"number, kept", {distinct_leaf({3, 4})}, call1([f](const Tensor& x) {
                             return f(x, 0.4, 0, true, "linear");
                           })});
    row.samples.push_back({"all, kept", {distinct_leaf({3, 4}), shares}, [f](const Tensors& in) {
                             return Tensors{f(in[0], in[1], std::nullopt, true, "linear")};
                           }});
    row.samples.push_back(
        {"0-d", {distinct_leaf({})}, call1([f](const Tensor& x) { return f(x, 0.4, 0, false, "linear"); })});
    const std::string op(row.name);
    row.errors = {
        error<ValueError>(op + ": expected q in [0, 1], got 2", [f] { f(ones({2}), 2.0, {}, false, "linear"); }),
        error<ValueError>(op + ": expected q in [0, 1], got other numbers",
                          [f] {
                            f(ones({2}), tensor({0.5, -1.0}), {}, false, "linear");
                          }),
        error<ValueError>(op + ": expected the interpolation", [f] { f(ones({2}), 0.5, {}, false, "cubic"); }),
        error<ValueError>(op + ": expected at least one element", [f] { f(ones({0}), 0.5, {}, false, "linear"); }),
        error<ShapeError>(op + ": expected q of rank 0 or 1",
                          [f] {
                            f(ones({2}), ones({1, 1}), {}, false, "linear");
                          }),
        error<ValueError>("undefined", [f] { f(Tensor(), 0.5, {}, false, "linear"); })};
    table.push_back(row);
  }
}

void add_counts(std::vector<OpRow>& table) {
  table.push_back(
      {"bincount",
       {{"weights",
         {tensor({0, 3, 1, 3}), leaf({4})},
         [](const Tensors& in) { return Tensors{bincount(in[0], in[1])}; }},
        {"nothing",
         {empty({0}, {.dtype = DType::i32}), leaf({0})},
         [](const Tensors& in) { return Tensors{bincount(in[0], in[1], 2)}; }}},
       {error<IndexError>("bincount: index -1 is out of range",
                          [] {
                            bincount(tensor({1, -1}));
                          }),
        error<DTypeError>("bincount: expected numbers of dtype i64 or i32, got f32", [] { bincount(ones({2})); }),
        error<ShapeError>("bincount: expected weights of shape [2], got [3]",
                          [] {
                            bincount(tensor({1, 2}), ones({3}));
                          })},
       kNumeric});
  table.push_back({"histc",
                   {{"range", {uniform({3, 4})}, call1([](const Tensor& x) { return histc(x, 5, -0.8, 0.8); })},
                    {"of the elements", {uniform({12})}, call1([](const Tensor& x) { return histc(x, 4); })},
                    {"0-d", {uniform({})}, call1([](const Tensor& x) { return histc(x, 3); })},
                    {"empty", {uniform({0})}, call1([](const Tensor& x) { return histc(x, 3); })}},
                   {error<ValueError>("histc: expected max in [1, inf), got 0", [] { histc(ones({2}), 3, 1, 0); }),
                    error<ValueError>("histc: expected bins of at least 1, got 0", [] { histc(ones({2}), 0); }),
                    error<ValueError>("histc: expected a range", [] { histc(full({2}, NAN), 2); })},
                   kFloating,
                   false});
  table.push_back({"cov",
                   {{"matrix", {leaf({3, 4})}, call1([](const Tensor& x) { return cov(x); })},
                    {"vector", {leaf({4})}, call1([](const Tensor& x) { return cov(x, 0); })}},
                   {error<ShapeError>("cov: expected variables of rank 2, or one of rank 1, got shape [1, 1, 1]", [] {
                     cov(ones({1, 1, 1}));
                   })}});
  table.push_back({"corrcoef",
                   {{"matrix", {leaf({3, 4})}, call1([](const Tensor& x) { return corrcoef(x); })},
                    {"vector", {leaf({4})}, call1([](const Tensor& x) { return corrcoef(x); })}},
                   {error<ShapeError>("corrcoef: expected variables of rank 2", [] {
                     corrcoef(ones({1, 1, 1}));
                   })}});
}

}  // namespace

void add_statistics_rows(std::vector<OpRow>& table) {
  add_medians(table);
  add_quantiles(table);
  add_counts(table);
}

}  // namespace reel::testing
