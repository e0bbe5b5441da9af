// Rows of the op table: views.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A row for an operation that only shows elements in another way: any dtype, no arithmetic.
OpRow view_row(std::string_view name, std::vector<Sample> samples, std::vector<ErrorSample> errors) {
  return {name, std::move(samples), std::move(errors), kAnyDType, true, true};
}

template <class F> Sample sample(std::string label, const Shape& shape, F f) {
  return {std::move(label), {leaf(shape)}, call1([f](const Tensor& x) { return f(x); })};
}

template <class F> Sample pieces(std::string label, const Shape& shape, F f) {
  return {std::move(label), {leaf(shape)}, [f](const Tensors& in) { return f(in[0]); }};
}

template <class F> ErrorSample undefined(F f) {
  return error<ValueError>("undefined", [f] { f(Tensor()); });
}

void add_shape_rows(std::vector<OpRow>& table) {
  table.push_back(
      view_row("reshape",
               {sample("merge", {2, 3, 2},
                       [](const Tensor& x) {
                         return reshape(x, {6, 2});
                       }),
                sample("inferred", {2, 6},
                       [](const Tensor& x) {
                         return reshape(x, {3, -1});
                       }),
                sample("transposed", {2, 3}, [](const Tensor& x) { return reshape(x.t(), {6}); }),
                sample("to 0-d", {1}, [](const Tensor& x) { return reshape(x, {}); }),
                sample("empty", {0, 3},
                       [](const Tensor& x) {
                         return reshape(x, {3, 0, 2});
                       })},
               {error<ShapeError>("reshape: expected a shape for the elements of [2, 3] (6), got [4]",
                                  [] {
                                    reshape(ones({2, 3}), {4});
                                  }),
                error<ShapeError>("reshape: expected sizes that a tensor of shape [2, 3] can have, got [4, -1]",
                                  [] {
                                    reshape(ones({2, 3}), {4, -1});
                                  }),
                error<ShapeError>("reshape: expected at most one size of -1",
                                  [] {
                                    reshape(ones({4}), {-1, -1});
                                  }),
                error<ShapeError>("reshape: expected sizes of at least 0",
                                  [] {
                                    reshape(ones({4}), {-2, -2});
                                  }),
                undefined([](const Tensor& x) { return reshape(x, {1}); })}));
  table.push_back(view_row("flatten",
                           {sample("all", {2, 3, 2}, [](const Tensor& x) { return flatten(x); }),
                            sample("from 1", {2, 3, 2}, [](const Tensor& x) { return flatten(x, 1); }),
                            sample("inside", {2, 1, 3, 2}, [](const Tensor& x) { return flatten(x, 1, -2); }),
                            sample("0-d", {}, [](const Tensor& x) { return flatten(x); }),
                            sample("empty", {2, 0, 3}, [](const Tensor& x) { return flatten(x); })},
                           {error<IndexError>("flatten: dimension 2 is out of range for rank 2",
                                              [] {
                                                flatten(ones({2, 3}), 2);
                                              }),
                            error<ShapeError>("flatten: expected start_dim before end_dim, got 1 and 0",
                                              [] {
                                                flatten(ones({2, 3}), 1, 0);
                                              }),
                            undefined([](const Tensor& x) { return flatten(x); })}));
  table.push_back(
      view_row("unflatten",
               {sample("two", {2, 6, 2},
                       [](const Tensor& x) {
                         return unflatten(x, 1, {2, 3});
                       }),
                sample("-1", {2, 6},
                       [](const Tensor& x) {
                         return unflatten(x, -1, {3, -1, 1});
                       }),
                sample("first", {4, 3},
                       [](const Tensor& x) {
                         return unflatten(x, 0, {2, 2});
                       }),
                sample("empty", {2, 0},
                       [](const Tensor& x) {
                         return unflatten(x, 1, {-1, 3});
                       })},
               {error<IndexError>("unflatten: dimension 2 is out of range for rank 2",
                                  [] {
                                    unflatten(ones({2, 6}), 2, {2, 3});
                                  }),
                error<ShapeError>("unflatten: expected sizes that make up 6, got [4, 2]",
                                  [] {
                                    unflatten(ones({2, 6}), 1, {4, 2});
                                  }),
                error<ShapeError>("unflatten: expected sizes that make up 6, got [-1, -1]",
                                  [] {
                                    unflatten(ones({2, 6}), 1, {-1, -1});
                                  }),
                error<ShapeError>("unflatten: expected a dimension to split and at least one size, got "
                                  "shape [6] and sizes []",
                                  [] { unflatten(ones({6}), 0, {}); }),
                error<ShapeError>("unflatten: expected a dimension to split", [] { unflatten(ones({}), 0, {1}); }),
                undefined([](const Tensor& x) { return unflatten(x, 0, {1}); })}));
  table.push_back(view_row("squeeze",
                           {sample("all", {1, 3, 1, 2}, [](const Tensor& x) { return squeeze(x); }),
                            sample("one", {1, 3, 1}, [](const Tensor& x) { return squeeze(x, -1); }),
                            sample("not of size 1", {1, 3}, [](const Tensor& x) { return squeeze(x, 1).clone(); }),
                            sample("0-d", {}, [](const Tensor& x) { return squeeze(x, 0).clone(); })},
                           {error<IndexError>("squeeze: dimension 2 is out of range",
                                              [] {
                                                squeeze(ones({1, 3}), 2);
                                              }),
                            undefined([](const Tensor& x) { return squeeze(x); })}));
  table.push_back(view_row("unsqueeze",
                           {sample("front", {2, 3}, [](const Tensor& x) { return unsqueeze(x, 0); }),
                            sample("inside", {2, 3}, [](const Tensor& x) { return unsqueeze(x, 1); }),
                            sample("end", {2, 3}, [](const Tensor& x) { return unsqueeze(x, -1); }),
                            sample("0-d", {}, [](const Tensor& x) { return unsqueeze(x, 0); })},
                           {error<IndexError>("unsqueeze: dimension 4 is out of range",
                                              [] {
                                                unsqueeze(ones({2, 3}), 4);
                                              }),
                            error<ShapeError>("exceed the highest rank",
                                              [] {
                                                unsqueeze(ones({1, 1, 1, 1, 1, 1, 1, 1}), 0);
                                              }),
                            undefined([](const Tensor& x) { return unsqueeze(x, 0); })}));
  table.push_back(view_row(
      "expand",
      {sample("stretch", {2, 1},
              [](const Tensor& x) {
                return expand(x, {2, 3});
              }),
       sample("new in front", {3},
              [](const Tensor& x) {
                return expand(x, {2, -1});
              }),
       sample("0-d", {},
              [](const Tensor& x) {
                return expand(x, {2, 2});
              }),
       sample("to nothing", {1, 2},
              [](const Tensor& x) {
                return expand(x, {0, 2});
              })},
      {error<ShapeError>("expand: expected a shape that a tensor of shape [2, 3] can be stretched to, got [2, 4]",
                         [] {
                           expand(ones({2, 3}), {2, 4});
                         }),
       error<ShapeError>("expand: expected at least 2 sizes for a tensor of shape [2, 3], got [3]",
                         [] {
                           expand(ones({2, 3}), {3});
                         }),
       undefined([](const Tensor& x) { return expand(x, {2}); })}));
}

