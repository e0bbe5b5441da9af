// Every numeric option of the library: the values that it takes, and those that are a ValueError.

#include <cmath>
#include <functional>
#include <memory>
#include <regex>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/option_rows.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

std::vector<Row> op_rows() {
  const Tensor x = image();
  const Tensor y = ones({2, 2}), mean = zeros({2}), variance = ones({2});
  return {
      {"ops/activation.h", "beta", [=](double v) { softplus(x, v); }, {1e-3, 1, 9}, {0, -1, kInf, kNan}},
      {"ops/activation.h", "threshold", [=](double v) { softplus(x, 1, v); }, {-kInf, -1, 0, 20, kInf}, {kNan}},
      {"ops/activation.h", "negative_slope", [=](double v) { leaky_relu(x, v); }, {-1, 0, 2}, {kInf, -kInf, kNan}},
      {"ops/activation.h", "alpha", [=](double v) { elu(x, v); }, {-1, 0, 2}, {kInf, -kInf, kNan}},
      {"ops/activation.h", "min", [=](double v) { hardtanh(x, v, 1); }, {-kInf, -1, 0.5}, {1, 2, kInf, kNan}},
      {"ops/activation.h", "max", [=](double v) { hardtanh(x, -1, v); }, {-0.5, 1, kInf}, {-1, -2, -kInf, kNan}},
      {"ops/comparison.h", "rtol", [=](double v) { isclose(x, x, v); }, {0, 1, kInf}, {-1, -kInf, kNan}},
      {"ops/comparison.h", "rtol", [=](double v) { allclose(x, x, v); }, {0, 1, kInf}, {-1, -kInf, kNan}},
      {"ops/comparison.h", "atol", [=](double v) { isclose(x, x, 0, v); }, {0, 1, kInf}, {-1, -kInf, kNan}},
      {"ops/comparison.h", "atol", [=](double v) { allclose(x, x, 0, v); }, {0, 1, kInf}, {-1, -kInf, kNan}},
      {"ops/loss.h", "beta", [=](double v) { smooth_l1_loss(x, x, Reduction::mean, v); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/options.h",
       "label_smoothing",
       [=](double v) {
         cross_entropy(y, tensor({0, 1}), {.label_smoothing = v});
       },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"ops/options.h",
       "dropout_p",
       [=](double v) { scaled_dot_product_attention(x, x, x, {.dropout_p = v}); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"ops/options.h",
       "scale",
       [=](double v) { scaled_dot_product_attention(x, x, x, {.scale = v}); },
       {-1, 0, 0.5},
       {kInf, -kInf, kNan}},
      {"ops/normalization.h",
       "momentum",
       [=](double v) { batch_norm(x, mean, variance, {}, {}, true, v); },
       {0, 0.1, 1},
       {-0.1, 1.1, kInf, kNan}},
      {"ops/normalization.h",
       "momentum",
       [=](double v) { batch_norm_relu(x, mean, variance, {}, {}, true, v); },
       {0, 0.1, 1},
       {-0.1, 1.1, kInf, kNan}},
      {"ops/normalization.h",
       "eps",
       [=](double v) { batch_norm(x, mean, variance, {}, {}, true, 0.1, v); },
       {0, 1e-5, 1},
       {-1, kInf, kNan}},
      {"ops/normalization.h",
       "eps",
       [=](double v) { batch_norm_relu(x, mean, variance, {}, {}, false, 0.1, v); },
       {0, 1e-5, 1},
       {-1, kInf, kNan}},
      {"ops/normalization.h", "eps", [=](double v) { layer_norm(x, {2}, {}, {}, v); }, {0, 1e-5, 1}, {-1, kInf, kNan}},
      {"ops/normalization.h", "eps", [=](double v) { rms_norm(x, {2}, {}, v); }, {0, 1e-5, 1}, {-1, kInf, kNan}},
      {"ops/normalization.h", "eps", [=](double v) { group_norm(x, 1, {}, {}, v); }, {0, 1e-5, 1}, {-1, kInf, kNan}},
      {"ops/normalization.h", "alpha", [=](double v) { local_response_norm(x, 3, v); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/normalization.h", "beta", [=](double v) { local_response_norm(x, 3, 1, v); }, {-1, 0, 1}, {kInf, kNan}},
      {"ops/normalization.h", "k", [=](double v) { local_response_norm(x, 3, 1, 1, v); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/normalization.h", "p", [=](double v) { dropout(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/normalization.h", "p", [=](double v) { dropout2d(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/normalization.h", "p", [=](double v) { dropout3d(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/normalization.h",
       "momentum",
       [=](double v) { instance_norm(x, mean, variance, {}, {}, true, v); },
       {0, 0.5, 1},
       {-0.1, 1.1, kNan}},
      {"ops/normalization.h",
       "eps",
       [=](double v) { instance_norm(x, {}, {}, {}, {}, true, 0.1, v); },
       {0, 1e-5, 1},
       {-1, kInf, kNan}},
      {"ops/convolution.h", "norm_type", [=](double v) { lp_pool1d(x[0], v, 2); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"ops/convolution.h", "norm_type", [=](double v) { lp_pool2d(x, v, 2); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"ops/options.h", "factor", [=](double v) { interpolate(x, ScaleFactor(v)); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"ops/reduction.h", "correction", [=](double v) { reel::var(x, {}, v); }, {-1, 0, 0.5, 1}, {kInf, -kInf, kNan}},
      {"ops/reduction.h", "correction", [=](double v) { stddev(x, {}, v); }, {-1, 0, 0.5}, {kInf, -kInf, kNan}},
      {"ops/reduction.h", "p", [=](double v) { norm(x, v); }, {-kInf, -1, 0, 0.5, 3, kInf}, {kNan}},
      {"ops/statistics.h", "correction", [=](double v) { var_mean(x, {}, v); }, {-1, 0, 0.5, 1}, {kInf, -kInf, kNan}},
      {"ops/statistics.h", "correction", [=](double v) { std_mean(x, {}, v); }, {-1, 0, 0.5, 1}, {kInf, -kInf, kNan}},
      {"ops/statistics.h", "q", [=](double v) { quantile(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/statistics.h", "q", [=](double v) { nanquantile(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/statistics.h", "min", [=](double v) { histc(x, 3, v, 1); }, {-1, 0, 1}, {-kInf, kNan}},
      {"ops/statistics.h", "max", [=](double v) { histc(x, 3, 0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/scan.h", "dx", [=](double v) { trapezoid(x, v); }, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"ops/random.h", "p", [=](double v) { bernoulli(x, v); }, {0, 0.5, 1}, {-0.1, 1.1, kNan}},
      {"ops/numeric.h", "nan", [=](double v) { nan_to_num(x, v); }, {-1, 0, kInf}, {kNan}},
      {"ops/numeric.h", "posinf", [=](double v) { nan_to_num(x, 0, v); }, {-1, 0, kInf}, {kNan}},
      {"ops/numeric.h", "neginf", [=](double v) { nan_to_num(x, 0, 0, v); }, {-kInf, 0, 1}, {kNan}},
      {"ops/distance.h", "p", [=](double v) { cdist(y, y, v); }, {0, 0.5, 2, kInf}, {-1, kNan}},
      {"ops/distance.h", "p", [=](double v) { renorm(y, v, 0, 1); }, {0.5, 2, kInf}, {0, -1, kNan}},
      {"ops/distance.h", "maxnorm", [=](double v) { renorm(y, 2, 0, v); }, {0, 1, kInf}, {-1, kNan}},
  };
}

std::vector<Row> plot_rows() {
  const auto draw = [](const training::Field& field) {
    std::ostringstream out;
    training::write_csv(out, {.field = field});
  };
  const Tensor values = ones({2, 2});
  return {
      {"training/plot.h",
       "x_low",
       [=](double v) {
         draw({values, v});
       },
       {-1, 0},
       {kInf, kNan}},
      {"training/plot.h",
       "contours",
       [=](double v) { draw({.values = values, .contours = {v}}); },
       {-1, 0},
       {kInf, kNan}},
  };
}

std::vector<Row> helper_rows() {
  const auto check_square = [](const GradcheckOptions& options) {
    gradcheck([](const Tensors& in) { return Tensors{in[0] * in[0]}; },
              {ones({1}, {.dtype = DType::f64, .requires_grad = true})}, options);
  };
  const auto with_gradient = [] {
    const Tensor p = parameter();
    p.set_grad(ones({2}));
    return Tensors{p};
  };
  return {
      {"optim/clip_grad.h",
       "max_norm",
       [=](double v) { optim::clip_grad_norm_(with_gradient(), v); },
       {0, 1, kInf},
       {-1, kNan}},
      {"optim/clip_grad.h",
       "norm_type",
       [=](double v) { optim::clip_grad_norm_(with_gradient(), 1, v); },
       {0.5, 1, kInf},
       {0, -1, -kInf, kNan}},
      {"optim/clip_grad.h",
       "clip_value",
       [=](double v) { optim::clip_grad_value_(with_gradient(), v); },
       {0, 1, kInf},
       {-1, kNan}},
      {"data/transforms.h", "mean", [](double v) { data::Normalize t({v}, {1}); }, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"data/transforms.h", "std", [](double v) { data::Normalize t({0}, {v}); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"data/transforms.h", "fill", [](double v) { data::RandomShift t(1, v); }, {-1, 0, 1}, {kInf, -kInf, kNan}},
      {"data/transforms.h",
       "p",
       [](double v) { data::RandomHorizontalFlip t(v); },
       {0, 0.5, 1},
       {-0.1, 1.1, kInf, kNan}},
      {"data/digits.h",
       "distortion",
       [](double v) { data::Digits d(1, 0, {.distortion = v}); },
       {0, 1},
       {-1, kInf, kNan}},
      {"data/digits.h", "noise", [](double v) { data::Digits d(1, 0, {.noise = v}); }, {0, 1}, {-1, kInf, kNan}},
      {"training/metrics.h", "weight", [](double v) { training::Mean().add(1, v); }, {0, 1}, {-1, kInf, kNan}},
      {"autograd/gradcheck.h", "eps", [=](double v) { check_square({.eps = v}); }, {1e-6}, {0, -1, kInf, kNan}},
      {"autograd/gradcheck.h", "atol", [=](double v) { check_square({.atol = v}); }, {1e-5, 1}, {-1, kInf, kNan}},
      {"autograd/gradcheck.h", "rtol", [=](double v) { check_square({.rtol = v}); }, {0, 1}, {-1, kInf, kNan}},
  };
}

/// Whole numbers, where one below the smallest is refused.
struct WholeRow {
  const char* option;
  std::function<void(std::int64_t)> call;
  std::int64_t least;
};

std::vector<WholeRow> whole_rows() {
  using namespace optim;
  const auto sgd = std::make_shared<SGD>(Tensors{parameter()}, SGDOptions{});
  const data::TensorDataset set(ones({4, 1}));
  return {
      {"max_iter", [](std::int64_t v) { LBFGS o({parameter()}, {.max_iter = v}); }, 1},
      {"max_eval", [](std::int64_t v) { LBFGS o({parameter()}, {.max_eval = v}); }, 0},
      {"history_size", [](std::int64_t v) { LBFGS o({parameter()}, {.history_size = v}); }, 1},
      {"step_size", [=](std::int64_t v) { StepLR s(*sgd, v); }, 1},
      {"milestones", [=](std::int64_t v) { MultiStepLR s(*sgd, {v}); }, 0},
      {"t_max", [=](std::int64_t v) { CosineAnnealingLR s(*sgd, v); }, 1},
      {"t_0", [=](std::int64_t v) { CosineAnnealingWarmRestarts s(*sgd, v); }, 1},
      {"t_mult", [=](std::int64_t v) { CosineAnnealingWarmRestarts s(*sgd, 1, v); }, 1},
      {"total_iters", [=](std::int64_t v) { ConstantLR s(*sgd, 1, v); }, 0},
      {"total_iters", [=](std::int64_t v) { LinearLR s(*sgd, 1, 1, v); }, 1},
      {"total_iters", [=](std::int64_t v) { PolynomialLR s(*sgd, v); }, 1},
      {"total_steps", [=](std::int64_t v) { OneCycleLR s(*sgd, 1, v); }, 1},
      {"step_size_up", [=](std::int64_t v) { CyclicLR s(*sgd, 0, 1, {.step_size_up = v}); }, 1},
      {"step_size_down", [=](std::int64_t v) { CyclicLR s(*sgd, 0, 1, {.step_size_down = v}); }, 1},
      {"anneal_epochs", [=](std::int64_t v) { SWALR s(*sgd, 1, v); }, 0},
      {"patience", [=](std::int64_t v) { ReduceLROnPlateau s(*sgd, {.patience = v}); }, 0},
      {"cooldown", [=](std::int64_t v) { ReduceLROnPlateau s(*sgd, {.cooldown = v}); }, 0},
      {"growth_interval", [](std::int64_t v) { GradScaler s({.growth_interval = v}); }, 1},
      {"size", [](std::int64_t v) { local_response_norm(image(), v); }, 1},
      {"size", [](std::int64_t v) { nn::LocalResponseNorm l(v); }, 1},
      {"num_features", [](std::int64_t v) { nn::BatchNorm1d l(v); }, 1},
      {"max_seq_len", [](std::int64_t v) { nn::RotaryEmbedding l(2, {.max_seq_len = v}); }, 1},
      {"kdim", [](std::int64_t v) { nn::MultiheadAttention l(2, 1, {.kdim = v}); }, 1},
      {"vdim", [](std::int64_t v) { nn::MultiheadAttention l(2, 1, {.vdim = v}); }, 1},
      {"dim_feedforward", [](std::int64_t v) { nn::TransformerEncoderLayer l(2, 1, {.dim_feedforward = v}); }, 1},
      {"num_layers",
       [](std::int64_t v) { nn::TransformerEncoder l(nn::TransformerEncoderLayer(2, 1, {.dim_feedforward = 2}), v); },
       1},
      {"num_layers",
       [](std::int64_t v) { nn::TransformerDecoder l(nn::TransformerDecoderLayer(2, 1, {.dim_feedforward = 2}), v); },
       1},
      {"size", [](std::int64_t v) { nn::Transformer::generate_square_subsequent_mask(v); }, 0},
      {"num_layers", [](std::int64_t v) { nn::RNN l(1, 1, v); }, 1},
      {"num_layers", [](std::int64_t v) { nn::LSTM l(1, 1, v); }, 1},
      {"num_layers", [](std::int64_t v) { nn::GRU l(1, 1, v); }, 1},
      {"num_parameters", [](std::int64_t v) { nn::PReLU l({.num_parameters = v}); }, 1},
      {"groups",
       [](std::int64_t v) {
         group_norm(ones({2, 2}), v);
       },
       1},
      {"groups", [](std::int64_t v) { nn::GroupNorm l(v, 2); }, 1},
      {"groups",
       [](std::int64_t v) {
         conv2d(image(), ones({2, 2, 1, 1}), {}, {.groups = v});
       },
       1},
      {"groups", [](std::int64_t v) { nn::Conv2d l(2, 2, 1, {.groups = v}); }, 1},
      {"batch_size", [=](std::int64_t v) { data::DataLoader l(set, {.batch_size = v}); }, 1},
      {"workers", [=](std::int64_t v) { data::DataLoader l(set, {.num_workers = v}); }, 0},
      {"prefetch_factor", [=](std::int64_t v) { data::DataLoader l(set, {.prefetch_factor = v}); }, 1},
      {"max_shift", [](std::int64_t v) { data::RandomShift t(v); }, 0},
      {"count", [](std::int64_t v) { data::Digits d(v); }, 0},
      {"first", [](std::int64_t v) { data::Digits d(0, 0, {.first = v}); }, 0},
      {"k", [](std::int64_t v) { topk(ones({3}), v); }, 0},
      {"repeats", [](std::int64_t v) { repeat_interleave(ones({3}), v); }, 0},
      {"num_samples", [](std::int64_t v) { multinomial(ones({3}), v); }, 1},
      {"minlength", [](std::int64_t v) { bincount(tensor({1}), {}, v); }, 0},
      {"bins", [](std::int64_t v) { histc(ones({3}), v); }, 1},
      {"n", [](std::int64_t v) { diff(ones({3}), v); }, 0},
      {"classes", [](std::int64_t v) { one_hot(zeros({0}, {.dtype = DType::i64}), v); }, 0},
      {"thread", [](std::int64_t v) { set_num_threads(static_cast<int>(v)); }, 1},
  };
}

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto& part : {op_rows(), rarer_rows(), linalg_rows(), module_rows(), model_rows(), language_model_rows(),
                           optimizer_rows(), schedule_rows(), cyclic_schedule_rows(), plot_rows(), helper_rows()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

TEST_CASE("an option takes what makes sense and refuses the rest by name") {
  for (const Row& row : all_rows()) {
    for (const double value : row.taken) {
      INFO(place(row) << " = " << value);
      CHECK_NOTHROW(row.call(value));
    }
    for (const double value : row.refused) {
      INFO(place(row) << " = " << value);
      const std::string message = message_of<ValueError>([&] { row.call(value); });
      INFO(message);
      CHECK(message.find(": expected ") != std::string::npos);
      CHECK(message.find(row.option) != std::string::npos);
      CHECK(message.find("got ") != std::string::npos);
    }
  }
}

TEST_CASE("an option that is a whole number is refused by name below its smallest value") {
  const int threads = num_threads();
  for (const WholeRow& row : whole_rows()) {
    INFO(row.option);
    CHECK_NOTHROW(row.call(row.least));
    for (const std::int64_t value : {row.least - 1, std::int64_t{-2147483648}}) {
      const std::string message = message_of<Error>([&] { row.call(value); });
      INFO(message);
      CHECK(message.find("expected ") != std::string::npos);
      CHECK(message.find(row.option) != std::string::npos);
    }
  }
  set_num_threads(threads);
}

TEST_CASE("every option of the headers that is a double has a row") {
  // Numbers that stand for elements or measurements: any is as good as any other.
  const std::set<std::string> values{"ops/factories.h: start",
                                     "ops/factories.h: end",
                                     "ops/linear_algebra.h: beta",
                                     "ops/linear_algebra.h: alpha",
                                     "optim/combined_lr.h: base",
                                     "optim/cyclic_lr.h: base",
                                     "ops/products.h: beta",
                                     "ops/products.h: alpha",
                                     "optim/lr_scheduler.h: base",
                                     "optim/lr_scheduler.h: metric",
                                     "optim/optimizer.h: saved",
                                     "optim/optimizer.h: value",
                                     "nn/text.h: value",
                                     "nn/text.h: max_norm",
                                     "nn/text.h: norm_type",
                                     "nn/layers/padding.h: value",
                                     "training/metrics.h: value",
                                     "ops/factories.h: values",
                                     "training/plot.h: x",
                                     "training/plot.h: at",
                                     "training/plot.h: value",
                                     "training/progress.h: loss",
                                     "training/plot.h: low",
                                     "training/plot.h: from",
                                     "training/plot.h: to",
                                     "optim/lbfgs.h: t",
                                     "optim/lbfgs.h: ro",
                                     "optim/line_search.h: step",
                                     "optim/line_search.h: loss",
                                     "optim/line_search.h: slope",
                                     "optim/line_search.h: first_step",
                                     "optim/line_search.h: shortest",
                                     "nn/models/blocks.h: dropout",
                                     "nn/layers/recurrent_stack.h: dropout",
                                     "nn/models/language_model.h: dropout_p",
                                     "training/progress.h: accuracy",
                                     "training/progress.h: time"};
  std::set<std::string> tested;
  for (const Row& row : all_rows()) tested.insert(place(row));
  const std::regex declaration(R"(\b(double|optional<double>|vector<double>|array<double, \d>)&? (\w+)\s*[=,;){])");
  std::set<std::string> found;
  for (const char* folder : {"ops", "nn", "optim", "data", "training", "autograd"}) {
    for (const auto& file : testing::source_files(folder)) {
      if (file.extension() != ".h" || file.parent_path().filename() == "internal") continue;
      std::istringstream lines(testing::without_comments(testing::read_text(testing::source_dir() / file)));
      for (std::string line; std::getline(lines, line);) {
        for (std::sregex_iterator m(line.begin(), line.end(), declaration), end; m != end; ++m) {
          const std::string name = (*m)[2];
          if (name.back() != '_') found.insert(file.generic_string() + ": " + name);
        }
      }
    }
  }
  for (const std::string& option : found) {
    INFO(option);
    CHECK((tested.contains(option) || values.contains(option)));
  }
  for (const std::string& option : tested) {
    INFO(option);
    CHECK(found.contains(option));
  }
}
