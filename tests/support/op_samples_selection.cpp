// Rows of the op table: repeating, writing and taking elements by position.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A row for an operation that moves elements: any dtype, no arithmetic.
OpRow moving_row(std::string_view name, std::vector<Sample> samples, std::vector<ErrorSample> errors) {
  return {name, std::move(samples), std::move(errors), kAnyDType, true, true};
}

template <class F> Sample sample(std::string label, Tensors inputs, F f) {
  return {std::move(label), std::move(inputs), [f](const Tensors& in) { return Tensors{f(in)}; }};
}

template <class F> ErrorSample undefined(F f) {
  return error<ValueError>("undefined", [f] { f(Tensor()); });
}

Tensor no_index() { return empty({0}, {.dtype = DType::i64}); }

void add_repetitions(std::vector<OpRow>& table) {
  const auto tiled = [](const Dims& repeats) { return call1([repeats](const Tensor& x) { return tile(x, repeats); }); };
  table.push_back(
      moving_row("tile",
                 {{"fewer numbers", {leaf({2, 3})}, tiled({2})},
                  {"more numbers", {leaf({2})}, tiled({2, 3})},
                  {"0-d", {leaf({})}, tiled({2})},
                  {"none", {leaf({2, 3})}, tiled({0, 2})}},
                 {error<ValueError>("repeat: expected numbers of at least 0", [] { tile(ones({2}), {-1}); }),
                  undefined([](const Tensor& x) { tile(x, {2}); })}));
  const auto rows = [](const Tensors& in) { return repeat_interleave(in[0], in[1], 0); };
  table.push_back(moving_row(
      "repeat_interleave",
      {{"columns", {leaf({2, 3})}, call1([](const Tensor& x) { return repeat_interleave(x, 2, 1); })},
       {"flattened", {leaf({2, 3})}, call1([](const Tensor& x) { return repeat_interleave(x, 3); })},
       {"0-d", {leaf({})}, call1([](const Tensor& x) { return repeat_interleave(x, 2, 0); })},
       {"never", {leaf({2})}, call1([](const Tensor& x) { return repeat_interleave(x, 0, 0); })},
       sample("numbers", {leaf({3, 2}), tensor({2, 0, 1})}, rows),
       sample("one number", {leaf({3, 2}), tensor({2}).to(DType::i32)}, rows),
       sample("numbers, flattened", {leaf({2, 2}), tensor({1, 2, 0, 3})},
              [](const Tensors& in) { return repeat_interleave(in[0], in[1]); }),
       sample("nothing", {leaf({0, 2}), no_index()}, rows)},
      {error<ValueError>("repeat_interleave: expected repeats of at least 0, got -1",
                         [] { repeat_interleave(ones({2}), -1); }),
       error<ValueError>("repeat_interleave: expected repeats of at least 0, got a negative one",
                         [] {
                           repeat_interleave(ones({2}), tensor({1, -1}));
                         }),
       error<ShapeError>("repeat_interleave: expected a number for each of 3 slices, or one, got shape [2]",
                         [] {
                           repeat_interleave(ones({3}), tensor({1, 1}));
                         }),
       error<IndexError>("repeat_interleave: dimension 1 is out of range", [] { repeat_interleave(ones({3}), 2, 1); }),
       undefined([](const Tensor& x) { repeat_interleave(x, 2); })}));
  table.push_back(moving_row(
      "fliplr", {{"matrix", {leaf({2, 3})}, call1([](const Tensor& x) { return fliplr(x); })}},
      {error<ShapeError>("fliplr: expected at least 2 dimensions, got shape [2]", [] { fliplr(ones({2})); })}));
  table.push_back(
      moving_row("flipud", {{"matrix", {leaf({2, 3})}, call1([](const Tensor& x) { return flipud(x); })}},
                 {error<ShapeError>("flipud: expected at least 1 dimension, got shape []", [] { flipud(ones({})); })}));
  table.push_back(moving_row(
      "broadcast_to", {{"rows", {leaf({3})}, call1([](const Tensor& x) {
                          return broadcast_to(x, {2, 3});
                        })}},
      {error<ShapeError>("expand: expected a shape that a tensor of shape [3]", [] { broadcast_to(ones({3}), {2}); }),
       undefined([](const Tensor& x) { broadcast_to(x, {2}); })}));
  const auto grid = [](std::string_view indexing) {
    return [indexing](const Tensors& in) { return meshgrid(in, indexing); };
  };
  table.push_back(moving_row("meshgrid",
                             {{"ij", {leaf({2}), leaf({3}, -1, 1, 2), leaf({}, -1, 1, 3)}, grid("ij")},
                              {"xy", {leaf({2}), leaf({3}, -1, 1, 2), leaf({2}, -1, 1, 3)}, grid("xy")},
                              {"one", {leaf({2})}, grid("xy")}},
                             {error<ValueError>("meshgrid: expected at least one tensor", [] { meshgrid({}); }),
                              error<ValueError>("meshgrid: expected the indexing \"ij\" or \"xy\", got \"yx\"",
                                                [] { meshgrid({ones({2})}, "yx"); }),
                              error<ShapeError>("meshgrid: expected vectors, got shape [2, 2]", [] {
                                meshgrid({ones({2, 2})});
                              })}));
}

