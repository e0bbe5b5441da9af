// Rows of the op table: indexing.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A row for an operation that moves elements: any dtype, no arithmetic.
OpRow move_row(std::string_view name, std::vector<Sample> samples, std::vector<ErrorSample> errors) {
  return {name, std::move(samples), std::move(errors), kAnyDType, true, true};
}

template <class F> Sample joined(std::string label, Tensors inputs, F f) {
  return {std::move(label), std::move(inputs), [f](const Tensors& in) { return Tensors{f(in)}; }};
}

template <class F> Sample sample(std::string label, const Shape& shape, F f) {
  return {std::move(label), {leaf(shape)}, call1([f](const Tensor& x) { return f(x); })};
}

template <class F> ErrorSample undefined(F f) {
  return error<ValueError>("undefined", [f] { f(Tensor()); });
}

void add_joining_rows(std::vector<OpRow>& table) {
  table.push_back(move_row(
      "cat",
      {joined("rows", {leaf({2, 3}), leaf({1, 3}, -1, 1, 2)}, [](const Tensors& in) { return cat(in); }),
       joined("columns", {leaf({2, 1}), leaf({2, 3}, -1, 1, 2), leaf({2, 2}, -1, 1, 3)},
              [](const Tensors& in) { return cat(in, -1); }),
       joined("one", {leaf({2, 3})}, [](const Tensors& in) { return cat(in, 1); }),
       joined("with an empty vector", {leaf({2, 2}), leaf({0})}, [](const Tensors& in) { return cat(in); }),
       joined("an empty vector first", {leaf({0}), leaf({2, 2})}, [](const Tensors& in) { return cat(in, 1); }),
       joined("empty vectors", {leaf({0}), leaf({0})}, [](const Tensors& in) { return cat(in); }),
       joined("channels-last", {leaf({1, 2, 2, 2}), leaf({1, 1, 2, 2}, -1, 1, 2)},
              [](const Tensors& in) {
                return cat({in[0].channels_last(), in[1].channels_last()}, 1);
              }),
       joined("empty", {leaf({2, 0}), leaf({2, 0}, -1, 1, 2)}, [](const Tensors& in) { return cat(in, 1); })},
      {error<ValueError>("cat: expected at least one tensor, got none", [] { cat({}); }),
       error<ShapeError>("cat: expected shapes that differ in dimension 0 alone, got [2, 3] and [2, 4]",
                         [] {
                           cat({ones({2, 3}), ones({2, 4})});
                         }),
       error<ShapeError>("cat: expected shapes that differ in dimension 0 alone, got [2, 3] and [2]",
                         [] {
                           cat({ones({2, 3}), ones({2})});
                         }),
       error<ShapeError>("cat: expected tensors of rank 1 or more, got rank 0", [] { cat({ones({})}); }),
       error<DTypeError>("cat: expected operands of one dtype, got f32 and i64",
                         [] {
                           cat({ones({2}), tensor({1, 2})});
                         }),
       error<DTypeError>("cat: expected operands of one dtype, got f32 and i64",
                         [] {
                           cat({ones({0}), ones({0}, {.dtype = DType::i64})});
                         }),
       error<IndexError>("cat: dimension 1 is out of range", [] { cat({ones({2})}, 1); }),
       error<IndexError>("cat: dimension 1 is out of range", [] { cat({ones({0})}, 1); }),
       undefined([](const Tensor& x) {
         return cat({ones({2}), x});
       })}));
  table.push_back(
      move_row("stack",
               {joined("front", {leaf({2, 3}), leaf({2, 3}, -1, 1, 2)}, [](const Tensors& in) { return stack(in); }),
                joined("end", {leaf({2}), leaf({2}, -1, 1, 2)}, [](const Tensors& in) { return stack(in, -1); }),
                joined("0-d", {leaf({}), leaf({}, -1, 1, 2)}, [](const Tensors& in) { return stack(in); })},
               {error<ValueError>("stack: expected at least one tensor, got none", [] { stack({}); }),
                error<ShapeError>("stack: expected tensors of one shape, got [2] and [3]",
                                  [] {
                                    stack({ones({2}), ones({3})});
                                  }),
                error<IndexError>("stack: dimension 2 is out of range", [] { stack({ones({2})}, 2); }),
                undefined([](const Tensor& x) { return stack({x}); })}));
  table.push_back(
      move_row("repeat",
               {sample("both", {2, 3},
                       [](const Tensor& x) {
                         return repeat(x, {2, 2});
                       }),
                sample("new in front", {2},
                       [](const Tensor& x) {
                         return repeat(x, {3, 1});
                       }),
                sample("0-d", {}, [](const Tensor& x) { return repeat(x, {3}); }),
                sample("no copies", {2}, [](const Tensor& x) { return repeat(x, {0}); }),
                sample("once", {2}, [](const Tensor& x) { return repeat(x, {1}); })},
               {error<ShapeError>("repeat: expected at least 2 repeats for a tensor of shape [2, 3], got 1",
                                  [] {
                                    repeat(ones({2, 3}), {2});
                                  }),
                error<ValueError>("repeat: expected numbers of at least 0, got [-1]", [] { repeat(ones({2}), {-1}); }),
                undefined([](const Tensor& x) { return repeat(x, {2}); })}));
}

