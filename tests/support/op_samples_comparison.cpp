// Comparisons and choices.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F> std::vector<ErrorSample> pair_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<ShapeError>(op + ": expected shapes that broadcast together, got [2, 3] and [4]",
                            [f] {
                              f(ones({2, 3}), ones({4}));
                            }),
          error<DTypeError>(op + ": expected operands of one dtype",
                            [f] { f(ones({2}), ones({2}, {.dtype = DType::f64})); }),
          error<ValueError>("undefined", [f] { f(Tensor(), ones({2})); })};
}

/// Equal pairs occur: the numbers are whole.
template <class F> OpRow predicate(std::string_view name, F f) {
  const auto call = call2([f](const Tensor& a, const Tensor& b) { return f(a, b); });
  const auto whole = [](const Shape& shape, std::uint64_t seed) { return floor(uniform(shape, -1, 2, seed)); };
  return {name,
          {{"same shape", {whole({3, 4}, 1), whole({3, 4}, 2)}, call},
           {"row", {whole({3, 4}, 1), whole({4}, 2)}, call},
           {"outer", {whole({3, 1}, 1), whole({1, 4}, 2)}, call},
           {"0-d", {whole({}, 1), whole({3}, 2)}, call},
           {"empty", {whole({0, 3}, 1), whole({3}, 2)}, call}},
          pair_errors(name, f),
          kNumericAndBool,
          false,
          true};
}

/// With a number too.
template <class F, class G> OpRow comparison(std::string_view name, F f, G with_number) {
  OpRow row = predicate(name, f);
  row.samples.push_back(
      {"number", {floor(uniform({3, 4}, -1, 3))}, call1([with_number](const Tensor& x) { return with_number(x, 1); })});
  row.errors.push_back(error<DTypeError>(std::string(name) + ": expected a number that dtype", [with_number] {
    with_number(tensor({1, 2}), 0.5);
  }));
  return row;
}

Tensor mask(const Shape& shape, std::uint64_t seed = 9) { return uniform(shape, -1, 1, seed) > 0; }

/// Of integers and booleans only.
template <class F> OpRow bitwise(std::string_view name, F f) {
  const auto call = call2([f](const Tensor& a, const Tensor& b) { return f(a, b); });
  const std::string op(name);
  return {.name = name,
          .samples = {{"integers", {tensor({{0, 1, -1}, {6, -7, 1 << 20}}), tensor({{1, 3, 5}, {3, 2, -1}})}, call},
                      {"boolean", {tensor({true, true, false, false}), tensor({true, false, true, false})}, call},
                      {"broadcast", {tensor({12, 10}), tensor({{3}, {6}})}, call},
                      {"empty", {zeros({0}, DType::i64), zeros({0}, DType::i64)}, call}},
          .errors = {error<DTypeError>(op + ": expected dtype", [f] { f(ones({2}), ones({2})); }),
                     error<DTypeError>(op + ": expected operands of one dtype",
                                       [f] { f(zeros({2}, DType::i64), mask({2})); }),
                     error<ValueError>("undefined", [f] { f(Tensor(), mask({2})); })},
          .differentiable = false,
          .exact = true};
}

}  // namespace