void add_writes(std::vector<OpRow>& table) {
  const auto added = [](std::int64_t dim, Scalar alpha) {
    return [dim, alpha](const Tensors& in) { return index_add(in[0], dim, in[1], in[2], alpha); };
  };
  table.push_back(
      {"index_add",
       {sample("rows", {leaf({3, 2}), tensor({2, 0, 2}), leaf({3, 2}, -1, 1, 2)}, added(0, 1)),
        sample("alpha", {leaf({2, 3}), tensor({1, 1}).to(DType::i32), leaf({2, 2}, -1, 1, 2)}, added(-1, 2)),
        sample("0-d", {leaf({}), tensor({0}), leaf({}, -1, 1, 2)}, added(0, 1)),
        sample("nothing", {leaf({3, 2}), no_index(), leaf({0, 2}, -1, 1, 2)}, added(0, 1))},
       {error<ShapeError>("index_add: expected a source of shape [2, 3], got [2]",
                          [] {
                            index_add(ones({4, 3}), 0, tensor({0, 1}), ones({2}));
                          }),
        error<IndexError>("index_add: index 4 is out of range",
                          [] { index_add(ones({4}), 0, tensor({4}), ones({1})); })},
       kNumeric});
  table.push_back(moving_row("index_copy",
                             {sample("columns", {leaf({2, 3}), tensor({2, 0}), leaf({2, 2}, -1, 1, 2)},
                                     [](const Tensors& in) { return index_copy(in[0], 1, in[1], in[2]); }),
                              sample("repeated", {leaf({3}), tensor({2, 2}), leaf({2}, -1, 1, 2)},
                                     [](const Tensors& in) { return index_copy(in[0], 0, in[1], in[2]); })},
                             {error<IndexError>("index_copy: index -1 is out of range",
                                                [] { index_copy(ones({4}), 0, tensor({-1}), ones({1})); })}));
  const auto filled = [](const Tensors& in) { return index_fill(in[0], 0, in[1], 1); };
  table.push_back(moving_row(
      "index_fill",
      {sample("rows", {leaf({3, 2}), tensor({2, 0})}, filled), sample("0-d", {leaf({}), tensor({0})}, filled)},
      {error<DTypeError>("index_fill: expected a number that dtype", [] {
        index_fill(tensor({1, 2}), 0, tensor({0}), 0.5);
      })}));
  const auto replaced = [](const Tensors& in) { return masked_scatter(in[0], in[1], in[2]); };
  table.push_back(
      moving_row("masked_scatter",
                 {sample("mask", {leaf({2, 2}), tensor({{true, false}, {true, true}}), leaf({4}, -1, 1, 2)}, replaced),
                  sample("broadcast", {leaf({2, 3}), tensor({false, true, true}), leaf({2, 3}, -1, 1, 2)}, replaced),
                  sample("0-d", {leaf({}), tensor(true), leaf({1}, -1, 1, 2)}, replaced)},
                 {error<IndexError>("masked_scatter: expected a source of at least 2 elements, got 1",
                                    [] {
                                      masked_scatter(ones({2}), tensor({true, true}), ones({1}));
                                    }),
                  error<DTypeError>("masked_scatter: expected dtype bool",
                                    [] { masked_scatter(ones({2}), ones({2}), ones({2})); })}));
}

