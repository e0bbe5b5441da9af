// Rows of the op table: directions, angles and distances of vectors.

#include <cmath>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

template <class F> std::vector<ErrorSample> pair_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<ShapeError>(op + ": expected shapes that broadcast together, got [2, 3] and [4]",
                            [f] {
                              f(ones({2, 3}), ones({4}));
                            }),
          error<DTypeError>(op + ": expected operands of one dtype, got f32 and f64",
                            [f] {
                              f(ones({2, 2}), ones({2, 2}, DType::f64));
                            }),
          error<DTypeError>(op + ": expected dtype f32, f64, f16, bf16, got i64",
                            [f] {
                              f(tensor({{1, 2}}), tensor({{1, 2}}));
                            }),
          error<ValueError>("undefined", [f] {
            f(ones({2, 2}), Tensor());
          })};
}

void add_normalize_row(std::vector<OpRow>& table) {
  const auto call = [](double p, const Dims& dim) {
    return call1([=](const Tensor& x) { return normalize(x, p, dim); });
  };
  table.push_back(
      {"normalize",
       {{"rows", {leaf({3, 4})}, call(2, 1)},
        {"channels", {leaf({2, 3, 2})}, call(2, 1)},
        {"1-norm", {leaf({3, 4}, 0.1, 1)}, call(1, 0)},
        {"3-norm", {leaf({3, 4}, 0.1, 1)}, call(3, -1)},
        {"whole matrices", {leaf({2, 3, 2})}, call(2, {1, 2})},
        {"0-d", {leaf({}, 0.5, 1)}, call(2, 0)},
        {"empty", {leaf({0, 3})}, call(2, 1)}},
       {error<IndexError>("normalize: dimension 1 is out of range for rank 1", [] { normalize(ones({3})); }),
        error<ValueError>("normalize: expected p in [-inf, inf], got nan",
                          [] {
                            normalize(ones({2, 2}), NAN);
                          }),
        error<ValueError>("normalize: expected eps in [0, inf), got -1",
                          [] {
                            normalize(ones({2, 2}), 2, 1, -1);
                          }),
        error<DTypeError>("normalize: expected dtype f32, f64, f16, bf16, got i64",
                          [] {
                            normalize(tensor({{1, 2}}));
                          }),
        error<ValueError>("undefined", [] { normalize(Tensor()); })}});
}

}  // namespace

void add_distance_rows(std::vector<OpRow>& table) {
  add_normalize_row(table);

  const auto angle = [](std::int64_t dim) {
    return call2([dim](const Tensor& a, const Tensor& b) { return cosine_similarity(a, b, dim); });
  };
  const auto cosine = [](const Tensor& a, const Tensor& b) { return cosine_similarity(a, b); };
  OpRow angles{"cosine_similarity",
               {{"rows", {leaf({3, 4}), leaf({3, 4}, -1, 1, 2)}, angle(1)},
                {"columns", {leaf({3, 4}), leaf({3, 4}, -1, 1, 2)}, angle(0)},
                {"all pairs", {leaf({3, 1, 4}), leaf({2, 4}, -1, 1, 2)}, angle(-1)},
                {"equal", {leaf_at({{1, 2}, {3, 0}}), leaf_at({{1, 2}, {3, 0}})}, angle(1)},
                {"0-d", {leaf({}, 0.5, 1), leaf({}, 0.5, 1, 2)}, angle(0)},
                {"empty", {leaf({0, 3}), leaf({0, 3})}, angle(1)}},
               pair_errors("cosine_similarity", cosine)};
  angles.errors.push_back(error<IndexError>("cosine_similarity: dimension 1 is out of range for rank 1",
                                            [] { cosine_similarity(ones({3}), ones({3})); }));
  angles.errors.push_back(error<ValueError>("cosine_similarity: expected eps in [0, inf), got -1", [] {
    cosine_similarity(ones({2, 2}), ones({2, 2}), 1, -1);
  }));
  table.push_back(angles);

  const auto between = [](double p, bool keepdim = false) {
    return call2([=](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, p, 1e-6, keepdim); });
  };
  const auto euclidean = [](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b); };
  OpRow distances{"pairwise_distance",
                  {{"rows", {leaf({3, 4}), leaf({3, 4}, -1, 1, 2)}, between(2)},
                   {"1-norm", {leaf({3, 4}, 0.1, 1), leaf({3, 4}, -1, 0, 2)}, between(1)},
                   {"3-norm, broadcast", {leaf({3, 4}, 0.1, 1), leaf({4}, -1, 0, 2)}, between(3, true)},
                   {"vectors", {leaf({4}), leaf({4}, -1, 1, 2)}, between(2)},
                   {"0-d", {leaf({}, 1, 2), leaf({}, -1, 0, 2)}, between(2)},
                   {"empty", {leaf({0, 3}), leaf({0, 3})}, between(2)}},
                  pair_errors("pairwise_distance", euclidean)};
  distances.errors.push_back(error<ValueError>("pairwise_distance: expected eps in [0, inf), got -1", [] {
    pairwise_distance(ones({2, 2}), ones({2, 2}), 2, -1);
  }));
  table.push_back(distances);
}

}  // namespace reel::testing
