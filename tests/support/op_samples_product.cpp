// Rows of the op table: matrix products.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

Sample pair(std::string label, const Shape& a, const Shape& b, Tensor (*f)(const Tensor&, const Tensor&)) {
  return {std::move(label), {leaf(a, -1, 1, 1), leaf(b, -1, 1, 2)}, call2(f)};
}

Sample einsum_sample(std::string equation, const std::vector<Shape>& shapes) {
  Sample sample{equation, {}, [equation](const Tensors& in) { return Tensors{einsum(equation, in)}; }};
  std::uint64_t seed = 1;
  for (const Shape& shape : shapes) sample.inputs.push_back(leaf(shape, -1, 1, seed++));
  return sample;
}

ErrorSample mixed_dtypes(std::string_view op, Tensor (*f)(const Tensor&, const Tensor&), const Shape& a,
                         const Shape& b) {
  return error<DTypeError>(std::string(op) + ": expected operands of one dtype, got f32 and i64",
                           [=] { f(ones(a), ones(b, {.dtype = DType::i64})); });
}

ErrorSample undefined(std::string_view op, Tensor (*f)(const Tensor&, const Tensor&), const Shape& a) {
  return error<ValueError>(std::string(op) + ": expected the second operand to be a tensor, got an undefined one",
                           [=] { f(ones(a), Tensor()); });
}

}  // namespace

