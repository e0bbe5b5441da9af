// Rows of the op table: gather, scatter, sort and others that choose elements by index.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A row for an operation that chooses elements: any dtype, no arithmetic.
OpRow choice_row(std::string_view name, std::vector<Sample> samples, std::vector<ErrorSample> errors,
                 bool differentiable = true) {
  return {name, std::move(samples), std::move(errors), kAnyDType, differentiable, true};
}

template <class F> Sample sample(std::string label, Tensors inputs, F f) {
  return {std::move(label), std::move(inputs), [f](const Tensors& in) { return Tensors{f(in)}; }};
}

template <class F> ErrorSample undefined(F f) {
  return error<ValueError>("undefined", [f] { f(Tensor()); });
}

Tensor empty_index(const Shape& shape) { return empty(shape, {.dtype = DType::i64}); }

void add_gather_rows(std::vector<OpRow>& table) {
  const auto gathered = [](std::int64_t dim) { return [dim](const Tensors& in) { return gather(in[0], dim, in[1]); }; };
  table.push_back(choice_row(
      "gather",
      {sample("rows", {leaf({3, 2}), tensor({{0, 2}, {2, 2}, {1, 0}, {0, 0}})}, gathered(0)),
       sample("columns", {leaf({2, 3}), tensor({{2, 0}, {1, 1}})}, gathered(-1)),
       sample("smaller outside", {leaf({3, 2, 2}), tensor({{{1}, {1}, {0}}})}, gathered(1)),
       sample("expanded index", {leaf({3, 2}), tensor({{1}, {2}})},
              [](const Tensors& in) {
                return gather(in[0], 0, in[1].expand({2, 2}));
              }),
       sample("i32", {leaf({2, 3}), tensor({{2, 0}, {1, 1}}).to(DType::i32)}, gathered(-1)),
       sample("0-d", {leaf({}), tensor(0)}, gathered(0)),
       sample("empty", {leaf({3, 2}), empty_index({0, 2})}, gathered(0))},
      {error<IndexError>("gather: index 3 is out of range for dimension 0 of size 3",
                         [] {
                           gather(ones({3}), 0, tensor({0, 3}));
                         }),
       error<IndexError>("gather: index -1 is out of range", [] { gather(ones({3}), 0, tensor({-1})); }),
       error<DTypeError>("gather: expected an index of dtype i64 or i32, got f32",
                         [] { gather(ones({3}), 0, ones({2})); }),
       error<ShapeError>("gather: expected an index of rank 2 for a tensor of shape [3, 2], got shape [2]",
                         [] {
                           gather(ones({3, 2}), 0, tensor({0, 1}));
                         }),
       error<ShapeError>(
           "gather: expected an index within the tensor's shape [3, 2] outside dimension 0, got shape [1, 3]",
           [] {
             gather(ones({3, 2}), 0, tensor({{0, 1, 0}}));
           }),
       undefined([](const Tensor& x) { return gather(x, 0, tensor({0})); }),
       undefined([](const Tensor& x) { return gather(ones({3}), 0, x); })}));

  for (const bool add : {false, true}) {
    const std::string name = add ? "scatter_add" : "scatter";
    const auto scattered = [add](std::int64_t dim) {
      return [add, dim](const Tensors& in) {
        return add ? scatter_add(in[0], dim, in[1], in[2]) : scatter(in[0], dim, in[1], in[2]);
      };
    };
    const auto call = [scattered](Tensor x, Tensor index, Tensor source) {
      return [=] { scattered(0)(Tensors{x, index, source}); };
    };
    table.push_back(choice_row(
        add ? "scatter_add" : "scatter",
        {sample("rows", {leaf({3, 2}), tensor({{0, 2}, {2, 1}}), leaf({2, 2}, -1, 1, 2)}, scattered(0)),
         sample("repeated", {leaf({2, 3}), tensor({{1, 1, 0, 1}, {2, 2, 2, 2}}), leaf({2, 4}, -1, 1, 2)}, scattered(1)),
         sample("larger source", {leaf({2, 3}), tensor({{2, 0}}), leaf({2, 3}, -1, 1, 2)}, scattered(-1)),
         sample("i32", {leaf({2, 3}), tensor({{2, 0}}).to(DType::i32), leaf({2, 3}, -1, 1, 2)}, scattered(-1)),
         sample("0-d", {leaf({}), tensor(0), leaf({}, -1, 1, 2)}, scattered(0)),
         sample("nothing", {leaf({3}), empty_index({0}), leaf({0}, -1, 1, 2)}, scattered(0))},
        {error<IndexError>(name + ": index 3 is out of range for dimension 0 of size 3",
                           call(ones({3}), tensor({3}), ones({1}))),
         error<DTypeError>(name + ": expected an index of dtype i64 or i32, got f32",
                           call(ones({3}), ones({1}), ones({1}))),
         error<DTypeError>(name + ": expected operands of one dtype, got f32 and i64",
                           call(ones({3}), tensor({0}), tensor({1}))),
         error<ShapeError>(name + ": expected an index within the source's shape [1], got shape [2]",
                           call(ones({3}), tensor({0, 1}), ones({1}))),
         error<ShapeError>(name + ": expected a source of rank 1 for an index of shape [1], got shape [1, 1]",
                           call(ones({3}), tensor({0}), ones({1, 1}))),
         error<ValueError>("undefined", call({}, tensor({0}), ones({1}))),
         error<ValueError>("undefined", call(ones({3}), {}, ones({1}))),
         error<ValueError>("undefined", call(ones({3}), tensor({0}), {}))}));
    table.back().exact = !add;
    if (add) continue;
    table.back().samples.push_back(sample("number", {leaf({3, 2}), tensor({{0, 2}, {2, 1}})},
                                          [](const Tensors& in) { return scatter(in[0], 0, in[1], 1); }));
  }
}