void add_scatter_reductions(std::vector<OpRow>& table) {
  OpRow row{"scatter_reduce", {}, {}, kNumeric};
  for (const std::string reduce : {"sum", "prod", "mean", "amax", "amin"}) {
    for (const bool include_self : {true, false}) {
      const auto f = [reduce, include_self](std::int64_t dim) {
        return [=](const Tensors& in) { return scatter_reduce(in[0], dim, in[1], in[2], reduce, include_self); };
      };
      const std::string label = reduce + (include_self ? "" : " without x");
      // Without zeros, where products have no second derivative.
      const Tensor x = (distinct_leaf({2, 3}, 7).detach() + 0.57).requires_grad_();
      const Tensor source = (distinct_leaf({2, 4}, 2).detach() + 1.03).requires_grad_();
      row.samples.push_back(sample(label, {x, tensor({{1, 1, 0, 1}, {2, 2, 2, 2}}).to(DType::i32), source}, f(1)));
      row.samples.push_back(sample(label + ", 0-d", {leaf({}, 0.2, 1), tensor(0), leaf({}, 1.2, 2, 2)}, f(0)));
      row.samples.push_back(sample(label + ", nothing", {leaf({3}, 0.2, 1), no_index(), leaf({0}, -1, 1, 2)}, f(0)));
    }
  }
  row.errors = {
      error<ValueError>("scatter_reduce: expected \"sum\", \"prod\", \"mean\", \"amax\" or \"amin\", got \"max\"",
                        [] { scatter_reduce(ones({2}), 0, tensor({0}), ones({1}), "max"); }),
      error<IndexError>("scatter_reduce: index 2 is out of range",
                        [] { scatter_reduce(ones({2}), 0, tensor({2}), ones({1}), "amax"); }),
      error<ShapeError>("scatter_reduce: expected an index within the source's shape [1], got shape [2]",
                        [] {
                          scatter_reduce(ones({2}), 0, tensor({0, 0}), ones({1}), "sum");
                        }),
      undefined([](const Tensor& x) { scatter_reduce(x, 0, tensor({0}), ones({1}), "sum"); })};
  table.push_back(row);
}

void add_takes(std::vector<OpRow>& table) {
  const auto taken = [](const Tensors& in) { return take(in[0], in[1]); };
  table.push_back(
      moving_row("take",
                 {sample("negative", {leaf({2, 3}), tensor({{0, -1}, {5, 5}})}, taken),
                  sample("0-d", {leaf({}), tensor(0)}, taken), sample("nothing", {leaf({2}), no_index()}, taken)},
                 {error<IndexError>("take: index 6 is out of range",
                                    [] {
                                      take(ones({2, 3}), tensor({6}));
                                    }),
                  undefined([](const Tensor& x) { take(x, tensor({0})); })}));
  const auto along = [](std::optional<std::int64_t> dim) {
    return [dim](const Tensors& in) { return take_along_dim(in[0], in[1], dim); };
  };
  table.push_back(moving_row(
      "take_along_dim",
      {sample("broadcast index", {leaf({3, 2}), tensor({{2}, {0}})}, along(0)),
       sample("broadcast x", {leaf({1, 3}), tensor({{2, 0}, {1, 1}})}, along(1)),
       sample("flattened", {leaf({2, 2}), tensor({{3}, {0}})}, along(std::nullopt)),
       sample("0-d", {leaf({}), tensor(0)}, along(0))},
      {error<ShapeError>("take_along_dim: expected an index of rank 2",
                         [] {
                           take_along_dim(ones({2, 2}), tensor({0}), 0);
                         }),
       error<IndexError>("gather: index 2 is out of range", [] { take_along_dim(ones({2}), tensor({2}), 0); })}));
}

}  // namespace

void add_selection_rows(std::vector<OpRow>& table) {
  add_repetitions(table);
  add_writes(table);
  add_scatter_reductions(table);
  add_takes(table);
}

}  // namespace reel::testing