void add_order_rows(std::vector<OpRow>& table) {
  table.push_back(view_row("transpose",
                           {sample("matrix", {2, 3}, [](const Tensor& x) { return transpose(x, 0, 1); }),
                            sample("negative", {2, 3, 2}, [](const Tensor& x) { return transpose(x, 0, -1); }),
                            sample("itself", {2, 3}, [](const Tensor& x) { return transpose(x, 1, 1).clone(); })},
                           {error<IndexError>("transpose: dimension 2 is out of range",
                                              [] {
                                                transpose(ones({2, 3}), 0, 2);
                                              }),
                            undefined([](const Tensor& x) { return transpose(x, 0, 1); })}));
  table.push_back(view_row("t",
                           {sample("matrix", {2, 3}, [](const Tensor& x) { return t(x); }),
                            sample("vector", {3}, [](const Tensor& x) { return t(x).clone(); })},
                           {error<ShapeError>("t: expected at most 2 dimensions",
                                              [] {
                                                t(ones({1, 2, 3}));
                                              }),
                            undefined([](const Tensor& x) { return t(x); })}));
  table.push_back(view_row("permute",
                           {sample("cycle", {2, 3, 2},
                                   [](const Tensor& x) {
                                     return permute(x, {2, 0, 1});
                                   }),
                            sample("negative", {2, 3, 2},
                                   [](const Tensor& x) {
                                     return permute(x, {-1, 1, 0});
                                   }),
                            sample("0-d", {}, [](const Tensor& x) { return permute(x, {}); })},
                           {error<ShapeError>("permute: expected every dimension of shape [1, 2, 3], got [0, 1]",
                                              [] {
                                                permute(ones({1, 2, 3}), {0, 1});
                                              }),
                            error<ShapeError>("permute: expected each dimension once, got [0, 0]",
                                              [] {
                                                permute(ones({2, 3}), {0, 0});
                                              }),
                            error<IndexError>("permute: dimension 3 is out of range",
                                              [] {
                                                permute(ones({2, 3}), {0, 3});
                                              }),
                            undefined([](const Tensor& x) { return permute(x, {0}); })}));
  table.push_back(view_row("movedim",
                           {sample("one", {2, 3, 2}, [](const Tensor& x) { return movedim(x, {0}, {-1}); }),
                            sample("two", {2, 3, 1},
                                   [](const Tensor& x) {
                                     return movedim(x, {0, 1}, {1, 2});
                                   })},
                           {error<ShapeError>("movedim: expected as many sources as destinations, got 2 and 1",
                                              [] {
                                                movedim(ones({2, 3}), {0, 1}, {0});
                                              }),
                            error<ShapeError>("movedim: expected each dimension once",
                                              [] {
                                                movedim(ones({2, 3}), {0, 0}, {0, 1});
                                              }),
                            undefined([](const Tensor& x) { return movedim(x, {0}, {0}); })}));
}

