// Rows of the op table: losses.

#include "support/op_samples.h"

namespace reel::testing {
namespace {

/// Probabilities over dimension `dim`, as a leaf.
Tensor distribution(const Shape& shape, std::int64_t dim, std::uint64_t seed) {
  return softmax(uniform(shape, -1, 1, seed), dim).clone().requires_grad_();
}

template <class F> std::vector<Sample> along_dimension_samples(F f) {
  const auto along = [f](std::int64_t dim) { return call1([f, dim](const Tensor& x) { return f(x, dim); }); };
  return {{"rows", {leaf({3, 4})}, along(1)},
          {"columns", {leaf({3, 4})}, along(0)},
          {"middle", {leaf({2, 3, 2})}, along(1)},
          {"negative", {leaf({2, 3})}, along(-1)},
          {"vector", {leaf({5})}, along(0)},
          {"0-d", {leaf({})}, along(0)},
          {"one class", {leaf({3, 1})}, along(1)},
          {"empty", {leaf({0, 3})}, along(1)},
          {"equal", {leaf_at({{0, 0, 0}, {7, 7, 7}})}, along(1)},
          {"large", {leaf({2, 3}, 900, 901)}, along(1)}};
}

template <class F> std::vector<ErrorSample> along_dimension_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<IndexError>(op + ": dimension 2 is out of range for rank 2",
                            [f] {
                              f(ones({2, 3}), 2);
                            }),
          error<DTypeError>(op + ": expected dtype f32, f64, f16, bf16, got i64",
                            [f] {
                              f(tensor({1, 2}), 0);
                            }),
          error<ValueError>("undefined", [f] { f(Tensor(), 0); })};
}

/// Losses of outputs and targets of one shape, in every reduction.
template <class F>
std::vector<Sample> pair_samples(F f, double low, double high, double target_low, double target_high) {
  std::vector<Sample> samples;
  for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
    const auto call = call2([f, reduction](const Tensor& y, const Tensor& t) { return f(y, t, reduction); });
    const std::string label = reduction == Reduction::none ? "none" : reduction == Reduction::mean ? "mean" : "sum";
    samples.push_back({label, {leaf({3, 2}, low, high, 1), leaf({3, 2}, target_low, target_high, 2)}, call});
  }
  const auto call = call2([f](const Tensor& y, const Tensor& t) { return f(y, t, Reduction::none); });
  samples.push_back({"0-d", {leaf({}, low, high, 1), leaf({}, target_low, target_high, 2)}, call});
  samples.push_back({"empty", {leaf({0, 2}, low, high, 1), leaf({0, 2}, target_low, target_high, 2)}, call});
  samples.push_back({"constant target", {leaf({4}, low, high, 1), uniform({4}, target_low, target_high, 2)}, call});
  return samples;
}

template <class F> std::vector<ErrorSample> pair_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<ShapeError>(op + ": expected a target of the output's shape [3, 1], got [3]",
                            [f] {
                              f(ones({3, 1}), ones({3}));
                            }),
          error<DTypeError>(op + ": expected operands of one dtype, got f32 and f64",
                            [f] { f(ones({2}), ones({2}, {.dtype = DType::f64})); }),
          error<DTypeError>(op + ": expected dtype f32, f64, f16, bf16, got i64",
                            [f] {
                              f(tensor({1, 2}), tensor({1, 2}));
                            }),
          error<ValueError>("undefined", [f] { f(ones({2}), Tensor()); })};
}

