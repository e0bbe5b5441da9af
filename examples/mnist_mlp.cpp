// Shows a multi-layer perceptron on handwritten digits; run build/release/examples/mnist_mlp [--help].
//
// Two fully connected layers, 784-500-10, with sigmoid, ReLU or tanh between them, and cross-entropy or least squares
// as the loss.
#include "digits.h"
#include "report.h"

using namespace reel;

struct Net : nn::Module {
  explicit Net(std::string hidden_activation) : activation(std::move(hidden_activation)) {}

  nn::Linear fc1 = register_module("fc1", nn::Linear(784, 500));
  nn::Linear fc2 = register_module("fc2", nn::Linear(500, 10));
  std::string activation;

  Tensor forward(const Tensor& x) {
    const Tensor h = fc1(flatten(x, 1));
    return fc2(activation == "relu" ? relu(h) : activation == "tanh" ? tanh(h) : sigmoid(h));
  }
};

/// 1/(2N) times the sum of squared distances between sigmoid outputs and the classes as unit vectors.
Tensor least_squares(const Tensor& logits, const Tensor& labels) {
  return euclidean_loss(sigmoid(logits), one_hot(labels, 10).to(logits.dtype()));
}

/// Trains a network with one of the activations and losses, with each seed, and returns the test accuracy in per cent.
support::Spread fit(const std::string& activation, const std::string& loss_name, const support::Digits& digits,
                    const support::Options& options) {
  const auto criterion = [&](const Tensor& logits, const Tensor& labels) {
    return loss_name == "least_squares" ? least_squares(logits, labels) : cross_entropy(logits, labels);
  };
  support::Report report("mnist_mlp_" + activation + "_" + loss_name, options);
  support::for_each_seed(options, [&](std::uint64_t seed) {
    data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
    const Device device = options.target();
    Net net(activation);
    net.to(device);
    optim::Adam adam(net.parameters(), {.lr = options.lr});
    optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());

    report.start(batches.size());
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      net.train();
      for (auto [images, labels] : batches) {
        const Tensor target = labels.to(device), logits = net.forward(images.to(device));
        const Tensor loss = criterion(logits, target);
        adam.zero_grad();
        loss.backward();
        adam.step();
        schedule.step();
        report.step(loss, logits, target);
      }
      report.epoch(support::evaluate(net, digits.test, device, criterion));
    }
  });
  return report.finish();
}

int main(int argc, char** argv) {
  CLI::App app("Trains a fully connected network, 784-500-10, on handwritten digits.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 3e-3};
  options.add_training(app);
  options.add_digits(app);
  options.add_seeds(app);
  std::string activation = "relu", loss = "cross_entropy";
  app.add_option("--activation", activation, "Of the hidden layer; all: compare them")
      ->check(CLI::IsMember({"sigmoid", "relu", "tanh", "all"}))
      ->capture_default_str();
  app.add_option("--loss", loss, "least_squares: of sigmoid outputs")
      ->check(CLI::IsMember({"cross_entropy", "least_squares"}))
      ->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    std::vector<std::string> activations{activation};
    if (activation == "all") activations = {"sigmoid", "relu", "tanh"};
    std::vector<support::Spread> accuracies;
    for (const std::string& name : activations) {
      std::printf("%s, %s\n", name.c_str(), loss.c_str());
      accuracies.push_back(fit(name, loss, digits, options));
    }
    if (accuracies.size() > 1) {
      std::printf("\n%-12s %s\n", "activation", "test accuracy");
      for (std::size_t i = 0; i < accuracies.size(); ++i) {
        std::printf("%-12s %12.2f%%\n", activations[i].c_str(), accuracies[i].mean);
      }
      std::printf("the best:\n");
    }
    support::print_accuracy(*std::max_element(accuracies.begin(), accuracies.end(),
                                              [](const auto& a, const auto& b) { return a.mean < b.mean; }));
    return 0;
  });
}
