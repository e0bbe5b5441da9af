// Shows linear regression by gradient descent; run build/release/examples/linear_regression [--help].
//
// The result is compared with the closed form (the normal equations). With --classify there is one input, the targets
// are the classes 0 and 1, and the prediction is class 1 where the line is above 0.5. --descent batch,single,minibatch
// compares how many examples make a step.
#include "closed_form.h"
#include "descent.h"
#include "report.h"

using namespace reel;

/// x [n, d] with a column of ones for the intercept, targets y [n, 1].
struct Problem {
  Tensor x, y;
};

Problem regression_problem(std::int64_t n) {
  const Tensor x = cat({randn({n, 3}, {.dtype = DType::f64}), ones({n, 1}, {.dtype = DType::f64})}, 1);
  const Tensor truth = tensor(std::vector<double>{2, -1, 0.5, 3}, {4, 1});
  return {x, matmul(x, truth) + randn({n, 1}, {.dtype = DType::f64}) * 0.1};
}

/// Two clouds on a line, around -1 (class 0) and 1 (class 1).
Problem classification_problem(std::int64_t n) {
  const Tensor y = randint(0, 2, {n, 1}).to(DType::f64);
  const Tensor x = y * 2 - 1 + randn({n, 1}, {.dtype = DType::f64}) * 0.6;
  return {cat({x, ones({n, 1}, {.dtype = DType::f64})}, 1), y};
}

int main(int argc, char** argv) {
  CLI::App app("Fits a linear function by gradient descent and compares it with the closed form.");
  support::Options options{.epochs = 200, .lr = 0.1};
  options.add_training(app);
  bool classify = false;
  app.add_flag("--classify", classify, "One input, two classes, threshold 0.5");
  std::vector<std::string> kinds;
  support::add_descent(app, kinds);

  return support::run(app, options, argc, argv, [&] {
    const auto make = [&](std::int64_t n) { return classify ? classification_problem(n) : regression_problem(n); };
    const Problem train_set = make(1000), test_set = make(1000);
    const Device device = options.target();
    const Tensor x = train_set.x.to(device), y = train_set.y.to(device);
    const Tensor theta = zeros({x.size(1), 1}, {.dtype = DType::f64, .device = device, .requires_grad = true});
    optim::SGD sgd({theta}, {.lr = options.lr});

    const auto loss_of = [&](const Tensor& batch) {  // 1/(2N) sum |x theta - y|^2
      return euclidean_loss(matmul(index_select(x, 0, batch), theta), index_select(y, 0, batch));
    };
    if (!kinds.empty()) {
      const support::DescentProblem problem{
          .examples = x.size(0),
          .restart = [&] { theta.detach().zero_(); },
          .gradients = [&](const Tensor& batch) { return grad({loss_of(batch)}, {theta}); },
          .step =
              [&](const Tensor& batch, double lr) {
                sgd.set_lr(lr);
                const Tensor loss = loss_of(batch);
                sgd.zero_grad();
                loss.backward();
                sgd.step();
              },
          .loss = [&] { return no_grad([&] { return euclidean_loss(matmul(x, theta), y).item(); }); }};
      support::compare_descents(options, "linear_regression", kinds, problem);
      return 0;
    }

    training::Plot plot{.title = "linear regression",
                        .x_label = "epoch",
                        .y_label = "loss",
                        .series = {{"train", {}, {}}},
                        .log_y = true};
    for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
      const Tensor loss = euclidean_loss(matmul(x, theta), y);  // 1/(2N) sum |x theta - y|^2
      sgd.zero_grad();
      loss.backward();
      sgd.step();
      plot.series[0].add(static_cast<double>(epoch), loss.item());
    }

    const NoGradGuard no_grad;
    const auto closed = support::solve(matmul(x.t(), x).to_vector<double>(), matmul(x.t(), y).to_vector<double>());
    const auto found = theta.to_vector<double>();
    std::printf("%-12s %14s %14s\n", "parameter", "descent", "closed form");
    double difference = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      std::printf("%-12s %14.8f %14.8f\n", i + 1 < found.size() ? ("w" + std::to_string(i + 1)).c_str() : "b", found[i],
                  closed[i]);
      difference = std::max(difference, std::abs(found[i] - closed[i]));
    }
    std::printf("largest difference: %.2e\n", difference);
    support::write_plot(options, classify ? "linear_classification" : "linear_regression", plot);

    const Tensor prediction = matmul(test_set.x.to(device), theta), target = test_set.y.to(device);
    const auto over = (classify ? test_set.x.slice(1, 0, 1) : test_set.y).to_vector<double>();
    const auto predictions = prediction.to_vector<double>();
    const auto [low, high] = std::minmax_element(over.begin(), over.end());
    training::Plot fit{.title = "test data and fit", .x_label = classify ? "x" : "target", .y_label = "prediction"};
    fit.series = {
        {"data", over, classify ? test_set.y.to_vector<double>() : predictions, {}, {}, training::Mark::points}};
    if (classify)
      fit.series.push_back({"fit", {*low, *high}, {predictions[low - over.begin()], predictions[high - over.begin()]}});
    fit.series.push_back({classify ? "threshold" : "prediction = target",
                          {*low, *high},
                          {classify ? 0.5 : *low, classify ? 0.5 : *high}});
    support::write_plot(options, classify ? "linear_classification_fit" : "linear_regression_fit", fit);
    if (classify) {
      const Tensor correct = (prediction > 0.5) == (target > 0.5);
      support::print_accuracy(100 * correct.to(DType::f64).mean().item());
    } else {
      std::printf("test loss: %.6f\n", euclidean_loss(prediction, target).item());
    }
    return 0;
  });
}