/// Losses of class labels, which take the same options.
template <class Options, class F> std::vector<Sample> label_samples(F f) {
  std::vector<Sample> samples;
  const auto add = [&](std::string label, Tensors inputs, Options options) {
    const bool weighted = inputs.size() == 3;
    samples.push_back({std::move(label), std::move(inputs), [f, options, weighted](const Tensors& in) {
                         Options o = options;
                         if (weighted) o.weight = in[2];
                         return Tensors{f(in[0], in[1], o)};
                       }});
  };
  const Tensor labels = tensor({2, 0, 3}), ignored = tensor({2, -100, 1});
  const Tensor weight = uniform({4}, 0.5, 2, 5);
  add("mean", {leaf({3, 4}), labels}, {});
  add("sum", {leaf({3, 4}), labels}, {.reduction = Reduction::sum});
  add("none", {leaf({3, 4}), labels}, {.reduction = Reduction::none});
  add("weights", {leaf({3, 4}), labels, weight}, {});
  add("ignored", {leaf({3, 4}), ignored, weight}, {});
  add("another ignored label", {leaf({3, 4}), labels}, {.ignore_index = 0, .reduction = Reduction::none});
  add("image", {leaf({2, 3, 2, 2}), tensor({{{0, 1}, {2, -100}}, {{1, 1}, {0, 2}}})}, {});
  add("vector", {leaf({4}), tensor(2)}, {});
  add("vector, none", {leaf({4}), tensor(2)}, {.reduction = Reduction::none});
  add("equal", {leaf_at({{0, 0, 0, 0}, {7, 7, 7, 7}}), tensor({1, 3})}, {});
  add("empty", {leaf({0, 4}), empty({0}, {.dtype = DType::i64})}, {.reduction = Reduction::sum});
  return samples;
}

template <class Options, class F> std::vector<ErrorSample> label_errors(std::string_view name, F f) {
  const std::string op(name);
  return {error<IndexError>(op + ": label 4 is out of range for 4 classes",
                            [f] {
                              f(ones({2, 4}), tensor({1, 4}), Options{});
                            }),
          error<IndexError>(op + ": label -1 is out of range for 4 classes",
                            [f] {
                              f(ones({2, 4}), tensor({-1, 0}), Options{});
                            }),
          error<ShapeError>(op + ": expected labels of shape [2] for [2, 4], got [3]",
                            [f] {
                              f(ones({2, 4}), tensor({1, 2, 3}), Options{});
                            }),
          error<DTypeError>(op + ": expected class labels of dtype i64 or i32, got u8",
                            [f] {
                              f(ones({2, 4}), tensor({1, 2}, {.dtype = DType::u8}), Options{});
                            }),
          error<ShapeError>(op + ": expected a weight for each of 4 classes, got shape [3]",
                            [f] {
                              f(ones({2, 4}), tensor({1, 2}), Options{.weight = ones({3})});
                            }),
          error<DTypeError>(op + ": expected dtype f32, f64, f16, bf16, got i64",
                            [f] {
                              f(tensor({{1, 2}}), tensor({1}), Options{});
                            }),
          error<ValueError>("undefined", [f] {
            f(ones({2, 4}), Tensor(), Options{});
          })};
}