void add_index_rows(std::vector<OpRow>& table) {
  const auto selected = [](std::int64_t dim) {
    return [dim](const Tensors& in) { return index_select(in[0], dim, in[1]); };
  };
  table.push_back(choice_row(
      "index_select",
      {sample("rows", {leaf({3, 2}), tensor({2, 0, 2})}, selected(0)),
       sample("columns", {leaf({2, 3}), tensor({1, 1})}, selected(-1)),
       sample("inside", {leaf({2, 3, 2}), tensor({2})}, selected(1)),
       sample("channels-last", {leaf({2, 2, 2, 2}), tensor({1, 0})},
              [](const Tensors& in) { return index_select(in[0].channels_last(), 1, in[1]); }),
       sample("i32", {leaf({3, 2}), tensor({2, 0, 2}).to(DType::i32)}, selected(0)),
       sample("0-d", {leaf({}), tensor({0})}, selected(-1)),
       sample("nothing", {leaf({3, 2}), empty_index({0})}, selected(0))},
      {error<IndexError>("index_select: index 3 is out of range for dimension 0 of size 3",
                         [] {
                           index_select(ones({3}), 0, tensor({0, 3}));
                         }),
       error<IndexError>("index_select: index -1 is out of range", [] { index_select(ones({3}), 0, tensor({-1})); }),
       error<ShapeError>("index_select: expected an index of rank 1, got shape [1, 1]",
                         [] { index_select(ones({3}), 0, tensor({{0}})); }),
       error<DTypeError>("index_select: expected an index of dtype i64 or i32, got f32",
                         [] { index_select(ones({3}), 0, ones({1})); }),
       error<ShapeError>("index_select: expected one position in a tensor of rank 0, got 2",
                         [] {
                           index_select(ones({}), 0, tensor({0, 0}));
                         }),
       error<IndexError>("index_select: index 1 is out of range", [] { index_select(ones({}), 0, tensor({1})); }),
       undefined([](const Tensor& x) { return index_select(x, 0, tensor({0})); }),
       undefined([](const Tensor& x) { return index_select(ones({3}), 0, x); })}));

  table.push_back(choice_row(
      "index",
      {sample("rows", {leaf({3, 2}), tensor({{2, 0}, {-1, 1}})},
              [](const Tensors& in) { return index(in[0], {in[1]}); }),
       sample("pairs", {leaf({3, 2}), tensor({2, 0, 2}), tensor({1, 1, 1})},
              [](const Tensors& in) {
                return index(in[0], {in[1], in[2]});
              }),
       sample("broadcast", {leaf({3, 2}), tensor({{2}, {0}}), tensor({1, 0})},
              [](const Tensors& in) {
                return index(in[0], {in[1], in[2]});
              }),
       sample("inside", {leaf({2, 3, 2}), tensor({2, 0})},
              [](const Tensors& in) {
                return index(in[0], {Tensor(), in[1]});
              }),
       sample("separated", {leaf({2, 3, 2}), tensor({1, 0, 0}), tensor({0, 1, 1})},
              [](const Tensors& in) {
                return index(in[0], {in[1], Tensor(), in[2]});
              }),
       sample("rank 0 apart", {leaf({2, 3, 2, 2}), tensor({2, 0, 0}), tensor(-1)},
              [](const Tensors& in) {
                return index(in[0], {Tensor(), in[1], Tensor(), in[2]});
              }),
       sample("rank 0 only", {leaf({2, 3, 2}), tensor(1), tensor(0)},
              [](const Tensors& in) {
                return index(in[0], {in[1], Tensor(), in[2]});
              }),
       sample("i32", {leaf({3, 2}), tensor({2, 0, 2}).to(DType::i32), tensor({1, 0, 1})},
              [](const Tensors& in) {
                return index(in[0], {in[1], in[2]});
              }),
       sample("nothing", {leaf({3, 2}), empty_index({0})}, [](const Tensors& in) { return index(in[0], {in[1]}); })},
      {error<IndexError>("index: index 3 is out of range for dimension 1 of size 3",
                         [] {
                           index(ones({2, 3}), {Tensor(), tensor({0, 3})});
                         }),
       error<IndexError>("index: index -4 is out of range for dimension 0 of size 3",
                         [] { index(ones({3}), {tensor({-4})}); }),
       error<IndexError>("index: expected at most 1 indices for shape [3], got 2",
                         [] {
                           index(ones({3}), {tensor({0}), tensor({0})});
                         }),
       error<ShapeError>("index: expected shapes that broadcast together, got [2] and [3]",
                         [] {
                           index(ones({3, 3}), {tensor({0, 1}), tensor({0, 1, 2})});
                         }),
       error<DTypeError>("index: expected an index of dtype i64 or i32, got u8",
                         [] { index(ones({3}), {tensor({0}, {.dtype = DType::u8})}); }),
       error<ValueError>("index: expected at least one index, got none", [] { index(ones({3}), {Tensor()}); }),
       undefined([](const Tensor& x) { return index(x, {tensor({0})}); })}));

  const auto put = [](bool accumulate) {
    return [accumulate](const Tensors& in) {
      return index_put(in[0], Tensors(in.begin() + 2, in.end()), in[1], accumulate);
    };
  };
  table.push_back(choice_row(
      "index_put",
      {sample("rows", {leaf({3, 2}), leaf({2, 2}, -1, 1, 2), tensor({2, 0})}, put(false)),
       sample("repeated", {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), tensor({2, 0, 2})}, put(false)),
       sample("broadcast values", {leaf({3, 2}), leaf({}, -1, 1, 2), tensor({2, 0}), tensor({1, 0})}, put(false)),
       sample("separated", {leaf({2, 3, 2}), leaf({2, 3}, -1, 1, 2), tensor({1, 0}), Tensor(), tensor({0, 1})},
              put(false)),
       sample("rank 0 apart", {leaf({2, 3, 2}), leaf({2, 2}, -1, 1, 2), Tensor(), tensor({2, 0}), tensor(1)},
              put(false)),
       sample("added", {leaf({3, 2}), leaf({3, 2}, -1, 1, 2), tensor({2, 0, -1})}, put(true)),
       sample("pairs added", {leaf({3, 2}), leaf({}, -1, 1, 2), tensor({{2, 0}, {2, 0}}), tensor({1, 1})}, put(true)),
       sample("nothing", {leaf({3}), leaf({0}, -1, 1, 2), empty_index({0})}, put(false))},
      {error<IndexError>("index_put: index 3 is out of range for dimension 0 of size 3",
                         [] { index_put(ones({3}), {tensor({3})}, ones({1})); }),
       error<ShapeError>("index_put: expected shapes that broadcast together, got [2] and [3]",
                         [] {
                           index_put(ones({3}), {tensor({0, 1})}, ones({3}));
                         }),
       error<DTypeError>("index_put: expected operands of one dtype, got f32 and i64",
                         [] { index_put(ones({3}), {tensor({0})}, tensor({1})); }),
       undefined([](const Tensor& x) { return index_put(x, {tensor({0})}, ones({1})); }),
       undefined([](const Tensor& x) { return index_put(ones({3}), {tensor({0})}, x); })}));
  table.back().exact = false;  // sums

  table.push_back(choice_row(
      "masked_select",
      {sample("same shape", {leaf({2, 3}), tensor({{true, false, true}, {false, true, true}})},
              [](const Tensors& in) { return masked_select(in[0], in[1]); }),
       sample("row", {leaf({2, 3}), tensor({true, false, true})},
              [](const Tensors& in) { return masked_select(in[0], in[1]); }),
       sample("expanded tensor", {leaf({2, 1}), tensor({true, false, true})},
              [](const Tensors& in) { return masked_select(in[0], in[1]); }),
       sample("nothing", {leaf({2}), tensor({false, false})},
              [](const Tensors& in) { return masked_select(in[0], in[1]); })},
      {error<DTypeError>("masked_select: expected dtype bool, got f32", [] { masked_select(ones({2}), ones({2})); }),
       error<ShapeError>("masked_select: expected shapes that broadcast together, got [2] and [3]",
                         [] {
                           masked_select(ones({2}), tensor({true, true, false}));
                         }),
       undefined([](const Tensor& x) { return masked_select(x, tensor({true})); }),
       undefined([](const Tensor& x) { return masked_select(ones({2}), x); })}));

  table.push_back(
      choice_row("nonzero",
                 {sample("matrix", {tensor({{0, 2, 0}, {3, 0, -1}})}, [](const Tensors& in) { return nonzero(in[0]); }),
                  sample("0-d", {tensor(2)}, [](const Tensors& in) { return nonzero(in[0]); }),
                  sample("nothing", {zeros({2, 2})}, [](const Tensors& in) { return nonzero(in[0]); })},
                 {undefined([](const Tensor& x) { return nonzero(x); })}, false));
  table.push_back(choice_row(
      "one_hot",
      {sample("given", {tensor({{0, 2}, {1, 1}})}, [](const Tensors& in) { return one_hot(in[0], 4); }),
       sample("inferred", {tensor({0, 2})}, [](const Tensors& in) { return one_hot(in[0]); }),
       sample("i32", {tensor({0, 2}).to(DType::i32)}, [](const Tensors& in) { return one_hot(in[0]); }),
       sample("0-d", {tensor(1)}, [](const Tensors& in) { return one_hot(in[0], 3); }),
       sample("nothing", {empty_index({0})}, [](const Tensors& in) { return one_hot(in[0], 3); })},
      {error<IndexError>("one_hot: index 3 is out of range for dimension 1 of size 3",
                         [] {
                           one_hot(tensor({0, 3}), 3);
                         }),
       error<IndexError>("one_hot: index -1 is out of range",
                         [] {
                           one_hot(tensor({-1, 1}), 3);
                         }),
       error<ValueError>("one_hot: expected num_classes where there are no labels, got -1",
                         [] { one_hot(empty_index({0})); }),
       error<DTypeError>("one_hot: expected labels of dtype i64 or i32, got f32", [] { one_hot(ones({2}), 3); }),
       undefined([](const Tensor& x) { return one_hot(x, 3); })},
      false));
}

