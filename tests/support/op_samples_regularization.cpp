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

}  // namespace

void add_regularization_rows(std::vector<OpRow>& table) {
  const auto drop = [](double p, bool training = true) {
    return seeded([=](const Tensor& x) { return dropout(x, p, training); });
  };
  table.push_back(
      {"dropout",
       {{"half", {leaf({3, 4})}, drop(0.5)},
        {"few", {leaf({2, 3, 2})}, drop(0.2)},
        {"0-d", {leaf({})}, drop(0.5)},
        {"empty", {leaf({0, 3})}, drop(0.5)},
        {"none", {leaf({3})}, drop(0)},
        {"all", {leaf({3})}, drop(1)},
        {"evaluation", {leaf({3})}, drop(0.5, false)}},
       {error<ValueError>("dropout: the probability must be in [0, 1], got 1.5", [] { dropout(ones({2}), 1.5); }),
        error<ValueError>("dropout: the probability must be in [0, 1], got -0.1", [] { dropout(ones({2}), -0.1); }),
        error<DTypeError>("dropout: expects dtype f32, f64, got i64",
                          [] {
                            dropout(tensor({1, 2}));
                          }),
        error<ValueError>("undefined", [] { dropout(Tensor()); })}});

  const auto drop2d = [](double p) { return seeded([p](const Tensor& x) { return dropout2d(x, p); }); };
  table.push_back({"dropout2d",
                   {{"image", {leaf({2, 3, 2, 2})}, drop2d(0.5)},
                    {"matrix", {leaf({3, 4})}, drop2d(0.3)},
                    {"all", {leaf({2, 2, 2})}, drop2d(1)},
                    {"empty", {leaf({0, 3, 2, 2})}, drop2d(0.5)}},
                   {error<ShapeError>("dropout2d: expects [N, C, ...], got shape [3]", [] { dropout2d(ones({3})); }),
                    error<ValueError>("dropout2d: the probability must be in [0, 1], got 2",
                                      [] {
                                        dropout2d(ones({2, 2}), 2);
                                      }),
                    error<DTypeError>("dropout2d: expects dtype f32, f64, got i64", [] {
                      dropout2d(tensor({{1, 2}}));
                    })}});
}

}  // namespace reel::testing
