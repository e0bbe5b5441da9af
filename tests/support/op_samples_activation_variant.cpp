// The rarer activations, and dropout for self-normalising networks.

#include <cmath>

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Both sides of 0, a number, nothing, an image.
template <class F> std::vector<Sample> samples_of(F f, double low = -5, double high = 5) {
  const auto call = call1([f](const Tensor& x) { return f(x); });
  return {{"matrix", {leaf({2, 4}, low, high)}, call},
          {"0-d", {leaf({}, low, high, 2)}, call},
          {"empty", {leaf({0, 3}, low, high)}, call},
          {"image", {leaf({1, 2, 2, 2}, low, high, 3)}, call}};
}

template <class F> std::vector<ErrorSample> errors_of(std::string_view name, F f) {
  return {error<DTypeError>(std::string(name) + ": expected dtype f32, f64, f16, bf16, got i64", {tensor({1, 2})},
                            [f](const Tensors& in) { f(in[0]); }),
          error<ValueError>("undefined", [f] { f(Tensor()); })};
}

template <class F> OpRow activation(std::string_view name, F f) { return {name, samples_of(f), errors_of(name, f)}; }

/// One without a kink at 0.
template <class F> OpRow smooth(std::string_view name, F f) {
  OpRow row = activation(name, f);
  row.samples.push_back({"0 and 1", {leaf_at({0.0, -0.0, 1.0, -1.0})}, call1([f](const Tensor& x) { return f(x); })});
  return row;
}

void add_option(OpRow& row, std::string label, Tensor x, TensorFunction call, ErrorSample refused) {
  row.samples.push_back({std::move(label), {std::move(x)}, std::move(call)});
  row.errors.push_back(std::move(refused));
}

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

void add_shrinking_rows(std::vector<OpRow>& table) {
  OpRow hard = activation("hardshrink", [](const Tensor& x) { return hardshrink(x); });
  add_option(hard, "lambd", leaf({6}, -3, 3), call1([](const Tensor& x) { return hardshrink(x, 1.5); }),
             error<ValueError>("hardshrink: expected lambd in [0, inf), got -1", [] { hardshrink(ones({2}), -1); }));
  table.push_back(hard);

  OpRow soft = activation("softshrink", [](const Tensor& x) { return softshrink(x); });
  add_option(soft, "lambd", leaf({6}, -3, 3), call1([](const Tensor& x) { return softshrink(x, 1.5); }),
             error<ValueError>("softshrink: expected lambd in [0, inf), got -1", [] { softshrink(ones({2}), -1); }));
  table.push_back(soft);

  OpRow cut = activation("threshold", [](const Tensor& x) { return threshold(x, 0.1, 20); });
  add_option(
      cut, "below", leaf({6}, -3, 3), call1([](const Tensor& x) { return threshold(x, -1, -7); }),
      error<ValueError>("threshold: expected value in [-inf, inf], got nan", [] { threshold(ones({2}), 0, NAN); }));
  table.push_back(cut);
}

void add_random_rows(std::vector<OpRow>& table) {
  OpRow random_slopes = activation("rrelu", [](const Tensor& x) { return rrelu(x); });
  add_option(random_slopes, "training", leaf({3, 4}, -3, 3),
             seeded([](const Tensor& x) { return rrelu(x, 0.2, 0.7, true); }),
             error<ValueError>("rrelu: expected upper in [0.5, inf), got 0.25", [] { rrelu(ones({2}), 0.5, 0.25); }));
  table.push_back(random_slopes);

  const auto soft = [](std::int64_t dim) {
    return seeded([dim](const Tensor& x) { return gumbel_softmax(x, 0.7, false, dim); });
  };
  table.push_back({"gumbel_softmax",
                   {{"rows", {leaf({3, 4})}, soft(-1)},
                    {"columns", {leaf({3, 4})}, soft(0)},
                    {"0-d", {leaf({})}, soft(0)},
                    {"empty", {leaf({0, 3})}, soft(1)}},
                   {error<ValueError>("gumbel_softmax: expected tau in (0, inf), got 0",
                                      [] {
                                        gumbel_softmax(ones({2, 2}), 0);
                                      }),
                    error<IndexError>("gumbel_softmax: dimension 2 is out of range for rank 2",
                                      [] {
                                        gumbel_softmax(ones({2, 2}), 1, false, 2);
                                      }),
                    error<DTypeError>("gumbel_softmax: expected dtype f32, f64, f16, bf16, got i64",
                                      [] {
                                        gumbel_softmax(tensor({1, 2}));
                                      }),
                    error<ValueError>("undefined", [] { gumbel_softmax(Tensor()); })}});
}