void add_moving_rows(std::vector<OpRow>& table) {
  table.push_back(move_row("flip",
                           {sample("one", {2, 3}, [](const Tensor& x) { return flip(x, {1}); }),
                            sample("two", {2, 3, 2},
                                   [](const Tensor& x) {
                                     return flip(x, {0, -1});
                                   }),
                            sample("none", {2}, [](const Tensor& x) { return flip(x, {}); }),
                            sample("empty", {0, 2}, [](const Tensor& x) { return flip(x, {0}); })},
                           {error<IndexError>("flip: dimension 1 is out of range", [] { flip(ones({2}), {1}); }),
                            error<ShapeError>("flip: expected each dimension once, got [0, -2]",
                                              [] {
                                                flip(ones({2, 2}), {0, -2});
                                              }),
                            undefined([](const Tensor& x) { return flip(x, {0}); })}));
  table.push_back(move_row("roll",
                           {sample("one", {2, 4}, [](const Tensor& x) { return roll(x, {1}, {1}); }),
                            sample("two", {2, 3},
                                   [](const Tensor& x) {
                                     return roll(x, {-1, 5}, {0, 1});
                                   }),
                            sample("flattened", {2, 3}, [](const Tensor& x) { return roll(x, {2}); }),
                            sample("none", {2}, [](const Tensor& x) { return roll(x, {0}, {0}); }),
                            sample("empty", {0, 2}, [](const Tensor& x) { return roll(x, {1}, {0}); })},
                           {error<ShapeError>("roll: expected a shift for each of 1 dimensions, got 2",
                                              [] {
                                                roll(ones({2}), {1, 2}, {0});
                                              }),
                            error<ShapeError>("roll: expected one shift without dimensions",
                                              [] {
                                                roll(ones({2}), {1, 2});
                                              }),
                            error<IndexError>("roll: dimension 1 is out of range", [] { roll(ones({2}), {1}, {1}); }),
                            undefined([](const Tensor& x) { return roll(x, {1}); })}));
  table.push_back(move_row("rot90",
                           {sample("once", {2, 3}, [](const Tensor& x) { return rot90(x); }),
                            sample("twice", {2, 3}, [](const Tensor& x) { return rot90(x, 2); }),
                            sample("back", {2, 2, 3},
                                   [](const Tensor& x) {
                                     return rot90(x, -1, {1, 2});
                                   }),
                            sample("not at all", {2, 3}, [](const Tensor& x) { return rot90(x, 4); })},
                           {error<ShapeError>("rot90: expected 2 dimensions, got [0]",
                                              [] {
                                                rot90(ones({2, 2}), 1, {0});
                                              }),
                            error<ShapeError>("rot90: expected each dimension once, got [0, 0]",
                                              [] {
                                                rot90(ones({2, 2}), 1, {0, 0});
                                              }),
                            error<IndexError>("rot90: dimension 1 is out of range", [] { rot90(ones({2})); }),
                            undefined([](const Tensor& x) { return rot90(x); })}));
  const auto padded = [](std::vector<std::int64_t> amounts, PadMode mode) {
    return [amounts, mode](const Tensor& x) { return pad(x, amounts, mode); };
  };
  table.push_back(move_row(
      "pad",
      {sample("constant", {2, 3}, padded({1, 2}, PadMode::constant)),
       sample("two dimensions", {1, 2, 2},
              [](const Tensor& x) {
                return pad(x, {1, 0, 0, 2}, PadMode::constant, 1);
              }),
       sample("crop", {3, 4}, padded({-1, -2, 1, -1}, PadMode::constant)),
       sample("reflect", {2, 4}, padded({2, 3}, PadMode::reflect)),
       sample("reflect and crop", {4}, padded({3, -2}, PadMode::reflect)),
       sample("replicate", {2, 3}, padded({2, 1, 1, 0}, PadMode::replicate)),
       sample("circular", {2, 3}, padded({3, 1, 1, 1}, PadMode::circular)),
       sample("circular and crop", {3, 5}, padded({1, -1, -2, 1}, PadMode::circular)),
       sample("circular, crop alone", {4}, padded({-1, -2}, PadMode::circular)),
       sample("replicate and crop", {4}, padded({-1, 2}, PadMode::replicate)),
       sample("nothing", {2}, padded({0, 0}, PadMode::reflect)), sample("0-d", {}, padded({}, PadMode::constant)),
       sample("empty", {0, 2}, padded({1, 1, 1, 0}, PadMode::constant))},
      {error<ShapeError>("pad: expected a pair of amounts for each of at most 1 dimensions, got 3 amounts",
                         [] {
                           pad(ones({2}), {1, 1, 1});
                         }),
       error<ShapeError>(
           "pad: expected amounts that leave dimension 0 of shape [2] a size of at least 0, got -2 and -1",
           [] {
             pad(ones({2}), {-2, -1});
           }),
       error<ShapeError>("pad: expected a padding that dimension 0 of shape [3] can fill, got 3",
                         [] {
                           pad(ones({3}), {3, 0}, PadMode::reflect);
                         }),
       error<ShapeError>("pad: expected a padding that dimension 0 of shape [3] can fill, got 4",
                         [] {
                           pad(ones({3}), {4, 0}, PadMode::circular);
                         }),
       error<ShapeError>("pad: expected a padding that dimension 0 of shape [2] can fill, got 3",
                         [] {
                           pad(ones({3}), {3, -1}, PadMode::circular);
                         }),
       error<ShapeError>("pad: expected amounts that leave dimension 0 of shape [3] a size of at least 0, got 2 and -4",
                         [] {
                           pad(ones({3}), {2, -4});
                         }),
       error<DTypeError>("pad: expected a number that dtype",
                         [] {
                           pad(tensor({1, 2}), {1, 1}, PadMode::constant, 0.5);
                         }),
       error<ValueError>("pad: expected a value for constant padding alone, got 5",
                         [] {
                           pad(ones({3}), {1, 1}, PadMode::reflect, 5);
                         }),
       undefined([](const Tensor& x) {
         return pad(x, {1, 1});
       })}));
  for (const bool upper : {false, true}) {
    const auto triangle = [upper](std::int64_t diagonal) {
      return [upper, diagonal](const Tensor& x) { return upper ? triu(x, diagonal) : tril(x, diagonal); };
    };
    const std::string name = upper ? "triu" : "tril";
    table.push_back(move_row(upper ? "triu" : "tril",
                             {sample("main", {3, 4}, triangle(0)), sample("above", {3, 2}, triangle(1)),
                              sample("batch", {2, 2, 3}, triangle(-1)), sample("all", {2, 2}, triangle(9)),
                              sample("empty", {0, 2}, triangle(0))},
                             {error<ShapeError>(name + ": expected at least 2 dimensions, got shape [3]",
                                                [triangle] { triangle(0)(ones({3})); }),
                              undefined(triangle(0))}));
  }
}

