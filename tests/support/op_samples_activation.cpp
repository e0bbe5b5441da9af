// Activations, but for softmax.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Both sides of 0, a number, nothing, an image.
template <class F> std::vector<Sample> activation_samples(F f, double low = -3, double high = 3) {
  const auto call = call1([f](const Tensor& x) { return f(x); });
  return {{"matrix", {leaf({2, 4}, low, high)}, call},
          {"0-d", {leaf({}, low, high, 2)}, call},
          {"empty", {leaf({0, 3}, low, high)}, call},
          {"image", {leaf({1, 2, 2, 2}, low, high, 3)}, call}};
}

template <class F> std::vector<ErrorSample> activation_errors(std::string_view name, F f) {
  return {error<DTypeError>(std::string(name) + ": expected dtype", {ones({2}, {.dtype = DType::boolean})},
                            [f](const Tensors& in) { f(in[0]); }),
          error<ValueError>("undefined", [f] { f(Tensor()); })};
}

template <class F> OpRow activation(std::string_view name, F f, DTypeSet dtypes = kFloating) {
  return {name, activation_samples(f), activation_errors(name, f), dtypes};
}

/// One that is smooth everywhere.
template <class F> OpRow smooth_activation(std::string_view name, F f) {
  OpRow row = activation(name, f);
  row.samples.push_back({"0 and 1", {leaf_at({0.0, -0.0, 1.0, -1.0})}, call1([f](const Tensor& x) { return f(x); })});
  return row;
}

}  // namespace

void add_activation_rows(std::vector<OpRow>& table) {
  table.push_back(smooth_activation("sigmoid", [](const Tensor& x) { return sigmoid(x); }));
  table.push_back(activation(
      "relu", [](const Tensor& x) { return relu(x); }, kNumeric));
  const auto gelu_tanh = [](const Tensor& x) { return gelu(x, GeluApproximate::tanh); };
  OpRow gelu_row = smooth_activation("gelu", [](const Tensor& x) { return gelu(x); });
  for (Sample& sample : smooth_activation("gelu", gelu_tanh).samples) {
    sample.label += ", tanh";
    gelu_row.samples.push_back(sample);
  }
  table.push_back(gelu_row);
  table.push_back(smooth_activation("silu", [](const Tensor& x) { return silu(x); }));
  table.push_back(smooth_activation("mish", [](const Tensor& x) { return mish(x); }));
  table.push_back(activation("selu", [](const Tensor& x) { return selu(x); }));

  OpRow leaky = activation("leaky_relu", [](const Tensor& x) { return leaky_relu(x); });
  leaky.samples.push_back({"slope", {leaf({5}, -2, 2)}, call1([](const Tensor& x) { return leaky_relu(x, 0.3); })});
  table.push_back(leaky);

  OpRow elu_row = activation("elu", [](const Tensor& x) { return elu(x); });
  elu_row.samples.push_back({"alpha", {leaf({5}, -2, 2)}, call1([](const Tensor& x) { return elu(x, 0.7); })});
  table.push_back(elu_row);

  OpRow softplus_row = smooth_activation("softplus", [](const Tensor& x) { return softplus(x); });
  softplus_row.samples.push_back(
      {"beta and threshold", {leaf({6}, -2, 2)}, call1([](const Tensor& x) { return softplus(x, 2, 20); })});
  softplus_row.errors.push_back(
      error<ValueError>("softplus: expected beta in (0, inf), got 0", [] { softplus(ones({2}), 0); }));
  table.push_back(softplus_row);

  OpRow hardtanh_row = activation("hardtanh", [](const Tensor& x) { return hardtanh(x); });
  hardtanh_row.samples.push_back(
      {"limits", {leaf({6}, -3, 3)}, call1([](const Tensor& x) { return hardtanh(x, -0.5, 2); })});
  hardtanh_row.errors.push_back(
      error<ValueError>("hardtanh: expected min < max, got 1 and -1", [] { hardtanh(ones({2}), 1, -1); }));
  table.push_back(hardtanh_row);

  const auto last = call1([](const Tensor& x) { return glu(x); });
  table.push_back({"glu",
                   {{"matrix", {leaf({2, 6}, -3, 3)}, last},
                    {"first dimension", {leaf({4, 3}, -3, 3)}, call1([](const Tensor& x) { return glu(x, 0); })},
                    {"image", {leaf({1, 4, 2, 2}, -3, 3)}, call1([](const Tensor& x) { return glu(x, 1); })},
                    {"0 and 1", {leaf_at({0.0, 1.0, 1.0, 0.0})}, last},
                    {"empty", {leaf({3, 0}, -3, 3)}, last}},
                   {error<ShapeError>("glu: expected an even size of dimension -1, got shape [2, 3]",
                                      [] {
                                        glu(ones({2, 3}));
                                      }),
                    error<ShapeError>("glu: expected a tensor of rank 1 or more, got rank 0", [] { glu(ones({})); }),
                    error<DTypeError>("glu: expected dtype", [] { glu(ones({2}, {.dtype = DType::i64})); }),
                    error<ValueError>("undefined", [] { glu(Tensor()); })}});

  const auto gated = call2([](const Tensor& gate, const Tensor& up) { return swiglu(gate, up); });
  table.push_back({"swiglu",
                   {{"matrix", {leaf({2, 4}, -3, 3), leaf({2, 4}, -2, 2, 2)}, gated},
                    {"broadcast", {leaf({2, 1, 3}, -3, 3), leaf({4, 1}, -2, 2, 2)}, gated},
                    {"0 and 1", {leaf_at({0.0, 0.0, 1.0, -1.0}), leaf_at({0.0, 1.0, 0.0, 1.0})}, gated},
                    {"0-d", {leaf({}, -3, 3), leaf({}, -2, 2, 2)}, gated},
                    {"empty", {leaf({0, 3}), leaf({0, 3}, -1, 1, 2)}, gated}},
                   {error<ShapeError>("swiglu: expected shapes that broadcast together, got [2] and [3]",
                                      [] { swiglu(ones({2}), ones({3})); }),
                    error<DTypeError>("swiglu: expected operands of one dtype, got f32 and f64",
                                      [] { swiglu(ones({2}), ones({2}, {.dtype = DType::f64})); }),
                    error<ValueError>("undefined", [] { swiglu(ones({2}), Tensor()); })}});

  const auto learnt = call2([](const Tensor& x, const Tensor& weight) { return prelu(x, weight); });
  table.push_back(
      {"prelu",
       {{"one weight", {leaf({2, 3}, -2, 2), leaf({1}, 0, 1, 2)}, learnt},
        {"channels", {leaf({2, 3, 2}, -2, 2), leaf({3}, 0, 1, 2)}, learnt},
        {"image", {leaf({1, 2, 2, 2}, -2, 2), leaf({2}, 0, 1, 2)}, learnt},
        {"0-d", {leaf({}, -2, 0), leaf({}, 0, 1, 2)}, learnt},
        {"empty", {leaf({0, 3}), leaf({3}, 0, 1, 2)}, learnt}},
       {error<ShapeError>("prelu: expected a weight of one element or one for each channel of [2, 3], got shape [2]",
                          [] {
                            prelu(ones({2, 3}), ones({2}));
                          }),
        error<DTypeError>("prelu: expected operands of one dtype, got f32 and f64",
                          [] {
                            prelu(ones({2, 3}), ones({1}, {.dtype = DType::f64}));
                          }),
        error<ValueError>("undefined", [] {
          prelu(ones({2, 3}), Tensor());
        })}});
}

}  // namespace reel::testing