void add_comparison_rows(std::vector<OpRow>& table) {
  using T = const Tensor&;
  table.push_back(comparison(
      "eq", [](T a, T b) { return a == b; }, [](T a, Scalar b) { return a == b; }));
  table.push_back(comparison(
      "ne", [](T a, T b) { return a != b; }, [](T a, Scalar b) { return a != b; }));
  table.push_back(comparison(
      "lt", [](T a, T b) { return a < b; }, [](T a, Scalar b) { return a < b; }));
  table.push_back(comparison(
      "le", [](T a, T b) { return a <= b; }, [](T a, Scalar b) { return a <= b; }));
  table.push_back(comparison(
      "gt", [](T a, T b) { return a > b; }, [](T a, Scalar b) { return a > b; }));
  table.push_back(comparison(
      "ge", [](T a, T b) { return a >= b; }, [](T a, Scalar b) { return a >= b; }));
  table.push_back(predicate("logical_and", [](T a, T b) { return logical_and(a, b); }));
  table.push_back(predicate("logical_or", [](T a, T b) { return logical_or(a, b); }));
  table.push_back(predicate("logical_xor", [](T a, T b) { return logical_xor(a, b); }));
  table.push_back({"logical_not",
                   {{"matrix", {floor(uniform({3, 4}, -1, 2))}, call1([](T x) { return logical_not(x); })},
                    {"empty", {uniform({0})}, call1([](T x) { return logical_not(x); })}},
                   {error<ValueError>("undefined", [] { logical_not(Tensor()); })},
                   kNumericAndBool,
                   false,
                   true});

  table.push_back(bitwise("bitwise_and", [](T a, T b) { return bitwise_and(a, b); }));
  table.push_back(bitwise("bitwise_or", [](T a, T b) { return bitwise_or(a, b); }));
  table.push_back(bitwise("bitwise_xor", [](T a, T b) { return bitwise_xor(a, b); }));
  const auto turn = call1([](T x) { return bitwise_not(x); });
  table.push_back({.name = "bitwise_not",
                   .samples = {{"integers", {tensor({{0, 1, -1}, {6, -7, 1 << 20}})}, turn},
                               {"boolean", {mask({3, 2})}, turn},
                               {"empty", {zeros({0}, DType::i64)}, turn}},
                   .errors = {error<DTypeError>("bitwise_not: expected dtype", [] { bitwise_not(ones({2})); }),
                              error<ValueError>("undefined", [] { bitwise_not(Tensor()); })},
                   .differentiable = false,
                   .exact = true});

  table.push_back(predicate("isclose", [](T a, T b) { return isclose(a, b); }));
  table.back().errors.push_back(
      error<ValueError>("isclose: expected rtol in [0, inf], got -1", [] { isclose(ones({2}), ones({2}), -1); }));
  table.push_back(predicate("allclose", [](T a, T b) { return tensor(allclose(a, b)); }));
  table.push_back(predicate("equal", [](T a, T b) { return tensor(equal(a, b)); }));
  std::erase_if(table.back().errors,
                [](const ErrorSample& e) { return e.message.find("broadcast") != e.message.npos; });

  const auto choose = call3([](T condition, T a, T b) { return where(condition, a, b); });
  OpRow where_row{"where",
                  {{"same shape", {mask({2, 3}), leaf({2, 3}), leaf({2, 3}, -1, 1, 2)}, choose},
                   {"broadcast", {mask({3, 1}), leaf({1, 2}), leaf({2, 1, 1}, -1, 1, 2)}, choose},
                   {"0-d operands", {mask({2, 3}), leaf({}), leaf({}, -1, 1, 2)}, choose},
                   {"number last", {mask({2, 3}), leaf({2, 3})}, call2([](T c, T a) { return where(c, a, 1); })},
                   {"number first", {mask({3}), leaf({2, 3})}, call2([](T c, T b) { return where(c, 1, b); })},
                   {"empty", {mask({0, 3}), leaf({3}), leaf({0, 3})}, choose}},
                  {error<DTypeError>("where: expected dtype bool, got f32", [] { where(ones({2}), ones({2}), 0); }),
                   error<DTypeError>("where: expected dtype bool, got f32", [] { where(ones({2}), 1, 0); }),
                   error<DTypeError>("where: expected operands of one dtype",
                                     [] { where(mask({2}), ones({2}), ones({2}, {.dtype = DType::f64})); }),
                   error<DTypeError>("where: expected a number that dtype",
                                     [] {
                                       where(mask({2}), tensor({1, 2}), 0.5);
                                     }),
                   error<ShapeError>("where: expected shapes that broadcast together",
                                     [] {
                                       where(mask({4}), ones({2, 3}), ones({3}));
                                     }),
                   error<ValueError>("undefined", [] { where(Tensor(), ones({2}), 0); })},
                  kNumericAndBool};
  where_row.exact = true;
  table.push_back(where_row);

  const auto fill = call2([](T x, T m) { return masked_fill(x, m, 1); });
  OpRow fill_row{"masked_fill",
                 {{"same shape", {leaf({2, 3}), mask({2, 3})}, fill},
                  {"row mask", {leaf({2, 3}), mask({3})}, fill},
                  {"larger mask", {leaf({3}), mask({2, 3})}, fill},
                  {"0-d", {leaf({}), mask({})}, fill},
                  {"empty", {leaf({0, 3}), mask({3})}, fill}},
                 {error<DTypeError>("masked_fill: expected dtype bool, got i64",
                                    [] {
                                      masked_fill(ones({2}), tensor({1, 0}), 0);
                                    }),
                  error<DTypeError>("masked_fill: expected a number that dtype",
                                    [] {
                                      masked_fill(tensor({1, 2}), mask({2}), 0.5);
                                    }),
                  error<ShapeError>("masked_fill: expected shapes that broadcast together",
                                    [] {
                                      masked_fill(ones({2, 3}), mask({2}), 0);
                                    }),
                  error<ValueError>("undefined", [] { masked_fill(ones({2}), Tensor(), 0); })},
                 kNumericAndBool};
  fill_row.exact = true;
  table.push_back(fill_row);
}

}  // namespace reel::testing