void add_diagonal_rows(std::vector<OpRow>& table) {
  const auto embed = [](std::int64_t offset, std::int64_t dim1 = -2, std::int64_t dim2 = -1) {
    return [=](const Tensor& x) { return diag_embed(x, offset, dim1, dim2); };
  };
  table.push_back(move_row(
      "diag_embed",
      {sample("vector", {3}, embed(0)), sample("above", {2, 3}, embed(1)), sample("below", {2, 3}, embed(-2, 0, 2)),
       sample("turned", {2, 3}, embed(1, 2, 1)), sample("empty", {2, 0}, embed(1))},
      {error<ShapeError>("diag_embed: expected at least 1 dimension, got shape []", [] { diag_embed(ones({})); }),
       error<ShapeError>("diag_embed: expected two different dimensions, got 1 and -1",
                         [] { diag_embed(ones({2}), 0, 1, -1); }),
       error<IndexError>("diag_embed: dimension 2 is out of range for rank 2", [] { diag_embed(ones({2}), 0, 2); }),
       undefined(embed(0))}));
  const auto diagonal = [](std::int64_t offset) { return [=](const Tensor& x) { return diag(x, offset); }; };
  table.push_back(move_row("diag",
                           {sample("vector", {3}, diagonal(1)), sample("matrix", {3, 4}, diagonal(-1)),
                            sample("empty", {0, 2}, diagonal(0))},
                           {error<ShapeError>("diag: expected a vector or a matrix, got shape [2, 2, 2]",
                                              [] {
                                                diag(ones({2, 2, 2}));
                                              }),
                            undefined(diagonal(0))}));
}

}  // namespace

void add_indexing_rows(std::vector<OpRow>& table) {
  add_joining_rows(table);
  add_moving_rows(table);
  add_diagonal_rows(table);
}

}  // namespace reel::testing