void add_sort_rows(std::vector<OpRow>& table) {
  const auto sorted = [](std::int64_t dim, bool descending) {
    return [dim, descending](const Tensors& in) {
      const auto [values, indices] = sort(in[0], dim, descending);
      return Tensors{values, indices};
    };
  };
  table.push_back(choice_row("sort",
                             {{"rows", {distinct_leaf({2, 4})}, sorted(-1, false)},
                              {"columns, descending", {distinct_leaf({4, 2})}, sorted(0, true)},
                              {"0-d", {distinct_leaf({})}, sorted(0, false)},
                              {"empty", {leaf({2, 0})}, sorted(1, false)}},
                             {error<IndexError>("sort: dimension 1 is out of range", [] { sort(ones({2}), 1); }),
                              undefined([](const Tensor& x) { return sort(x); })}));
  table.push_back(choice_row(
      "argsort",
      {sample("rows", {tensor({{3., 1., 2.}, {0., 5., 4.}})}, [](const Tensors& in) { return argsort(in[0]); }),
       sample("columns, descending", {tensor({{3., 1.}, {4., 0.}})},
              [](const Tensors& in) { return argsort(in[0], 0, true); })},
      {error<IndexError>("dimension 1 is out of range", [] { argsort(ones({2}), 1); }),
       undefined([](const Tensor& x) { return argsort(x); })},
      false));
  const auto top = [](std::int64_t k, std::int64_t dim, bool largest) {
    return [k, dim, largest](const Tensors& in) {
      const auto [values, indices] = topk(in[0], k, dim, largest);
      return Tensors{values, indices};
    };
  };
  table.push_back(choice_row("topk",
                             {{"largest", {distinct_leaf({2, 4})}, top(2, -1, true)},
                              {"smallest", {distinct_leaf({4, 2})}, top(3, 0, false)},
                              {"all", {distinct_leaf({3})}, top(3, 0, true)},
                              {"none", {distinct_leaf({2, 4})}, top(0, 1, true)},
                              {"0-d", {distinct_leaf({})}, top(1, 0, true)}},
                             {error<IndexError>("topk: expected k of at most 2 for dimension -1 of shape [2], got 3",
                                                [] { topk(ones({2}), 3); }),
                              error<IndexError>("topk: expected k of at least 0, got -1", [] { topk(ones({2}), -1); }),
                              error<IndexError>("topk: dimension 1 is out of range", [] { topk(ones({2}), 1, 1); }),
                              undefined([](const Tensor& x) { return topk(x, 1); })}));
}

}  // namespace

void add_choosing_rows(std::vector<OpRow>& table) {
  add_gather_rows(table);
  add_index_rows(table);
  add_sort_rows(table);
}

}  // namespace reel::testing
