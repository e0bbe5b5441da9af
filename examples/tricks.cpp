// Shows the tricks of training networks, each as a measured curve; run build/release/examples/tricks [--help].
//
// They are the width of the initial weights, learning rates that fall, the order of the samples, and momentum. Each
// curve is the mean over some seeds, in a band from the smallest to the largest value.
#include <functional>
#include <memory>

#include "initial_weights.h"
#include "seeds.h"

using namespace reel;
using support::Options;

/// How a training differs from the others that it is compared with.
struct Variant {
  std::string name;
  std::function<std::unique_ptr<optim::LRScheduler>(optim::SGD&, std::int64_t batches)> schedule =
      {};  // stepped after each batch
  std::function<double(std::int64_t epoch)> momentum = [](std::int64_t) { return 0; };
  bool sorted = false;  // samples by class, in every epoch the same
};

/// Trainings that are compared by the loss on the training set or by the accuracy on the test set.
struct Experiment {
  std::string name, title;
  double lr;
  bool accuracy;
  std::vector<Variant> variants;
};

std::vector<Experiment> experiments(double lr) {
  const auto halving = [](optim::SGD& sgd, std::int64_t batches) {
    return std::make_unique<optim::StepLR>(sgd, 3 * batches, 0.5);
  };
  const auto inverse = [](optim::SGD& sgd, std::int64_t batches) {  // half the rate after two epochs
    const double b = 2.0 * static_cast<double>(batches);
    return std::make_unique<optim::InverseTimeLR>(sgd, sgd.lr() * b, b);
  };
  const std::vector<Variant> rates{{.name = "constant"},
                                   {.name = "halved every 3 epochs", .schedule = halving},
                                   {.name = "a / (b + t)", .schedule = inverse}};
  const std::vector<Variant> orders{{.name = "shuffled"}, {.name = "sorted by class", .sorted = true}};
  const std::vector<Variant> momenta{
      {.name = "none"},
      {.name = "0.9", .momentum = [](std::int64_t) { return 0.9; }},
      {.name = "0.5, then 0.9", .momentum = [](std::int64_t epoch) { return epoch <= 3 ? 0.5 : 0.9; }}};
  return {{"rates", "learning rates that fall", 5 * lr, false, rates},  // the first is so large that its noise shows
          {"order", "the order of the samples", lr, true, orders},
          {"momentum", "momentum at a small learning rate", lr / 10, false, momenta},
          {"momentum_large_rate", "momentum at a large learning rate", lr, false, momenta}};
}

/// Trains a small network and returns its value after each epoch.
std::vector<double> fit(const Variant& variant, const Experiment& experiment, const support::Samples& samples,
                        const Options& options, std::uint64_t seed) {
  data::DataLoader batches(variant.sorted ? samples.sorted : samples.train,
                           {.batch_size = options.batch_size, .shuffle = !variant.sorted, .seed = seed});
  const Device device = options.target();
  nn::Sequential net(nn::Flatten(), nn::Linear(784, 32), nn::ReLU(), nn::Linear(32, 10));
  net.to(device);
  optim::SGD sgd(net.parameters(), experiment.lr);
  const auto schedule = variant.schedule ? variant.schedule(sgd, batches.size()) : nullptr;
  training::Progress progress = support::quiet_progress(options, batches.size());
  std::vector<double> values;
  for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    sgd.options().momentum = variant.momentum(epoch);
    net.train();
    for (auto [images, labels] : batches) {
      const Tensor loss = cross_entropy(net(images.to(device)), labels.to(device));
      sgd.zero_grad();
      loss.backward();
      sgd.step();
      if (schedule) schedule->step();
      progress.update(labels.size(0), loss.item());
    }
    const support::Score score = support::evaluate(net, experiment.accuracy ? samples.test : samples.train, device);
    values.push_back(experiment.accuracy ? 100 * score.accuracy : score.loss);
  }
  return values;
}

/// Trains all variants, prints their values and draws them.
void compare(const Experiment& experiment, const support::Samples& samples, const Options& options) {
  training::Plot plot{.title = experiment.title,
                      .x_label = "epoch",
                      .y_label = experiment.accuracy ? "test accuracy in per cent" : "training loss",
                      .log_y = !experiment.accuracy};
  for (const Variant& variant : experiment.variants) {
    plot.series.push_back(support::over_seeds(
        variant.name, options, [&](std::uint64_t seed) { return fit(variant, experiment, samples, options, seed); }));
  }
  support::show(options, "tricks_" + experiment.name, plot, experiment.accuracy);
}

int main(int argc, char** argv) {
  CLI::App app("Measures what initial weights, learning rates, the order of samples and momentum do to a training.");
  Options options{.epochs = 15, .batch_size = 16, .lr = 0.1, .seeds = 3};
  options.add_training(app);
  options.add_digits(app);
  options.add_seeds(app);
  std::string only;
  std::int64_t images = 10000;
  app.add_option("--only", only, "One trick: init, rates, order or momentum")
      ->check(CLI::IsMember({"init", "rates", "order", "momentum"}));
  app.add_option("--images", images, "Digits to train with")->check(support::positive)->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    const bool holds = (!only.empty() && only != "init") || support::initial_weights(options);
    if (only == "init") return holds ? 0 : 1;
    const support::Samples samples = support::load_samples(options, images);
    for (const Experiment& experiment : experiments(options.lr)) {
      if (experiment.name.starts_with(only)) compare(experiment, samples, options);
    }
    return holds ? 0 : 1;
  });
}