void add_product_rows(std::vector<OpRow>& table) {
  table.push_back(
      {"matmul",
       {pair("matrices", {2, 3}, {3, 4}, matmul), pair("vectors", {3}, {3}, matmul),
        pair("vector, matrix", {3}, {3, 2}, matmul), pair("matrix, vector", {2, 3}, {3}, matmul),
        pair("vector, batch", {3}, {2, 3, 2}, matmul), pair("batch, vector", {2, 2, 3}, {3}, matmul),
        pair("batches", {2, 2, 3}, {2, 3, 2}, matmul), pair("batch, matrix", {2, 2, 3}, {3, 2}, matmul),
        pair("matrix, batch", {2, 3}, {2, 3, 2}, matmul),
        pair("batches that broadcast", {2, 1, 2, 2}, {3, 2, 1}, matmul), pair("no terms", {2, 0}, {0, 3}, matmul),
        pair("no rows", {0, 3}, {3, 2}, matmul), pair("no batch", {0, 2, 3}, {3, 2}, matmul)},
       {error<ShapeError>("matmul: expected equal inner dimensions, got [2, 3] @ [4, 5] (3 and 4)",
                          [] {
                            matmul(ones({2, 3}), ones({4, 5}));
                          }),
        error<ShapeError>("matmul: expected operands of rank 1 or more, got shapes [] and [2]",
                          [] { matmul(ones({}), ones({2})); }),
        error<ShapeError>("matmul: expected batches that broadcast together, got [2, ",
                          [] {
                            matmul(ones({2, 2, 2}), ones({3, 2, 2}));
                          }),
        mixed_dtypes("matmul", matmul, {2, 2}, {2, 2}), undefined("matmul", matmul, {2, 2})},
       kNumeric});
  table.push_back({"mm",
                   {pair("matrices", {2, 3}, {3, 4}, mm), pair("no terms", {2, 0}, {0, 3}, mm)},
                   {error<ShapeError>("mm: expected the second operand of rank 2, got shape [3]",
                                      [] {
                                        mm(ones({2, 3}), ones({3}));
                                      }),
                    mixed_dtypes("mm", mm, {2, 2}, {2, 2}), undefined("mm", mm, {2, 2})},
                   kNumeric});
  table.push_back({"mv",
                   {pair("matrix and vector", {2, 3}, {3}, mv), pair("no terms", {2, 0}, {0}, mv)},
                   {error<ShapeError>("mv: expected the vector of rank 1, got shape [3, 1]",
                                      [] {
                                        mv(ones({2, 3}), ones({3, 1}));
                                      }),
                    mixed_dtypes("mv", mv, {2, 2}, {2}), undefined("mv", mv, {2})},
                   kNumeric});
  table.push_back({"bmm",
                   {pair("batch", {2, 2, 3}, {2, 3, 2}, bmm), pair("no batch", {0, 2, 3}, {0, 3, 2}, bmm),
                    pair("no terms", {2, 2, 0}, {2, 0, 2}, bmm)},
                   {error<ShapeError>("bmm: expected the second operand of rank 3, got shape [3, 2]",
                                      [] {
                                        bmm(ones({2, 2, 3}), ones({3, 2}));
                                      }),
                    error<ShapeError>("bmm: expected equal batches, got [2, 2, 3] @ [1, 3, 2] (2 and 1)",
                                      [] {
                                        bmm(ones({2, 2, 3}), ones({1, 3, 2}));
                                      }),
                    error<ShapeError>("bmm: expected equal inner dimensions",
                                      [] {
                                        bmm(ones({2, 2, 3}), ones({2, 2, 2}));
                                      }),
                    mixed_dtypes("bmm", bmm, {1, 2, 2}, {1, 2, 2}), undefined("bmm", bmm, {1, 2, 2})},
                   kNumeric});
  const auto plain_addmm = call3([](const Tensor& c, const Tensor& a, const Tensor& b) { return addmm(c, a, b); });
  table.push_back({"addmm",
                   {{"row", {leaf({4}, -1, 1, 3), leaf({2, 3}, -1, 1, 1), leaf({3, 4}, -1, 1, 2)}, plain_addmm},
                    {"matrix", {leaf({2, 4}, -1, 1, 3), leaf({2, 3}, -1, 1, 1), leaf({3, 4}, -1, 1, 2)}, plain_addmm},
                    {"factors",
                     {leaf({2, 1}, -1, 1, 3), leaf({2, 3}, -1, 1, 1), leaf({3, 2}, -1, 1, 2)},
                     call3([](const Tensor& c, const Tensor& a, const Tensor& b) { return addmm(c, a, b, 0.5, -2); })},
                    {"no c",
                     {leaf({2, 1}, -1, 1, 3), leaf({2, 3}, -1, 1, 1), leaf({3, 2}, -1, 1, 2)},
                     call3([](const Tensor& c, const Tensor& a, const Tensor& b) { return addmm(c, a, b, 0, 2); })},
                    {"no product",
                     {leaf({2, 1}, -1, 1, 3), leaf({2, 3}, -1, 1, 1), leaf({3, 2}, -1, 1, 2)},
                     call3([](const Tensor& c, const Tensor& a, const Tensor& b) { return addmm(c, a, b, 2, 0); })},
                    {"no terms", {leaf({2}, -1, 1, 3), leaf({3, 0}, -1, 1, 1), leaf({0, 2}, -1, 1, 2)}, plain_addmm}},
                   {error<ShapeError>("addmm: expected a tensor that broadcasts to the product's shape [2, 4], got [3]",
                                      [] {
                                        addmm(ones({3}), ones({2, 3}), ones({3, 4}));
                                      }),
                    error<ShapeError>("addmm: expected equal inner dimensions, got [2, 3] @ [2, 4] (3 and 2)",
                                      [] {
                                        addmm(ones({4}), ones({2, 3}), ones({2, 4}));
                                      }),
                    error<ValueError>("addmm: expected the first operand to be a tensor, got an undefined one", [] {
                      addmm(Tensor(), ones({2, 3}), ones({3, 4}));
                    })}});
  const auto with_bias =
      call3([](const Tensor& x, const Tensor& weight, const Tensor& bias) { return linear(x, weight, bias); });
  table.push_back(
      {"linear",
       {{"batch", {leaf({2, 3}, -1, 1, 1), leaf({4, 3}, -1, 1, 2), leaf({4}, -1, 1, 3)}, with_bias},
        {"vector", {leaf({3}, -1, 1, 1), leaf({2, 3}, -1, 1, 2), leaf({2}, -1, 1, 3)}, with_bias},
        {"rank 3", {leaf({2, 2, 3}, -1, 1, 1), leaf({2, 3}, -1, 1, 2), leaf({2}, -1, 1, 3)}, with_bias},
        {"one output", {leaf({2, 3}, -1, 1, 1), leaf({1, 3}, -1, 1, 2), leaf({1}, -1, 1, 3)}, with_bias},
        {"empty", {leaf({0, 3}, -1, 1, 1), leaf({2, 3}, -1, 1, 2), leaf({2}, -1, 1, 3)}, with_bias},
        {"no inputs", {leaf({2, 0}, -1, 1, 1), leaf({2, 0}, -1, 1, 2), leaf({2}, -1, 1, 3)}, with_bias},
        pair("no bias", {2, 3}, {4, 3}, [](const Tensor& x, const Tensor& weight) { return linear(x, weight); })},
       {error<ShapeError>(
            "linear: expected input whose last dimension is 3 for the weight [4, 3] ([out, in]), got shape "
            "[2, 4]",
            [] {
              linear(ones({2, 4}), ones({4, 3}));
            }),
        error<ShapeError>("linear: expected the bias of shape [4], got [3]",
                          [] {
                            linear(ones({2, 3}), ones({4, 3}), ones({3}));
                          }),
        error<ShapeError>("linear: expected the weight of rank 2, got shape [3]",
                          [] {
                            linear(ones({2, 3}), ones({3}));
                          }),
        error<ValueError>("linear: expected the weight to be a tensor, got an undefined one",
                          [] {
                            linear(ones({2, 3}), Tensor());
                          })},
       kFloating});
  table.push_back({"outer",
                   {pair("vectors", {2}, {3}, outer), pair("empty", {0}, {3}, outer)},
                   {error<ShapeError>("outer: expected the first operand of rank 1, got shape [2, 2]",
                                      [] {
                                        outer(ones({2, 2}), ones({2}));
                                      }),
                    mixed_dtypes("outer", outer, {2}, {2}), undefined("outer", outer, {2})},
                   kNumeric});
  table.push_back({"dot",
                   {pair("vectors", {4}, {4}, dot), pair("empty", {0}, {0}, dot)},
                   {error<ShapeError>("dot: expected equal sizes, got 2 and 3", [] { dot(ones({2}), ones({3})); }),
                    error<ShapeError>("dot: expected the second operand of rank 1, got shape [2, 2]",
                                      [] {
                                        dot(ones({2}), ones({2, 2}));
                                      }),
                    mixed_dtypes("dot", dot, {2}, {2}), undefined("dot", dot, {2})},
                   kNumeric});
  const auto trace_of = [](const Tensor& x) { return trace(x); };
  table.push_back({"trace",
                   {{"matrix", {leaf({3, 4})}, call1(trace_of)}, {"empty", {leaf({0, 2})}, call1(trace_of)}},
                   {error<ShapeError>("trace: expected the matrix of rank 2, got shape [3]", [] { trace(ones({3})); }),
                    error<DTypeError>("trace: expected dtype",
                                      [] {
                                        trace(zeros({2, 2}, DType::boolean));
                                      }),
                    error<ValueError>("undefined", [] { trace(Tensor()); })},
                   kNumeric});
  table.push_back(
      {"einsum",
       {einsum_sample("ij,jk->ik", {{2, 3}, {3, 2}}), einsum_sample("bij,bjk->bik", {{2, 2, 3}, {2, 3, 2}}),
        einsum_sample("ij,kj", {{2, 3}, {2, 3}}), einsum_sample("ij->ji", {{2, 3}}), einsum_sample("ij->", {{2, 3}}),
        einsum_sample("ii->i", {{3, 3}}), einsum_sample("ii", {{3, 3}}), einsum_sample("i,i->", {{4}, {4}}),
        einsum_sample("i,j->ij", {{2}, {3}}), einsum_sample("ij,ij->i", {{2, 3}, {2, 3}}),
        einsum_sample("...ij,...jk->...ik", {{2, 1, 2, 2}, {3, 2, 1}}), einsum_sample("i...->...", {{2, 3}}),
        einsum_sample("ij,jk,kl->il", {{2, 2}, {2, 3}, {3, 2}}), einsum_sample("ijk,j->k", {{2, 2, 2}, {2}}),
        einsum_sample("bhid,bhjd->bhij", {{1, 2, 2, 3}, {1, 2, 2, 3}}), einsum_sample("ij,jk->ik", {{2, 0}, {0, 3}}),
        einsum_sample("ij, jk -> k i", {{2, 3}, {3, 2}}), einsum_sample("iij,jk->ik", {{2, 2, 3}, {3, 2}})},
       {error<ValueError>("einsum: the equation \"ij,jk->ik\" has 2 terms, got 1 operands",
                          [] {
                            einsum("ij,jk->ik", {ones({2, 2})});
                          }),
        error<ShapeError>("einsum: the term \"ijk\" needs rank 3, operand 0 has shape [2, 2]",
                          [] {
                            einsum("ijk->i", {ones({2, 2})});
                          }),
        error<ShapeError>("einsum: \"j\" has size 3 in one place and 4 in another",
                          [] {
                            einsum("ij,jk->ik", {ones({2, 3}), ones({4, 2})});
                          }),
        error<ValueError>("einsum: the output \"z\" of \"ij->z\" has a letter that no term has",
                          [] {
                            einsum("ij->z", {ones({2, 3})});
                          }),
        error<ValueError>("einsum: the output \"ii\" of \"ij->ii\" repeats a letter",
                          [] {
                            einsum("ij->ii", {ones({2, 3})});
                          }),
        error<ValueError>("einsum: unexpected '?' in \"i?->i\"",
                          [] {
                            einsum("i?->i", {ones({2, 3})});
                          }),
        error<DTypeError>("einsum: expected operands of one dtype, got f32 and i64",
                          [] {
                            einsum("i,i->", {ones({2}), ones({2}, {.dtype = DType::i64})});
                          }),
        error<ValueError>("einsum: expected the first operand to be a tensor, got an undefined one",
                          [] { einsum("i->", {Tensor()}); })},
       kNumeric});
}

}  // namespace reel::testing
