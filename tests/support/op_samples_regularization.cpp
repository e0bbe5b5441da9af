// Rows of the op table: dropout and embedding.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// A function of its argument alone: every call draws from the same state.
template <class F> TensorFunction seeded(F f) {
  return call1([f](const Tensor& x) {
    const PhiloxState former = default_generator().state();
    default_generator().set_state({17, 0});
    const Tensor y = f(x);
    default_generator().set_state(former);
    return y;
  });
}

void add_embedding_row(std::vector<OpRow>& table) {
  const auto look_up = [](std::optional<std::int64_t> padding) {
    return call2([padding](const Tensor& weight, const Tensor& index) { return embedding(index, weight, padding); });
  };
  const Tensor words = tensor({{3, 0, 3}, {1, 3, 2}});
  table.push_back({"embedding",
                   {{"words", {leaf({5, 2}), words}, look_up({})},
                    {"padding that does not occur", {leaf({5, 2}), words}, look_up(-1)},
                    {"one word", {leaf({3, 4}), tensor(1)}, look_up({})},
                    {"no words", {leaf({3, 4}), empty({0}, {.dtype = DType::i64})}, look_up({})},
                    {"frequencies of 1",
                     {leaf({5, 2}), tensor({{3, 0}, {1, 4}})},
                     call2([](const Tensor& weight, const Tensor& index) {
                       return embedding(index, weight, {.scale_grad_by_freq = true});
                     })}},
                   {error<IndexError>("embedding: index 5 is out of range for 5 rows",
                                      [] {
                                        embedding(tensor({1, 5}), ones({5, 2}));
                                      }),
                    error<IndexError>("embedding: index -1 is out of range for 5 rows",
                                      [] {
                                        embedding(tensor({-1}), ones({5, 2}));
                                      }),
                    error<IndexError>("embedding: padding_idx 5 is out of range for 5 rows",
                                      [] {
                                        embedding(tensor({1}), ones({5, 2}), 5);
                                      }),
                    error<ShapeError>("embedding: expected the weight of rank 2, got shape [5]",
                                      [] { embedding(tensor({1}), ones({5})); }),
                    error<DTypeError>("embedding: expected an index of dtype i64 or i32, got f32",
                                      [] {
                                        embedding(ones({1}), ones({5, 2}));
                                      }),
                    error<DTypeError>("embedding: expected dtype f32, f64, f16, bf16, got i64", [] {
                      embedding(tensor({0}), tensor({{1, 2}}));
                    })}});
}

void add_rotary_row(std::vector<OpRow>& table) {
  // Numbers in place of cosines and sines that every dtype holds. They are no inputs: they have no gradient.
  const auto rotary = [](const Shape& tables, bool interleaved) {
    return call1([=](const Tensor& x) {
      const DType dtype = x.defined() ? x.dtype() : DType::f64;
      const auto numbers = [&](std::uint64_t seed) { return (round(8 * uniform(tables, -1, 1, seed)) / 8).to(dtype); };
      return rotary_embedding(x, numbers(7), numbers(8), interleaved);
    });
  };
  table.push_back(
      {"rotary_embedding",
       {{"halves", {leaf({2, 3, 4})}, rotary({3, 2}, false)},
        {"neighbours", {leaf({3, 6})}, rotary({3, 3}, true)},
        {"some elements", {leaf({2, 2, 3, 5})}, rotary({3, 1}, false)},
        {"some neighbours", {leaf({2, 2, 3, 5})}, rotary({3, 2}, true)},
        {"angles for each", {leaf({2, 2, 3, 4})}, rotary({2, 3, 2}, false)},
        {"five dimensions", {leaf({2, 1, 2, 2, 4})}, rotary({2, 2, 2}, true)},
        {"no angles", {leaf({2, 3})}, rotary({2, 0}, false)},
        {"empty", {leaf({2, 0, 4})}, rotary({0, 2}, false)}},
       {error<ShapeError>("rotary_embedding: expected input [..., length, width], got shape [4]",
                          [] {
                            rotary_embedding(ones({4}), ones({1, 2}), ones({1, 2}));
                          }),
        error<ShapeError>("rotary_embedding: expected cosines and sines [L, R / 2] or [N, L, R / 2] with R at most E",
                          [] {
                            rotary_embedding(ones({3, 4}), ones({2, 2}), ones({2, 2}));
                          }),
        error<ShapeError>("of shape [2, 3, 4], got [3, 3]",
                          [] {
                            rotary_embedding(ones({2, 3, 4}), ones({3, 3}), ones({3, 3}));
                          }),
        error<ShapeError>("rotary_embedding: expected cosines and sines of one shape, got [3, 2] and [3, 1]",
                          [] {
                            rotary_embedding(ones({3, 4}), ones({3, 2}), ones({3, 1}));
                          }),
        error<DTypeError>("rotary_embedding: expected operands of one dtype, got f32 and f64",
                          [] {
                            rotary_embedding(ones({3, 4}), ones({3, 2}, {.dtype = DType::f64}), ones({3, 2}));
                          }),
        error<ValueError>(
            "rotary_embedding: expected cosines and sines that need no gradient; detach() them",
            [] {
              rotary_embedding(ones({3, 4}), ones({3, 2}), leaf({3, 2}).detach().to(DType::f32).requires_grad_());
            }),
        error<ValueError>("undefined",
                          [] {
                            rotary_embedding(Tensor(), ones({3, 2}), ones({3, 2}));
                          })},
       kFloating});
}

}  // namespace

