// Shows what single kinds of layers are good for; run build/release/examples/layers [--help].
//
// A small convolutional network is trained as it is, and with one thing changed: local response normalisation (LRN)
// after each convolution, dropout before the last layer, PReLU in place of ReLU, batch normalisation. AlexNet's
// constants of LRN are for activations of the order of 100; here they are of the order of 1, and alpha is larger. Each
// form gets the same seeds; the table has the mean and the spread over them, and says where the spreads overlap: then
// the change has no effect that so few runs can show.
#include "digits.h"
#include "photographs.h"
#include "report.h"

using namespace reel;

const std::vector<std::string> forms{"plain", "LRN", "dropout", "PReLU", "batch norm"};

/// Three convolutions of 5x5 for images of `channels` and `side`, each followed by a pool, and two linear layers.
nn::Sequential network(const std::string& form, std::int64_t channels, std::int64_t side) {
  nn::Sequential net;
  const auto activation = [&](std::int64_t maps) {
    form == "PReLU" ? net.push_back(nn::PReLU({.num_parameters = maps})) : net.push_back(nn::ReLU());
  };
  for (const std::int64_t maps : {16, 32, 64}) {
    net.push_back(nn::Conv2d(channels, maps, 5, {.padding = 2}));
    if (form == "batch norm") net.push_back(nn::BatchNorm2d(maps));
    activation(maps);
    if (form == "LRN") net.push_back(nn::LocalResponseNorm(5, {.alpha = 1}));
    net.push_back(nn::MaxPool2d(2));
    channels = maps, side /= 2;
  }
  net.push_back(nn::Flatten());
  net.push_back(nn::Linear(channels * side * side, 128));
  activation(128);
  if (form == "dropout") net.push_back(nn::Dropout(0.5));
  net.push_back(nn::Linear(128, 10));
  return net;
}

/// Trains a network and returns the test accuracy in per cent. The curve gets the test error after each epoch.
double train(nn::Sequential net, const data::TensorDataset& train_set, const data::Dataset& test_set,
             std::uint64_t seed, const support::Options& options, support::Curve& error) {
  data::DataLoader batches(train_set, {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  const Device device = options.target();
  net.to(device);
  optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9});
  training::Progress progress = support::quiet_progress(options, batches.size());
  double accuracy = 0;
  for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    net.train();
    for (auto [images, labels] : batches) {
      const Tensor loss = cross_entropy(net(images.to(device)), labels.to(device));
      sgd.zero_grad();
      loss.backward();
      sgd.step();
      progress.update(labels.size(0), loss.item());
    }
    accuracy = 100 * support::evaluate(net, test_set, device).accuracy;
    error.add(static_cast<double>(epoch), 100 - accuracy);
  }
  return accuracy;
}

/// Trains all forms on one set, prints the table and returns the plot.
training::Plot compare(const std::string& title, const data::TensorDataset& train_set, const data::Dataset& test_set,
                       const support::Options& options) {
  const Shape image = test_set.get_batch(std::vector<std::int64_t>{0}).data.shape();
  training::Plot plot{.title = title, .x_label = "epoch", .y_label = "test error in %"};
  std::printf("\n%s, %lld images to train with, %lld epochs\n%-12s %8s %17s\n", title.c_str(),
              static_cast<long long>(train_set.size()), static_cast<long long>(options.epochs), "", "mean", "spread");
  support::Spread plain{};
  for (const std::string& form : forms) {
    std::vector<double> accuracies;
    support::Curve error;
    support::for_each_seed(options, [&](std::uint64_t seed) {
      accuracies.push_back(train(network(form, image[1], image[2]), train_set, test_set, seed, options, error));
    });
    const support::Spread s = support::spread(accuracies);
    if (form == "plain") plain = s;
    const char* verdict = form == "plain"      ? ""
                          : s.low > plain.high ? "better"
                          : s.high < plain.low ? "worse"
                                               : "no clear effect";
    std::printf("%-12s %7.2f%% %7.2f%% - %5.2f%%  %s\n", form.c_str(), s.mean, s.low, s.high, verdict);
    std::fflush(stdout);
    plot.series.push_back(error.series(form));
  }
  return plot;
}

int main(int argc, char** argv) {
  CLI::App app("Compares kinds of layers on digits and on photographs.");
  support::Options options{.epochs = 25, .batch_size = 32, .lr = 0.01, .seeds = 3};
  options.add_training(app);
  options.add_seeds(app);
  options.add_batches(app);
  app.add_option("--data", options.data, "Folder with MNIST's and CIFAR-10's files, or with mnist/ and cifar10/");
  std::int64_t count = 2700;
  app.add_option("--count", count, "How many digits and photographs to train with at most")
      ->check(support::positive)
      ->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    const support::Photographs photographs = support::load_photographs(options);
    const support::Digits digits = support::load_digits(options);
    support::write_plots(options, "layers",
                         {compare("MNIST", support::first(digits.train, count), digits.test, options),
                          compare("CIFAR-10", support::first(photographs.train, count), photographs.test, options)});
    return 0;
  });
}
