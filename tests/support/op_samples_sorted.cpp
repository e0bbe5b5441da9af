// Rows of the op table: distinct elements, positions in sorted sequences, random choices. None is differentiable.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

Tensors listed(const std::tuple<Tensor, Tensor, Tensor>& results) {
  return {std::get<0>(results), std::get<1>(results), std::get<2>(results)};
}

/// Whole numbers among which there are equal ones.
Tensor few_numbers(const Shape& shape) { return floor(uniform(shape, 0, 3)); }

OpRow exact_row(std::string_view name, std::vector<Sample> samples, std::vector<ErrorSample> errors, DTypeSet dtypes) {
  return {name, std::move(samples), std::move(errors), dtypes, false, true};
}

void add_distinct(std::vector<OpRow>& table) {
  using Dim = std::optional<std::int64_t>;
  const auto all = [](Dim dim) {
    return [dim](const Tensors& in) { return listed(unique(in[0], true, true, true, dim)); };
  };
  const auto runs = [](Dim dim) {
    return [dim](const Tensors& in) { return listed(unique_consecutive(in[0], true, true, dim)); };
  };
  for (const bool sorts : {true, false}) {
    const auto f = [=](Dim dim) { return sorts ? TensorFunction(all(dim)) : TensorFunction(runs(dim)); };
    const std::string name = sorts ? "unique" : "unique_consecutive";
    table.push_back(exact_row(
        sorts ? "unique" : "unique_consecutive",
        {{"vector", {few_numbers({9})}, f({})},
         {"matrix", {few_numbers({3, 4})}, f({})},
         {"rows", {few_numbers({8, 2})}, f(0)},
         {"columns", {few_numbers({2, 8})}, f(-1)},
         {"0-d", {few_numbers({})}, f({})},
         {"empty", {few_numbers({0, 2})}, f({})},
         {"no rows", {few_numbers({0, 2})}, f(0)}},
        {error<ShapeError>(name + ": expected a tensor with dimensions, got one of rank 0", [f] { f(0)({ones({})}); }),
         error<IndexError>(name + ": dimension 2 is out of range",
                           [f] {
                             f(2)({ones({2, 2})});
                           }),
         error<ValueError>("undefined", [f] { f({})({Tensor()}); })},
        kNumericAndBool));
  }
}

void add_searches(std::vector<OpRow>& table) {
  const Tensor sequence = tensor({-0.5, 0.0, 0.0, 0.75}, {.dtype = DType::f64});
  const auto search = [](bool right) {
    return [right](const Tensors& in) { return Tensors{searchsorted(in[0], in[1], false, right)}; };
  };
  table.push_back(exact_row(
      "searchsorted",
      {{"vector", {sequence, uniform({2, 3})}, search(false)},
       {"equal ones", {sequence, sequence.clone()}, search(true)},
       {"rows",
        {tensor({{0, 1, 2}, {3, 3, 4}}, {.dtype = DType::f64}), tensor({{1, 5}, {3, 0}}, {.dtype = DType::f64})},
        search(false)},
       {"0-d", {sequence, uniform({})}, search(false)},
       {"no sequence", {uniform({0}), uniform({2})}, search(false)},
       {"no values", {sequence, uniform({0})}, search(true)}},
      {error<ShapeError>(
           "searchsorted: expected a vector, or a sequence for each row of values of shape [3, 1], got [2, 4]",
           [] {
             searchsorted(ones({2, 4}), ones({3, 1}));
           }),
       error<DTypeError>("searchsorted: expected operands of one dtype", [] { searchsorted(ones({2}), tensor({1})); })},
      kAnyDType));
  table.push_back(exact_row(
      "bucketize",
      {{"matrix", {uniform({2, 3}), sequence}, [](const Tensors& in) { return Tensors{bucketize(in[0], in[1])}; }},
       {"i32",
        {uniform({4}), sequence},
        [](const Tensors& in) { return Tensors{bucketize(in[0], in[1], true, true)}; }}},
      {error<ShapeError>("bucketize: expected the boundaries of rank 1, got shape [2, 2]",
                         [] {
                           bucketize(ones({2}), ones({2, 2}));
                         })},
      kAnyDType));
}

void add_draws(std::vector<OpRow>& table) {
  const auto flips = call1([](const Tensor& p) {
    Generator generator(3);
    return bernoulli(p, generator);
  });
  table.push_back(exact_row(
      "bernoulli",
      {{"matrix", {uniform({3, 4}, 0, 1)}, flips},
       {"certain", {tensor({0.0, 1.0}, {.dtype = DType::f64})}, flips},
       {"0-d", {uniform({}, 0, 1)}, flips},
       {"empty", {uniform({0}, 0, 1)}, flips}},
      {error<ValueError>("bernoulli: expected", {tensor({0.5, 1.5})}, [](const Tensors& in) { bernoulli(in[0]); }),
       error<ValueError>("bernoulli: expected p in [0, 1], got 2", [] { bernoulli(ones({2}), 2); })},
      kFloating));
  const auto drawn = [](std::int64_t count, bool replacement) {
    return call1([=](const Tensor& weights) {
      Generator generator(3);
      return multinomial(weights, count, replacement, generator);
    });
  };
  table.push_back(
      exact_row("multinomial",
                {{"with replacement", {uniform({4}, 0, 1)}, drawn(6, true)},
                 {"rows", {uniform({3, 5}, 0, 1)}, drawn(4, true)},
                 {"without replacement", {uniform({3, 5}, 0.1, 1)}, drawn(5, false)},
                 {"no rows", {uniform({0, 5}, 0, 1)}, drawn(2, false)}},
                {error<ValueError>("multinomial: expected weights that are finite and not negative, got others",
                                   [] {
                                     multinomial(tensor({1.0, -1.0}), 1);
                                   }),
                 error<ValueError>("multinomial: expected at least 2 positive weights in each row, got fewer",
                                   [] {
                                     multinomial(tensor({1.0, 0.0}), 2);
                                   }),
                 error<ValueError>("multinomial: expected at most 2 samples without replacement, got 3",
                                   [] { multinomial(ones({2}), 3); }),
                 error<ShapeError>("multinomial: expected weights of rank 1 or 2, got shape []",
                                   [] { multinomial(ones({}), 1); })},
                kFloating));
}

}  // namespace

void add_sorted_rows(std::vector<OpRow>& table) {
  add_distinct(table);
  add_searches(table);
  add_draws(table);
}

}  // namespace reel::testing