void add_regularization_rows(std::vector<OpRow>& table) {
  const auto drop = [](double p, bool training = true) {
    return seeded([=](const Tensor& x) { return dropout(x, p, training); });
  };
  table.push_back({"dropout",
                   {{"half", {leaf({3, 4})}, drop(0.5)},
                    {"few", {leaf({2, 3, 2})}, drop(0.2)},
                    {"0-d", {leaf({})}, drop(0.5)},
                    {"empty", {leaf({0, 3})}, drop(0.5)},
                    {"none", {leaf({3})}, drop(0)},
                    {"all", {leaf({3})}, drop(1)},
                    {"evaluation", {leaf({3})}, drop(0.5, false)}},
                   {error<ValueError>("dropout: expected p in [0, 1], got 1.5", [] { dropout(ones({2}), 1.5); }),
                    error<ValueError>("dropout: expected p in [0, 1], got -0.1", [] { dropout(ones({2}), -0.1); }),
                    error<DTypeError>("dropout: expected dtype f32, f64, f16, bf16, got i64",
                                      [] {
                                        dropout(tensor({1, 2}));
                                      }),
                    error<ValueError>("undefined", [] { dropout(Tensor()); })}});

  const auto drop2d = [](double p) { return seeded([p](const Tensor& x) { return dropout2d(x, p); }); };
  table.push_back(
      {"dropout2d",
       {{"image", {leaf({2, 3, 2, 2})}, drop2d(0.5)},
        {"matrix", {leaf({3, 4})}, drop2d(0.3)},
        {"all", {leaf({2, 2, 2})}, drop2d(1)},
        {"empty", {leaf({0, 3, 2, 2})}, drop2d(0.5)}},
       {error<ShapeError>("dropout2d: expected input [N, C, ...], got shape [3]", [] { dropout2d(ones({3})); }),
        error<ValueError>("dropout2d: expected p in [0, 1], got 2",
                          [] {
                            dropout2d(ones({2, 2}), 2);
                          }),
        error<DTypeError>("dropout2d: expected dtype f32, f64, f16, bf16, got i64", [] {
          dropout2d(tensor({{1, 2}}));
        })}});

  const auto drop3d = [](double p) { return seeded([p](const Tensor& x) { return dropout3d(x, p); }); };
  table.push_back(
      {"dropout3d",
       {{"volume", {leaf({2, 3, 2, 1, 2})}, drop3d(0.5)}, {"all", {leaf({2, 2, 1, 1, 1})}, drop3d(1)}},
       {error<ShapeError>("dropout3d: expected input [N, C, ...], got shape [3]", [] { dropout3d(ones({3})); }),
        error<ValueError>("dropout3d: expected p in [0, 1], got 2", [] {
          dropout3d(ones({2, 2}), 2);
        })}});

  add_embedding_row(table);
  add_rotary_row(table);
}

}  // namespace reel::testing
