// Rows of the op table: normalisations.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

Tensors with_parameters(const Shape& x, const Shape& parameters) {
  return {leaf(x, -2, 2, 1), leaf(parameters, 0.5, 1.5, 2), leaf(parameters, -1, 1, 3)};
}

/// `norm` is batch_norm or batch_norm_relu, in evaluation with statistics of two channels; the inputs may leave out
/// weight and bias.
std::function<Tensors(const Tensors&)> batch_norm_call(decltype(&batch_norm) norm, bool training) {
  return [=](const Tensors& in) {
    const Tensor mean = training ? Tensor() : full({2}, 0.25, {.dtype = in[0].dtype()});
    const Tensor var = training ? Tensor() : full({2}, 1.5, {.dtype = in[0].dtype()});
    const Tensor weight = in.size() > 1 ? in[1] : Tensor(), bias = in.size() > 2 ? in[2] : Tensor();
    return Tensors{norm(in[0], mean, var, weight, bias, training, 0.1, 1e-5)};
  };
}

Tensor in_channels_last(const Shape& shape) {
  return leaf(shape, -2, 2, 1).detach().channels_last().clone().requires_grad_();
}

}  // namespace

void add_normalization_rows(std::vector<OpRow>& table) {
  const auto training = batch_norm_call(batch_norm, true), evaluation = batch_norm_call(batch_norm, false);
  const Tensor zero2 = zeros({2}), one2 = ones({2});
  table.push_back(
      {"batch_norm",
       {{"[N, C]", with_parameters({4, 2}, {2}), training},
        {"[N, C, L]", with_parameters({2, 2, 3}, {2}), training},
        {"[N, C, H, W]", with_parameters({2, 2, 2, 2}, {2}), training},
        {"channels-last", {in_channels_last({2, 3, 2, 2}), leaf({3}, 0.5, 1.5, 2), leaf({3}, -1, 1, 3)}, training},
        {"no parameters", {leaf({3, 2, 2}, -2, 2, 1)}, training},
        {"no bias", {leaf({5, 2}, -2, 2, 1), leaf({2}, 0.5, 1.5, 2)}, training},
        {"nothing", with_parameters({0, 2, 3}, {2}), training},
        {"equal elements", {leaf_at({{0, 2}, {0, 2}, {0, 2}})}, call1([](const Tensor& x) {
           return batch_norm(x, {}, {}, {}, {}, true, 0.1, 0.1);
         })},
        {"evaluation", with_parameters({2, 2, 2, 2}, {2}), evaluation},
        {"evaluation without parameters", {leaf({3, 2}, -2, 2, 1)}, evaluation},
        {"evaluation of nothing", with_parameters({0, 2, 3}, {2}), evaluation}},
       {error<ShapeError>("batch_norm: expected more than one value for each channel in training, got shape [1, 2]",
                          [=] {
                            batch_norm(ones({1, 2}), zero2, one2, {}, {}, true);
                          }),
        error<ShapeError>("batch_norm: expected input [N, C, ...], got shape [2]",
                          [=] { batch_norm(ones({2}), zero2, one2); }),
        error<ShapeError>("batch_norm: expected the weight of shape [2], got [3]",
                          [=] {
                            batch_norm(ones({4, 2}), zero2, one2, ones({3}), {}, true);
                          }),
        error<ValueError>("batch_norm: expected running statistics for evaluation",
                          [] {
                            batch_norm(ones({4, 2}), {}, {});
                          }),
        error<ValueError>("batch_norm: expected both running mean and variance or neither, got one",
                          [=] {
                            batch_norm(ones({4, 2}), zero2, {});
                          }),
        error<DTypeError>("batch_norm: expected operands of one dtype, got f32 and f64",
                          [=] {
                            batch_norm(ones({4, 2}), zero2, one2, ones({2}, {.dtype = DType::f64}));
                          }),
        error<ValueError>("batch_norm: expected the input to be a tensor, got an undefined one",
                          [=] { batch_norm({}, zero2, one2); })}});

  const auto relu_training = batch_norm_call(batch_norm_relu, true);
  const auto relu_evaluation = batch_norm_call(batch_norm_relu, false);
  table.push_back(
      {"batch_norm_relu",
       {{"[N, C]", with_parameters({4, 2}, {2}), relu_training},
        {"[N, C, H, W]", with_parameters({2, 2, 2, 2}, {2}), relu_training},
        {"channels-last", {in_channels_last({2, 3, 2, 2}), leaf({3}, 0.5, 1.5, 2), leaf({3}, -1, 1, 3)}, relu_training},
        {"no parameters", {leaf({3, 2, 2}, -2, 2, 1)}, relu_training},
        {"no bias", {leaf({5, 2}, -2, 2, 1), leaf({2}, 0.5, 1.5, 2)}, relu_training},
        {"nothing", with_parameters({0, 2, 3}, {2}), relu_training},
        {"evaluation", with_parameters({2, 2, 2, 2}, {2}), relu_evaluation},
        {"evaluation of one sample", with_parameters({1, 2}, {2}), relu_evaluation},
        {"evaluation without parameters", {leaf({3, 2}, -2, 2, 1)}, relu_evaluation},
        {"evaluation of nothing", with_parameters({0, 2, 3}, {2}), relu_evaluation}},
       {error<ShapeError>(
            "batch_norm_relu: expected more than one value for each channel in training, got shape [1, 2]",
            [=] {
              batch_norm_relu(ones({1, 2}), zero2, one2, {}, {}, true);
            }),
        error<ShapeError>("batch_norm_relu: expected input [N, C, ...], got shape [2]",
                          [=] { batch_norm_relu(ones({2}), zero2, one2); }),
        error<ShapeError>("batch_norm_relu: expected the weight of shape [2], got [3]",
                          [=] {
                            batch_norm_relu(ones({4, 2}), zero2, one2, ones({3}), {}, true);
                          }),
        error<ValueError>("batch_norm_relu: expected running statistics for evaluation",
                          [] {
                            batch_norm_relu(ones({4, 2}), {}, {});
                          }),
        error<ValueError>("batch_norm_relu: expected the input to be a tensor, got an undefined one",
                          [=] { batch_norm_relu({}, zero2, one2); })}});

  const auto over_last =
      call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return layer_norm(x, w.shape(), w, b); });
  table.push_back(
      {"layer_norm",
       {{"rows", with_parameters({3, 4}, {4}), over_last},
        {"two dimensions", with_parameters({2, 2, 3}, {2, 3}), over_last},
        {"all dimensions", with_parameters({5}, {5}), over_last},
        {"equal elements",
         {leaf_at({{0, 0, 0}, {2, 2, 2}}), leaf({3}, 0.5, 1.5, 2), leaf({3}, -1, 1, 3)},
         call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return layer_norm(x, {3}, w, b, 0.1); })},
        {"no rows", with_parameters({0, 3}, {3}), over_last},
        {"no parameters", {leaf({2, 4}, -2, 2, 1)}, call1([](const Tensor& x) { return layer_norm(x, {4}); })},
        {"no bias", {leaf({2, 4}, -2, 2, 1), leaf({4}, 0.5, 1.5, 2)}, call2([](const Tensor& x, const Tensor& w) {
           return layer_norm(x, {4}, w);
         })},
        {"no weight", {leaf({2, 4}, -2, 2, 1), leaf({4}, 0.5, 1.5, 2)}, call2([](const Tensor& x, const Tensor& b) {
           return layer_norm(x, {4}, {}, b);
         })}},
       {error<ShapeError>("layer_norm: expected input whose last dimensions are [3], got shape [2, 4]",
                          [] {
                            layer_norm(ones({2, 4}), {3});
                          }),
        error<ShapeError>("layer_norm: expected input whose last dimensions are [], got shape [2, 4]",
                          [] {
                            layer_norm(ones({2, 4}), {});
                          }),
        error<ShapeError>("layer_norm: expected the bias of shape [4], got [2]",
                          [] {
                            layer_norm(ones({2, 4}), {4}, ones({4}), ones({2}));
                          }),
        error<ValueError>("layer_norm: expected the input to be a tensor, got an undefined one",
                          [] { layer_norm({}, {4}); })}});

  const auto rms_over_last = call2([](const Tensor& x, const Tensor& w) { return rms_norm(x, w.shape(), w); });
  const auto with_weight = [](const Shape& x, const Shape& weight) {
    return Tensors{leaf(x, -2, 2, 1), leaf(weight, 0.5, 1.5, 2)};
  };
  table.push_back({"rms_norm",
                   {{"rows", with_weight({3, 4}, {4}), rms_over_last},
                    {"two dimensions", with_weight({2, 2, 3}, {2, 3}), rms_over_last},
                    {"all dimensions", with_weight({5}, {5}), rms_over_last},
                    {"zeros and equal elements",
                     {leaf_at({{0, 0, 0}, {2, 2, 2}}), leaf({3}, 0.5, 1.5, 2)},
                     call2([](const Tensor& x, const Tensor& w) { return rms_norm(x, {3}, w, 0.1); })},
                    {"no rows", with_weight({0, 3}, {3}), rms_over_last},
                    {"no weight", {leaf({2, 4}, -2, 2, 1)}, call1([](const Tensor& x) { return rms_norm(x, {4}); })}},
                   {error<ShapeError>("rms_norm: expected input whose last dimensions are [3], got shape [2, 4]",
                                      [] {
                                        rms_norm(ones({2, 4}), {3});
                                      }),
                    error<ShapeError>("rms_norm: expected input whose last dimensions are [], got shape [2, 4]",
                                      [] {
                                        rms_norm(ones({2, 4}), {});
                                      }),
                    error<ShapeError>("rms_norm: expected the weight of shape [4], got [2]",
                                      [] {
                                        rms_norm(ones({2, 4}), {4}, ones({2}));
                                      }),
                    error<ValueError>("rms_norm: expected the input to be a tensor, got an undefined one",
                                      [] { rms_norm({}, {4}); })}});

  const auto two_groups =
      call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return group_norm(x, 2, w, b); });
  table.push_back(
      {"group_norm",
       {{"[N, C, H, W]", with_parameters({1, 4, 2, 2}, {4}), two_groups},
        {"[N, C]", with_parameters({2, 6}, {6}), two_groups},
        {"[N, C, L]", with_parameters({2, 4, 2}, {4}), two_groups},
        {"channels-last", {in_channels_last({2, 4, 1, 3}), leaf({4}, 0.5, 1.5, 2), leaf({4}, -1, 1, 3)}, two_groups},
        {"no batch", with_parameters({0, 4, 2}, {4}), two_groups},
        {"equal elements", {leaf_at({{{0, 0}, {0, 0}}, {{2, 2}, {2, 2}}})}, call1([](const Tensor& x) {
           return group_norm(x, 1, {}, {}, 0.1);
         })},
        {"no parameters", {leaf({2, 4, 2}, -2, 2, 1)}, call1([](const Tensor& x) { return group_norm(x, 1); })}},
       {error<ValueError>("group_norm: expected a number of channels that 3 groups divide, got 4",
                          [] {
                            group_norm(ones({2, 4}), 3);
                          }),
        error<ShapeError>("group_norm: expected input [N, C, ...], got shape [4]", [] { group_norm(ones({4}), 2); }),
        error<ShapeError>("group_norm: expected input with 2 channels, got shape [",
                          [] {
                            group_norm(ones({2, 4}), 2, ones({2}));
                          }),
        error<ValueError>("group_norm: expected the input to be a tensor, got an undefined one",
                          [] { group_norm({}, 1); })}});

  const auto response = call1([](const Tensor& x) { return local_response_norm(x, 3, 0.5, 0.75, 1); });
  table.push_back({"local_response_norm",
                   {{"[N, C, H, W]", {leaf({2, 4, 1, 2}, -2, 2, 1)}, response},
                    {"[N, C]", {leaf({2, 5}, -2, 2, 1)}, response},
                    {"channels-last", {in_channels_last({1, 4, 2, 2})}, response},
                    {"even size", {leaf({1, 5, 2}, -2, 2, 1)}, call1([](const Tensor& x) {
                       return local_response_norm(x, 4, 0.5, 0.75, 2);
                     })},
                    {"larger than the channels", {leaf({2, 3}, -2, 2, 1)}, call1([](const Tensor& x) {
                       return local_response_norm(x, 9, 0.5, 0.5, 1);
                     })},
                    {"zeros", {leaf_at({{0, 0, 0, 0}, {0, 1, 0, -1}})}, response},
                    {"empty", {leaf({0, 3, 2}, -2, 2, 1)}, response},
                    {"no channels", {leaf({2, 0, 2}, -2, 2, 1)}, response}},
                   {error<ShapeError>("local_response_norm: expected input [N, C, ...], got shape [4]",
                                      [] { local_response_norm(ones({4}), 3); }),
                    error<ValueError>("local_response_norm: expected size of at least 1, got 0",
                                      [] {
                                        local_response_norm(ones({2, 4}), 0);
                                      }),
                    error<ValueError>("local_response_norm: expected the input to be a tensor, got an undefined one",
                                      [] { local_response_norm({}, 3); })}});
}

}  // namespace reel::testing