void add_part_rows(std::vector<OpRow>& table) {
  table.push_back(view_row(
      "select",
      {sample("front", {2, 3}, [](const Tensor& x) { return select(x, 0, 1); }),
       sample("from the end", {2, 3}, [](const Tensor& x) { return select(x, -1, -1); }),
       sample("to 0-d", {3}, [](const Tensor& x) { return x[2]; })},
      {error<IndexError>("select: index 2 is out of range for dimension 0 of shape [2, 3]",
                         [] {
                           select(ones({2, 3}), 0, 2);
                         }),
       error<IndexError>("select: index -3 is out of range",
                         [] {
                           select(ones({2, 3}), 0, -3);
                         }),
       error<IndexError>("select: expected a tensor of rank 1 or more, got rank 0", [] { select(ones({}), 0, 0); }),
       undefined([](const Tensor& x) { return select(x, 0, 0); })}));
  table.push_back(view_row(
      "narrow",
      {sample("inside", {4, 2}, [](const Tensor& x) { return narrow(x, 0, 1, 2); }),
       sample("from the end", {2, 4}, [](const Tensor& x) { return narrow(x, 1, -2, 2); }),
       sample("nothing", {2, 4}, [](const Tensor& x) { return narrow(x, 1, 4, 0); })},
      {error<IndexError>("narrow: expected indices within dimension 0 of shape [4], got 3 from 2",
                         [] { narrow(ones({4}), 0, 2, 3); }),
       error<IndexError>("narrow: expected indices within dimension 0 of shape [4], got -1 from 2",
                         [] { narrow(ones({4}), 0, 2, -1); }),
       error<ShapeError>("narrow: expected a tensor of rank 1 or more, got rank 0", [] { narrow(ones({}), 0, 0, 1); }),
       undefined([](const Tensor& x) { return narrow(x, 0, 0, 1); })}));
  table.push_back(view_row(
      "slice",
      {sample("steps", {5, 2}, [](const Tensor& x) { return slice(x, 0, 1, std::nullopt, 2); }),
       sample("negative limits", {2, 5}, [](const Tensor& x) { return slice(x, 1, -4, -1); }),
       sample("limits too large", {3}, [](const Tensor& x) { return slice(x, 0, -9, 9, 3); }),
       sample("nothing", {3}, [](const Tensor& x) { return slice(x, 0, 2, 1); })},
      {error<ValueError>("slice: expected a step of at least 1, got 0", [] { slice(ones({4}), 0, 0, 4, 0); }),
       error<ShapeError>("slice: expected a tensor of rank 1 or more, got rank 0", [] { slice(ones({}), 0, 0, 1); }),
       undefined([](const Tensor& x) { return slice(x, 0, 0, 1); })}));
  table.push_back(
      view_row("unfold",
               {sample("overlapping", {5}, [](const Tensor& x) { return unfold(x, 0, 3, 1); }),
                sample("inside", {2, 5, 2}, [](const Tensor& x) { return unfold(x, 1, 2, 2); }),
                sample("rest left out", {2, 4}, [](const Tensor& x) { return unfold(x, -1, 3, 2); }),
                sample("whole", {3}, [](const Tensor& x) { return unfold(x, 0, 3, 1); }),
                sample("empty windows", {3}, [](const Tensor& x) { return unfold(x, 0, 0, 2); }),
                sample("0-d", {}, [](const Tensor& x) { return unfold(x, -1, 1, 1); })},
               {error<ShapeError>("unfold: expected windows that fit dimension 0 of shape [4], got size 5",
                                  [] { unfold(ones({4}), 0, 5, 1); }),
                error<ValueError>("unfold: expected a step of at least 1, got 0", [] { unfold(ones({4}), 0, 2, 0); }),
                error<ShapeError>("unfold: expected windows that fit dimension 0 of shape [], got size 2",
                                  [] { unfold(ones({}), 0, 2, 1); }),
                undefined([](const Tensor& x) { return unfold(x, 0, 1, 1); })}));
  table.push_back(view_row(
      "diagonal",
      {sample("main", {3, 4}, [](const Tensor& x) { return diagonal(x); }),
       sample("above", {3, 4}, [](const Tensor& x) { return diagonal(x, 2); }),
       sample("below", {3, 2}, [](const Tensor& x) { return diagonal(x, -1); }),
       sample("of a batch", {2, 3, 2}, [](const Tensor& x) { return diagonal(x, 0, -1, 0); }),
       sample("outside", {2, 2}, [](const Tensor& x) { return diagonal(x, 5); })},
      {error<ShapeError>("diagonal: expected at least 2 dimensions, got shape [3]", [] { diagonal(ones({3})); }),
       error<ShapeError>("diagonal: expected two different dimensions, got 1 and -1",
                         [] {
                           diagonal(ones({3, 3}), 0, 1, -1);
                         }),
       undefined([](const Tensor& x) { return diagonal(x); })}));
  table.push_back(
      view_row("split",
               {pieces("equal", {4, 2}, [](const Tensor& x) { return split(x, 2); }),
                pieces("a smaller last", {2, 5}, [](const Tensor& x) { return split(x, 2, 1); }),
                pieces("sizes", {5},
                       [](const Tensor& x) {
                         return split(x, std::vector<std::int64_t>{1, 0, 4});
                       })},
               {error<ValueError>("split: expected a size of at least 1, got 0", [] { split(ones({4}), 0); }),
                error<ShapeError>("split: expected sizes that add up to dimension 0 of shape [4]",
                                  [] {
                                    split(ones({4}), std::vector<std::int64_t>{1, 2});
                                  }),
                error<ShapeError>("split: expected sizes that add up",
                                  [] {
                                    split(ones({4}), std::vector<std::int64_t>{-1, 5});
                                  }),
                error<ShapeError>("split: expected a tensor of rank 1 or more, got rank 0", [] { split(ones({}), 1); }),
                undefined([](const Tensor& x) { return split(x, 1); })}));
  table.push_back(
      view_row("unbind",
               {pieces("first", {3, 2}, [](const Tensor& x) { return unbind(x); }),
                pieces("last", {2, 3}, [](const Tensor& x) { return unbind(x, -1); }),
                pieces("some of them", {3, 2}, [](const Tensor& x) { return Tensors{unbind(x)[1]}; }),
                pieces("empty slices", {2, 0}, [](const Tensor& x) { return unbind(x); })},
               {error<ShapeError>("unbind: expected a tensor of rank 1 or more, got rank 0", [] { unbind(ones({})); }),
                error<IndexError>("unbind: dimension 2 is out of range",
                                  [] {
                                    unbind(ones({2, 2}), 2);
                                  }),
                undefined([](const Tensor& x) { return unbind(x); })}));
  table.push_back(
      view_row("chunk",
               {pieces("equal", {4, 2}, [](const Tensor& x) { return chunk(x, 2); }),
                pieces("unequal", {2, 5}, [](const Tensor& x) { return chunk(x, 3, -1); }),
                pieces("more than there are", {2}, [](const Tensor& x) { return chunk(x, 5); }),
                pieces("empty", {0, 2}, [](const Tensor& x) { return chunk(x, 3); })},
               {error<ValueError>("chunk: expected at least 1 piece, got 0", [] { chunk(ones({4}), 0); }),
                error<ShapeError>("chunk: expected a tensor of rank 1 or more, got rank 0", [] { chunk(ones({}), 1); }),
                undefined([](const Tensor& x) { return chunk(x, 1); })}));
}

}  // namespace

void add_view_rows(std::vector<OpRow>& table) {
  add_shape_rows(table);
  add_order_rows(table);
  add_part_rows(table);
}

}  // namespace reel::testing
