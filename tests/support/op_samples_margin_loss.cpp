// Rows of the op table: losses with margins.

#include <cmath>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

using T = const Tensor&;
constexpr Reduction kReductions[] = {Reduction::none, Reduction::mean, Reduction::sum};

Tensor signs(const Shape& shape) { return where(uniform(shape, -1, 1, 5) > 0, ones(shape, DType::f64), -1.0); }

/// What a loss of tensors of one shape refuses.
template <class F> std::vector<ErrorSample> same_shape_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<ShapeError>(op + ": expected ",
                            [f] {
                              f(ones({3, 1}), ones({3}));
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

/// A bad margin is refused.
template <class F> ErrorSample margin_error(std::string_view name, F f) {
  return error<ValueError>(std::string(name) + ": expected margin in ", [f] { f(NAN); });
}

void add_pair_rows(std::vector<OpRow>& table) {
  OpRow hinge{"hinge_embedding_loss"};
  OpRow soft{"soft_margin_loss"};
  OpRow ranking{"margin_ranking_loss"};
  for (const Reduction r : kReductions) {
    const std::string label = "reduction " + std::to_string(static_cast<int>(r));
    hinge.samples.push_back({label, {leaf({3, 4}, 0, 2), signs({3, 4})}, call2([r](T x, T t) {
                               return hinge_embedding_loss(x, t, {.margin = 1.2, .reduction = r});
                             })});
    soft.samples.push_back({label, {leaf({3, 4}, -2, 2), leaf({3, 4}, -1, 1, 2)}, call2([r](T x, T t) {
                              return soft_margin_loss(x, t, r);
                            })});
    ranking.samples.push_back({label, {leaf({3, 4}), leaf({3, 4}, -1, 1, 2), signs({3, 4})}, call3([r](T a, T b, T t) {
                                 return margin_ranking_loss(a, b, t, {.margin = 0.3, .reduction = r});
                               })});
  }
  hinge.samples.push_back(
      {"0-d", {leaf({}, 0, 2), signs({})}, call2([](T x, T t) { return hinge_embedding_loss(x, t); })});
  soft.samples.push_back({"0-d", {leaf({}), signs({})}, call2([](T x, T t) { return soft_margin_loss(x, t); })});
  soft.samples.push_back(
      {"0", {leaf_at({0, 0}), leaf_at({1, -1})}, call2([](T x, T t) { return soft_margin_loss(x, t); })});
  soft.samples.push_back({"empty", {leaf({0, 2}), signs({0, 2})}, call2([](T x, T t) {
                            return soft_margin_loss(x, t, Reduction::none);
                          })});
  ranking.samples.push_back({"vectors", {leaf({3}), leaf({3}, -1, 1, 2), signs({3})}, call3([](T a, T b, T t) {
                               return margin_ranking_loss(a, b, t);
                             })});
  hinge.errors = same_shape_errors("hinge_embedding_loss", [](T x, T t) { hinge_embedding_loss(x, t); });
  soft.errors = same_shape_errors("soft_margin_loss", [](T x, T t) { soft_margin_loss(x, t); });
  ranking.errors = same_shape_errors("margin_ranking_loss", [](T a, T b) { margin_ranking_loss(a, b, a); });
  hinge.errors.push_back(margin_error("hinge_embedding_loss",
                                      [](double m) { hinge_embedding_loss(ones({2}), ones({2}), {.margin = m}); }));
  ranking.errors.push_back(margin_error(
      "margin_ranking_loss", [](double m) { margin_ranking_loss(ones({2}), ones({2}), ones({2}), {.margin = m}); }));
  for (OpRow* row : {&hinge, &soft, &ranking}) table.push_back(*row);
}

void add_cosine_row(std::vector<OpRow>& table) {
  OpRow row{"cosine_embedding_loss"};
  for (const Reduction r : kReductions) {
    row.samples.push_back(
        {"reduction " + std::to_string(static_cast<int>(r)),
         {leaf({4, 3}), leaf({4, 3}, -1, 1, 2), signs({4})},
         call3([r](T a, T b, T t) { return cosine_embedding_loss(a, b, t, {.margin = -0.9, .reduction = r}); })});
  }
  row.samples.push_back({"vectors", {leaf({3}), leaf({3}, -1, 1, 2), signs({})}, call3([](T a, T b, T t) {
                           return cosine_embedding_loss(a, b, t, {.margin = -1});
                         })});
  row.errors = same_shape_errors("cosine_embedding_loss", [](T a, T b) { cosine_embedding_loss(a, b, ones({2})); });
  row.errors.push_back(
      error<ShapeError>("cosine_embedding_loss: expected targets of shape [3] for [3, 2], got [2]", [] {
        cosine_embedding_loss(ones({3, 2}), ones({3, 2}), ones({2}));
      }));
  row.errors.push_back(error<ValueError>("cosine_embedding_loss: expected margin in [-1, 1], got 2", [] {
    cosine_embedding_loss(ones({3, 2}), ones({3, 2}), ones({3}), {.margin = 2});
  }));
  table.push_back(row);
}

void add_triplet_rows(std::vector<OpRow>& table) {
  const auto triplet = [] { return Tensors{leaf({4, 3}), leaf({4, 3}, -1, 1, 2), leaf({4, 3}, -1, 1, 3)}; };
  OpRow row{"triplet_margin_loss"}, free{"triplet_margin_with_distance_loss"};
  const auto manhattan = [](T a, T b) { return norm(a - b, 1, 1); };
  for (const Reduction r : kReductions) {
    const std::string label = "reduction " + std::to_string(static_cast<int>(r));
    row.samples.push_back(
        {label, triplet(), call3([r](T a, T p, T n) { return triplet_margin_loss(a, p, n, {.reduction = r}); })});
    free.samples.push_back({label, triplet(), call3([r, manhattan](T a, T p, T n) {
                              return triplet_margin_with_distance_loss(
                                  a, p, n, {.distance_function = manhattan, .reduction = r});
                            })});
  }
  row.samples.push_back({"swap", triplet(), call3([](T a, T p, T n) {
                           return triplet_margin_loss(
                               a, p, n, {.margin = 2, .p = 3, .swap = true, .reduction = Reduction::none});
                         })});
  free.samples.push_back({"swap", triplet(), call3([](T a, T p, T n) {
                            return triplet_margin_with_distance_loss(a, p, n, {.margin = 2, .swap = true});
                          })});
  row.errors = same_shape_errors("triplet_margin_loss", [](T a, T b) { triplet_margin_loss(a, b, a); });
  free.errors = same_shape_errors("triplet_margin_with_distance_loss",
                                  [](T a, T b) { triplet_margin_with_distance_loss(a, a, b); });
  row.errors.push_back(margin_error(
      "triplet_margin_loss", [](double m) { triplet_margin_loss(ones({2}), ones({2}), ones({2}), {.margin = m}); }));
  free.errors.push_back(margin_error("triplet_margin_with_distance_loss", [](double m) {
    triplet_margin_with_distance_loss(ones({2}), ones({2}), ones({2}), {.margin = m});
  }));
  table.push_back(row);
  table.push_back(free);
}

void add_multi_margin_row(std::vector<OpRow>& table) {
  const auto call = [](const MultiMarginLossOptions& options) {
    return [options](const Tensors& in) {
      MultiMarginLossOptions o = options;
      if (in.size() > 2) o.weight = in[2];
      return Tensors{multi_margin_loss(in[0], in[1], o)};
    };
  };
  const Tensor labels = tensor({2, 0, 3}), weight = leaf({4}, 0.5, 2, 5);
  table.push_back(
      {"multi_margin_loss",
       {{"mean", {leaf({3, 4}), labels}, call({})},
        {"sum, squares", {leaf({3, 4}), labels}, call({.p = 2, .margin = 0.7, .reduction = Reduction::sum})},
        {"none, weights", {leaf({3, 4}), labels, weight}, call({.reduction = Reduction::none})},
        {"vector", {leaf({4}), tensor(2)}, call({.reduction = Reduction::none})},
        {"empty", {leaf({0, 4}), zeros({0}, DType::i64)}, call({.reduction = Reduction::sum})}},
       {error<IndexError>("multi_margin_loss: label 4 is out of range for 4 classes",
                          [] {
                            multi_margin_loss(ones({2, 4}), tensor({1, 4}));
                          }),
        error<ShapeError>("multi_margin_loss: expected labels of shape [2] for [2, 4], got [3]",
                          [] {
                            multi_margin_loss(ones({2, 4}), tensor({1, 2, 3}));
                          }),
        error<ShapeError>("multi_margin_loss: expected scores of shape [N, C] or [C], got [2, 4, 1]",
                          [] {
                            multi_margin_loss(ones({2, 4, 1}), tensor({1, 2}));
                          }),
        error<ShapeError>("multi_margin_loss: expected a weight for each of 4 classes, got shape [3]",
                          [] {
                            multi_margin_loss(ones({2, 4}), tensor({1, 2}), {.weight = ones({3})});
                          }),
        error<ValueError>("multi_margin_loss: expected p to be 1 or 2, got 3",
                          [] {
                            multi_margin_loss(ones({2, 4}), tensor({1, 2}), {.p = 3});
                          }),
        error<DTypeError>("multi_margin_loss: expected dtype f32, f64, f16, bf16, got i64",
                          [] {
                            multi_margin_loss(tensor({{1, 2}}), tensor({1}));
                          }),
        error<ValueError>("undefined", [] {
          multi_margin_loss(ones({2, 4}), Tensor());
        })}});
}

void add_multilabel_rows(std::vector<OpRow>& table) {
  const Tensor labels = tensor({{3, 0, -1, 1}, {-1, 2, 3, 0}, {0, 1, 2, 3}});
  const auto call = [](Reduction r) { return call2([r](T x, T t) { return multilabel_margin_loss(x, t, r); }); };
  table.push_back({"multilabel_margin_loss",
                   {{"mean", {leaf({3, 4}), labels}, call(Reduction::mean)},
                    {"sum", {leaf({3, 4}), labels}, call(Reduction::sum)},
                    {"none", {leaf({3, 4}), labels}, call(Reduction::none)},
                    {"vector", {leaf({4}), labels[0]}, call(Reduction::none)}},
                   {error<IndexError>("multilabel_margin_loss: label 4 is out of range for 4 classes",
                                      [] {
                                        multilabel_margin_loss(ones({4}), tensor({1, 4, -1, -1}));
                                      }),
                    error<ShapeError>("multilabel_margin_loss: expected labels of shape [2, 4], got [2]",
                                      [] {
                                        multilabel_margin_loss(ones({2, 4}), tensor({1, 2}));
                                      }),
                    error<DTypeError>("multilabel_margin_loss: expected class labels of dtype i64 or i32, got f32",
                                      [] { multilabel_margin_loss(ones({4}), ones({4})); }),
                    error<DTypeError>("multilabel_margin_loss: expected dtype f32, f64, f16, bf16, got i64",
                                      [] {
                                        multilabel_margin_loss(tensor({1, 2}), tensor({1, 0}));
                                      }),
                    error<ValueError>("undefined", [] { multilabel_margin_loss(ones({4}), Tensor()); })}});

  const auto soft = [](Reduction r) {
    return [r](const Tensors& in) {
      return Tensors{
          multilabel_soft_margin_loss(in[0], in[1], {.weight = in.size() > 2 ? in[2] : Tensor(), .reduction = r})};
    };
  };
  OpRow row{
      "multilabel_soft_margin_loss",
      {{"mean", {leaf({3, 4}, -2, 2), leaf({3, 4}, 0, 1, 2)}, soft(Reduction::mean)},
       {"none, weights", {leaf({3, 4}, -2, 2), leaf({3, 4}, 0, 1, 2), leaf({4}, 0.5, 2, 3)}, soft(Reduction::none)},
       {"vector", {leaf({4}, -2, 2), leaf({4}, 0, 1, 2)}, soft(Reduction::sum)},
       {"empty", {leaf({0, 4}), leaf({0, 4})}, soft(Reduction::none)}},
      same_shape_errors("multilabel_soft_margin_loss", [](T x, T t) { multilabel_soft_margin_loss(x, t); })};
  row.errors.push_back(
      error<ShapeError>("multilabel_soft_margin_loss: expected a weight for each of 4 classes, got shape [3]", [] {
        multilabel_soft_margin_loss(ones({2, 4}), ones({2, 4}), {.weight = ones({3})});
      }));
  table.push_back(row);
}

}  // namespace

void add_margin_loss_rows(std::vector<OpRow>& table) {
  add_pair_rows(table);
  add_cosine_row(table);
  add_triplet_rows(table);
  add_multi_margin_row(table);
  add_multilabel_rows(table);
}

}  // namespace reel::testing