void add_label_rows(std::vector<OpRow>& table) {
  const auto ce = [](const Tensor& x, const Tensor& t, const CrossEntropyOptions& o) { return cross_entropy(x, t, o); };
  OpRow row{"cross_entropy", label_samples<CrossEntropyOptions>(ce),
            label_errors<CrossEntropyOptions>("cross_entropy", ce)};
  const auto smooth = [](Reduction reduction) {
    return [reduction](const Tensors& in) {
      return Tensors{cross_entropy(
          in[0], in[1], {.weight = in.size() > 2 ? in[2] : Tensor(), .reduction = reduction, .label_smoothing = 0.3})};
    };
  };
  const Tensor labels = tensor({2, -100, 3}), weight = uniform({4}, 0.5, 2, 5);
  row.samples.push_back({"smoothing", {leaf({3, 4}), labels}, smooth(Reduction::mean)});
  row.samples.push_back({"smoothing, weights", {leaf({3, 4}), labels, weight}, smooth(Reduction::mean)});
  row.samples.push_back({"smoothing, none", {leaf({3, 4}), labels, weight}, smooth(Reduction::none)});
  row.samples.push_back({"smoothing, image", {leaf({2, 3, 2}), tensor({{0, -100}, {2, 1}})}, smooth(Reduction::mean)});
  row.samples.push_back({"probabilities", {leaf({3, 4}), distribution({3, 4}, 1, 2), weight}, smooth(Reduction::mean)});
  row.samples.push_back(
      {"probabilities, none", {leaf({2, 3, 2}), distribution({2, 3, 2}, 1, 2)}, smooth(Reduction::none)});
  row.samples.push_back({"probabilities of 0 and 1",
                         {leaf_at({{0, 0, 0}, {1, -1, 2}}), leaf_at({{0, 1, 0}, {1, 0, 0}})},
                         call2([](const Tensor& x, const Tensor& t) { return cross_entropy(x, t); })});
  row.samples.push_back({"probabilities, vector", {leaf({4}), distribution({4}, 0, 2)}, smooth(Reduction::sum)});
  row.errors.push_back(error<ValueError>("cross_entropy: expected label_smoothing in [0, 1], got 1.5", [] {
    cross_entropy(ones({2, 4}), tensor({1, 2}), {.label_smoothing = 1.5});
  }));
  row.errors.push_back(error<DTypeError>(
      "cross_entropy: expected labels of dtype i64 or probabilities of shape [2, 4], got f32 of shape [2]", [] {
        cross_entropy(ones({2, 4}), ones({2}));
      }));
  row.errors.push_back(error<DTypeError>("cross_entropy: expected operands of one dtype, got f32 and f64", [] {
    cross_entropy(ones({2, 4}), ones({2, 4}), {.weight = ones({4}, DType::f64)});
  }));
  table.push_back(row);

  const auto nll = [](const Tensor& x, const Tensor& t, const NllLossOptions& o) { return nll_loss(x, t, o); };
  table.push_back({"nll_loss", label_samples<NllLossOptions>(nll), label_errors<NllLossOptions>("nll_loss", nll)});
}

void add_binary_rows(std::vector<OpRow>& table) {
  const auto bce = [](const Tensor& y, const Tensor& t, Reduction reduction = Reduction::mean) {
    return binary_cross_entropy(y, t, {.reduction = reduction});
  };
  OpRow row{"binary_cross_entropy", pair_samples(bce, 0.1, 0.9, 0.1, 0.9), pair_errors("binary_cross_entropy", bce)};
  row.samples.push_back({"weights",
                         {leaf({3, 2}, 0.1, 0.9, 1), leaf({3, 2}, 0, 1, 2), leaf({2}, 0.5, 2, 3)},
                         call3([](const Tensor& y, const Tensor& t, const Tensor& w) {
                           return binary_cross_entropy(y, t, {.weight = w});
                         })});
  row.samples.push_back(sample_at({0.5, 0.5, 0.5, 0.25, 0.25}, {0, 1, 0.5, 0, 0.25}, bce));
  row.errors.push_back(error<ValueError>("binary_cross_entropy: expected outputs in [0, 1], got 2", [] {
    binary_cross_entropy(tensor({0.5, 2.0}), tensor({0.0, 1.0}));
  }));
  row.errors.push_back(error<ShapeError>("binary_cross_entropy: expected the weight that broadcasts to", [] {
    binary_cross_entropy(full({2}, 0.5), full({2}, 0.5), {.weight = ones({3, 2})});
  }));
  table.push_back(row);

  const auto logits = [](const Tensor& y, const Tensor& t, Reduction reduction = Reduction::mean) {
    return binary_cross_entropy_with_logits(y, t, {.reduction = reduction});
  };
  OpRow with_logits{"binary_cross_entropy_with_logits", pair_samples(logits, -3, 3, 0, 1),
                    pair_errors("binary_cross_entropy_with_logits", logits)};
  with_logits.samples.push_back(sample_at({0, 0, 0, 1, -1}, {0, 1, 0.5, 0, 1}, logits));
  with_logits.samples.push_back(
      {"weights",
       {leaf({3, 2}), leaf({3, 2}, 0, 1, 2), leaf({2}, 0.5, 2, 3), leaf({2}, 0.5, 2, 4)},
       [](const Tensors& in) {
         return Tensors{binary_cross_entropy_with_logits(in[0], in[1], {.weight = in[2], .pos_weight = in[3]})};
       }});
  with_logits.errors.push_back(
      error<ShapeError>("binary_cross_entropy_with_logits: expected the pos_weight that broadcasts to", [] {
        binary_cross_entropy_with_logits(ones({2}), ones({2}), {.pos_weight = ones({3, 2})});
      }));
  table.push_back(with_logits);
}

}  // namespace

