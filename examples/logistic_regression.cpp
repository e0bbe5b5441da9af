// Shows logistic regression between two digits; run build/release/examples/logistic_regression [--help].
//
// The hypothesis is h(x) = sigmoid(x w + b), the objective J = E + lambda |w|^2 / 2: cross-entropy or least squares,
// with an L2 penalty on the weights. The picture of the boundary shows the test digits over two directions: along w,
// where the boundary is a line across, and the direction of largest variance among those that w does not see.
// --descent batch,single,minibatch compares how many examples make a step.
#include "boundary.h"
#include "descent.h"
#include "digits.h"
#include "report.h"

using namespace reel;

int main(int argc, char** argv) {
  CLI::App app("Tells two handwritten digits apart by logistic regression.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 0.1};
  options.add_training(app);
  options.add_digits(app);
  options.add_seeds(app);
  std::string loss_name = "cross_entropy";
  double l2 = 1e-4;
  std::vector<std::int64_t> pair{4, 9};
  app.add_option("--loss", loss_name, "least_squares: half the squared distance from the class")
      ->check(CLI::IsMember({"cross_entropy", "least_squares"}))
      ->capture_default_str();
  app.add_option("--l2", l2, "lambda, the weight of the L2 penalty")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--pair", pair, "The two digits")->expected(2)->check(CLI::Range(0, 9))->capture_default_str();

  std::vector<std::string> kinds;
  support::add_descent(app, kinds);

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const data::TensorDataset train_set = support::two_classes(digits.train, pair[0], pair[1]);
    const data::TensorDataset test_set = support::two_classes(digits.test, pair[0], pair[1]);
    const Device device = options.target();
    const Tensor w = zeros({784, 1}, {.device = device, .requires_grad = true});
    const Tensor b = zeros({1}, {.device = device, .requires_grad = true});
    optim::SGD sgd({w, b}, {.lr = options.lr});

    const auto objective = [&](const Tensor& x, const Tensor& y) {
      const Tensor logits = addmm(b, x, w);
      const Tensor error = loss_name == "least_squares" ? euclidean_loss(sigmoid(logits), y)
                                                        : binary_cross_entropy_with_logits(logits, y);
      return error + square(w).sum() * (l2 / 2);
    };
    if (!kinds.empty()) {
      const auto [images, labels] = support::first_examples(train_set, 3000);
      const Tensor x = images.to(device), y = labels.to(device);
      const auto objective_of = [&](const Tensor& batch) {
        return objective(index_select(x, 0, batch), index_select(y, 0, batch));
      };
      const support::DescentProblem problem{.examples = x.size(0),
                                            .restart = [&] { w.detach().zero_(), b.detach().zero_(); },
                                            .gradients =
                                                [&](const Tensor& batch) {
                                                  return grad({objective_of(batch)}, {w, b});
                                                },
                                            .step =
                                                [&](const Tensor& batch, double lr) {
                                                  sgd.set_lr(lr);
                                                  const Tensor j = objective_of(batch);
                                                  sgd.zero_grad();
                                                  j.backward();
                                                  sgd.step();
                                                },
                                            .loss = [&] { return no_grad([&] { return objective(x, y).item(); }); }};
      support::compare_descents(options, "logistic_regression", kinds, problem);
      return 0;
    }

    data::DataLoader test(test_set, {.batch_size = 1000});
    support::Curve curve;
    std::vector<double> accuracies(options.seeds);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches(train_set, {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
      training::Progress progress = support::quiet_progress(options, batches.size());
      w.detach().zero_(), b.detach().zero_();
      for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
        training::Mean mean, correct;
        for (auto [images, labels] : batches) {
          const Tensor j = objective(images.to(device), labels.to(device));
          sgd.zero_grad();
          j.backward();
          sgd.step();
          mean.add(j.item(), static_cast<double>(labels.size(0)));
          progress.update(labels.size(0), mean.value());
        }
        const NoGradGuard no_grad;
        for (auto [images, labels] : test) {
          const Tensor positive = (addmm(b, images.to(device), w) > 0).to(DType::f32);  // sigmoid above 0.5
          correct.add((positive == labels.to(device)).to(DType::f32).mean().item(),
                      static_cast<double>(labels.size(0)));
        }
        double& accuracy = accuracies[seed - options.seed];  // after the last epoch, of each seed
        accuracy = 100 * correct.value();
        curve.add(static_cast<double>(epoch), mean.value());
        std::printf("epoch %lld: J %.4f, test accuracy %.2f%%\n", static_cast<long long>(epoch), mean.value(),
                    accuracy);
      }
    });
    support::write_plot(options, "logistic_regression_" + loss_name,
                        {.title = "logistic regression",
                         .x_label = "epoch",
                         .y_label = "objective J",
                         .series = {curve.series("train")}});
    support::write_plot(options, "logistic_regression_boundary", support::draw_boundary(test_set, pair, w, b));
    support::print_accuracy(support::spread(accuracies));
    return 0;
  });
}