void add_dropout_rows(std::vector<OpRow>& table) {
  const auto drop = [](double p, bool training = true) {
    return seeded([=](const Tensor& x) { return alpha_dropout(x, p, training); });
  };
  OpRow row{"alpha_dropout",
            {{"half", {leaf({3, 4})}, drop(0.5)},
             {"0-d", {leaf({})}, drop(0.3)},
             {"empty", {leaf({0, 3})}, drop(0.5)},
             {"none", {leaf({3})}, drop(0)},
             {"all", {leaf({3})}, drop(1)},
             {"evaluation", {leaf({3})}, drop(0.5, false)}},
            errors_of("alpha_dropout", [](const Tensor& x) { return alpha_dropout(x, 0.5, true); })};
  row.errors.push_back(
      error<ValueError>("alpha_dropout: expected p in [0, 1], got 1.5", [] { alpha_dropout(ones({2}), 1.5); }));
  table.push_back(row);

  const auto drop_channels = [](double p) {
    return seeded([p](const Tensor& x) { return feature_alpha_dropout(x, p, true); });
  };
  OpRow channels{"feature_alpha_dropout",
                 {{"image", {leaf({2, 3, 2, 2})}, drop_channels(0.5)},
                  {"matrix", {leaf({3, 4})}, drop_channels(0.3)},
                  {"all", {leaf({2, 2, 2})}, drop_channels(1)},
                  {"empty", {leaf({0, 3, 2, 2})}, drop_channels(0.5)}},
                 errors_of("feature_alpha_dropout", [](const Tensor& x) { return feature_alpha_dropout(x, 0.5); })};
  channels.errors.push_back(error<ShapeError>("feature_alpha_dropout: expected input [N, C, ...], got shape [3]",
                                              [] { feature_alpha_dropout(ones({3})); }));
  channels.errors.push_back(error<ValueError>("feature_alpha_dropout: expected p in [0, 1], got 2", [] {
    feature_alpha_dropout(ones({2, 2}), 2);
  }));
  table.push_back(channels);
}

}  // namespace

void add_activation_variant_rows(std::vector<OpRow>& table) {
  table.push_back(smooth("hardswish", [](const Tensor& x) { return hardswish(x); }));
  table.push_back(smooth("hardsigmoid", [](const Tensor& x) { return hardsigmoid(x); }));
  table.push_back(activation("relu6", [](const Tensor& x) { return relu6(x); }));
  table.push_back(smooth("tanhshrink", [](const Tensor& x) { return tanhshrink(x); }));
  table.push_back(smooth("logsigmoid", [](const Tensor& x) { return logsigmoid(x); }));
  table.push_back(activation("softsign", [](const Tensor& x) { return softsign(x); }));  // whose slope has a kink at 0

  OpRow celu_row = activation("celu", [](const Tensor& x) { return celu(x); });
  add_option(celu_row, "alpha", leaf({5}, -2, 2), call1([](const Tensor& x) { return celu(x, 0.7); }),
             error<ValueError>("celu: expected alpha in (0, inf), got 0", [] { celu(ones({2}), 0); }));
  table.push_back(celu_row);

  const auto along = [](std::int64_t dim) { return call1([dim](const Tensor& x) { return softmin(x, dim); }); };
  table.push_back({"softmin",
                   {{"rows", {leaf({3, 4})}, along(1)},
                    {"columns", {leaf({3, 4})}, along(-2)},
                    {"0-d", {leaf({})}, along(0)},
                    {"empty", {leaf({0, 3})}, along(1)},
                    {"equal", {leaf_at({{0, 0, 0}, {7, 7, 7}})}, along(1)}},
                   {error<IndexError>("softmin: dimension 2 is out of range for rank 2",
                                      [] {
                                        softmin(ones({2, 3}), 2);
                                      }),
                    error<DTypeError>("softmin: expected dtype f32, f64, f16, bf16, got i64",
                                      [] {
                                        softmin(tensor({1, 2}), 0);
                                      }),
                    error<ValueError>("undefined", [] { softmin(Tensor(), 0); })}});
  add_shrinking_rows(table);
  add_random_rows(table);
  add_dropout_rows(table);
}

}  // namespace reel::testing
