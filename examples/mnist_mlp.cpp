// A network of two fully connected layers, 784-500-10, on handwritten digits (the lecture's Problem 2): sigmoid, ReLU
// and tanh, cross-entropy or least squares.
#include "support.h"

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

/// The lecture's Euclidean loss between sigmoid outputs and the classes as unit vectors.
Tensor least_squares(const Tensor& logits, const Tensor& labels) {
  return euclidean_loss(sigmoid(logits), one_hot(labels, 10).to(logits.dtype()));
}

Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels); }

int main(int argc, char** argv) {
  CLI::App app("Trains a fully connected network, 784-500-10, on handwritten digits.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 3e-3};
  options.add_training(app);
  options.add_digits(app);
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
    std::vector<double> accuracies;
    for (const std::string& name : activations) {
      std::printf("%s, %s\n", name.c_str(), loss.c_str());
      manual_seed(options.seed);
      Net net(name);
      net.to(options.target());
      optim::Adam adam(net.parameters(), {.lr = options.lr});
      accuracies.push_back(support::fit("mnist_mlp_" + name + "_" + loss, net,
                                        loss == "least_squares" ? least_squares : softmax_cross_entropy, adam, digits,
                                        options));
    }
    if (accuracies.size() > 1) {
      std::printf("\n%-12s %s\n", "activation", "test accuracy");
      for (std::size_t i = 0; i < accuracies.size(); ++i) {
        std::printf("%-12s %12.2f%%\n", activations[i].c_str(), accuracies[i]);
      }
      std::printf("the best:\n");
    }
    support::print_accuracy(*std::max_element(accuracies.begin(), accuracies.end()));
    return 0;
  });
}
