// Rows of the op table: products over chosen dimensions, distances.

#include <limits>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F> Sample pair(std::string label, const Shape& a, const Shape& b, F f) {
  return {std::move(label), {leaf(a, -1, 1, 1), leaf(b, -1, 1, 2)}, call2(f)};
}

void add_contractions(std::vector<OpRow>& table) {
  const auto added = [](double beta, double alpha) {
    return call3([=](const Tensor& c, const Tensor& a, const Tensor& b) { return baddbmm(c, a, b, beta, alpha); });
  };
  table.push_back(
      {"baddbmm",
       {{"batch", {leaf({2, 2, 2}), leaf({2, 2, 3}, -1, 1, 2), leaf({2, 3, 2}, -1, 1, 3)}, added(1, 1)},
        {"scaled row", {leaf({2}), leaf({2, 2, 3}, -1, 1, 2), leaf({2, 3, 2}, -1, 1, 3)}, added(0.5, 2)},
        {"nothing of c", {leaf({2}), leaf({2, 2, 3}, -1, 1, 2), leaf({2, 3, 2}, -1, 1, 3)}, added(0, 2)}},
       {error<ShapeError>("baddbmm: expected equal batches and inner dimensions, got [2, 2, 3] @ [2, 2, 3]",
                          [] {
                            baddbmm(ones({1}), ones({2, 2, 3}), ones({2, 2, 3}));
                          }),
        error<ShapeError>("baddbmm: expected shapes that broadcast together, got [3, 2, 2] and [2, 2, 2]", [] {
          baddbmm(ones({3, 2, 2}), ones({2, 2, 3}), ones({2, 3, 2}));
        })}});

  const auto over = [](std::int64_t dims) {
    return [dims](const Tensor& a, const Tensor& b) { return tensordot(a, b, dims); };
  };
  table.push_back({"tensordot",
                   {pair("two dimensions", {2, 3, 4}, {3, 4, 2}, over(2)),
                    pair("one dimension", {2, 3}, {3, 2}, over(1)), pair("outer", {2}, {3}, over(0)),
                    pair("all", {2, 3}, {2, 3}, over(2)), pair("nothing", {2, 0}, {0, 3}, over(1)),
                    pair("named", {2, 3, 4}, {4, 2, 3},
                         [](const Tensor& a, const Tensor& b) {
                           return tensordot(a, b, {2, 0}, {0, 1});
                         })},
                   {error<ShapeError>("tensordot: expected equal sizes of dimensions 1 and 0, got 3 and 2",
                                      [] {
                                        tensordot(ones({2, 3}), ones({2, 3}), 1);
                                      }),
                    error<ValueError>("tensordot: expected dims from 0 to the ranks of shapes [2] and [2], got 2",
                                      [] { tensordot(ones({2}), ones({2}), 2); }),
                    error<ShapeError>("tensordot: expected each dimension once, got [0, 0]",
                                      [] {
                                        tensordot(ones({2, 2}), ones({2, 2}), {0, 0}, {0, 1});
                                      }),
                    error<ShapeError>("tensordot: expected as many dimensions of both, got [0] and [0, 1]",
                                      [] {
                                        tensordot(ones({2, 2}), ones({2, 2}), {0}, {0, 1});
                                      })},
                   kNumeric});

  const auto product = [](const Tensor& a, const Tensor& b) { return kron(a, b); };
  table.push_back({"kron",
                   {pair("matrices", {2, 3}, {2, 2}, product), pair("vector and matrix", {2}, {2, 2}, product),
                    pair("0-d", {}, {2}, product), pair("nothing", {2, 0}, {2, 2}, product)},
                   {error<ShapeError>("kron: expected ranks of at most 4",
                                      [] {
                                        kron(ones({1, 1, 1, 1, 1}), ones({1}));
                                      })},
                   kNumeric});
  const auto vectors = [](std::optional<std::int64_t> dim) {
    return [dim](const Tensor& a, const Tensor& b) { return cross(a, b, dim); };
  };
  table.push_back({"cross",
                   {pair("rows", {2, 3}, {2, 3}, vectors(-1)), pair("first of size 3", {3, 2}, {3, 2}, vectors({})),
                    pair("broadcast", {3}, {2, 3}, vectors(1))},
                   {error<ShapeError>("cross: expected a dimension of size 3, got shapes [2] and [2]",
                                      [] { cross(ones({2}), ones({2})); }),
                    error<ShapeError>("cross: expected a dimension of size 3",
                                      [] {
                                        cross(ones({3, 2}), ones({3, 2}), 1);
                                      })},
                   kNumeric});
}

}  // namespace

void add_tensordot_rows(std::vector<OpRow>& table) {
  add_contractions(table);
  OpRow row{"cdist"};
  const auto distances = [](double p) { return [p](const Tensor& a, const Tensor& b) { return cdist(a, b, p); }; };
  for (const double p : {0.0, 0.5, 1.0, 2.0, 3.0, std::numeric_limits<double>::infinity()}) {
    row.samples.push_back(pair("p = " + std::to_string(p), {3, 2}, {2, 2}, distances(p)));
  }
  row.samples.push_back(pair("batches", {2, 1, 3, 2}, {2, 2, 2}, distances(2)));
  row.samples.push_back(pair("no elements", {3, 0}, {2, 0}, distances(2)));
  row.samples.push_back(pair("no rows", {0, 2}, {2, 2}, distances(2)));
  row.samples.push_back(pair("many rows", {26, 2}, {2, 2}, distances(2)));
  row.samples.push_back({"equal rows", {leaf_at({{1, 2}, {0, 0}}), leaf({2, 2})}, call2(distances(2))});
  row.errors = {error<ShapeError>("cdist: expected rows of one size",
                                  [] {
                                    cdist(ones({2, 3}), ones({2, 2}));
                                  }),
                error<ValueError>("cdist: expected p in [0, inf], got -1", [] {
                  cdist(ones({2, 3}), ones({2, 3}), -1);
                })};
  table.push_back(row);

  const auto limited = [](double p) { return call1([p](const Tensor& x) { return renorm(x, p, 0, 0.9); }); };
  table.push_back(
      {"renorm",
       {{"rows", {leaf({4, 3})}, limited(2)},
        {"p = 1", {leaf({4, 3})}, limited(1)},
        {"images", {leaf({2, 2, 2, 2})}, limited(3)},
        {"empty", {leaf({0, 3})}, limited(2)}},
       {error<ShapeError>("renorm: expected at least 2 dimensions, got shape [3]", [] { renorm(ones({3}), 2, 0, 1); }),
        error<ValueError>("renorm: expected p in (0, inf], got 0", [] {
          renorm(ones({3, 2}), 0, 0, 1);
        })}});
}

}  // namespace reel::testing