void add_loss_rows(std::vector<OpRow>& table) {
  const auto soft = [](const Tensor& x, std::int64_t dim) { return softmax(x, dim); };
  const auto log_soft = [](const Tensor& x, std::int64_t dim) { return log_softmax(x, dim); };
  table.push_back({"softmax", along_dimension_samples(soft), along_dimension_errors("softmax", soft)});
  table.push_back({"log_softmax", along_dimension_samples(log_soft), along_dimension_errors("log_softmax", log_soft)});
  add_label_rows(table);

  const auto mse = [](const Tensor& y, const Tensor& t, Reduction r = Reduction::mean) { return mse_loss(y, t, r); };
  table.push_back({"mse_loss", pair_samples(mse, -1, 1, -1, 1), pair_errors("mse_loss", mse)});
  table.back().samples.push_back(sample_at({0, 1, 2}, {0, 1, 0}, mse));

  const auto euclidean = [](const Tensor& y, const Tensor& t) { return euclidean_loss(y, t); };
  table.push_back({"euclidean_loss",
                   {{"matrix", {leaf({3, 2}), leaf({3, 2}, -1, 1, 2)}, call2(euclidean)},
                    {"vector", {leaf({3}), leaf({3}, -1, 1, 2)}, call2(euclidean)},
                    {"equal", {leaf_at({0, 1}), leaf_at({0, 1})}, call2(euclidean)},
                    {"0-d", {leaf({}), leaf({}, -1, 1, 2)}, call2(euclidean)}},
                   pair_errors("euclidean_loss", euclidean)});

  const auto l1 = [](const Tensor& y, const Tensor& t, Reduction r = Reduction::mean) { return l1_loss(y, t, r); };
  table.push_back({"l1_loss", pair_samples(l1, -1, 0, 0.1, 1), pair_errors("l1_loss", l1)});

  const auto smooth = [](const Tensor& y, const Tensor& t, Reduction r = Reduction::mean) {
    return smooth_l1_loss(y, t, r, 0.7);
  };
  OpRow smooth_row{"smooth_l1_loss", pair_samples(smooth, -2, 2, -0.3, 0.3), pair_errors("smooth_l1_loss", smooth)};
  smooth_row.samples.push_back(sample_at({0, 1, 2, -2}, {0, 1, 0, 0}, smooth));
  smooth_row.samples.push_back(
      {"beta 0", {leaf({3}, -1, 0), leaf({3}, 0.1, 1, 2)}, call2([](const Tensor& y, const Tensor& t) {
         return smooth_l1_loss(y, t, Reduction::mean, 0);
       })});
  smooth_row.errors.push_back(error<ValueError>("smooth_l1_loss: expected beta in [0, inf), got -1",
                                                [] { smooth_l1_loss(ones({2}), ones({2}), Reduction::mean, -1); }));
  table.push_back(smooth_row);

  add_binary_rows(table);

  const auto kl = [](const Tensor& x, const Tensor& t, Reduction r = Reduction::mean) {
    return kl_div(x, t, {.reduction = r});
  };
  OpRow kl_row{"kl_div", pair_samples(kl, -2, -0.1, 0.1, 1), pair_errors("kl_div", kl)};
  kl_row.samples.push_back(
      {"log target", {leaf({3, 2}, -2, -0.1), leaf({3, 2}, -2, -0.1, 2)}, call2([](const Tensor& x, const Tensor& t) {
         return kl_div(x, t, {.log_target = true});
       })});
  kl_row.samples.push_back(sample_at({0, -1, 0}, {1, 1, 0.5}, kl));
  kl_row.samples.push_back(
      {"constant targets of 0 and 1", {leaf_at({0, -1, -2}), leaf_at({0, 0, 1}).detach()}, call2(kl)});
  table.push_back(kl_row);
}

}  // namespace reel::testing
