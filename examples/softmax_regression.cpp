// Softmax regression: one linear layer from the pixels to the ten classes, softmax and cross-entropy.
#include "support.h"

using namespace reel;

struct Net : nn::Module {
  nn::Linear linear = register_module("linear", nn::Linear(784, 10));
  Tensor forward(const Tensor& x) { return linear(flatten(x, 1)); }
};

int main(int argc, char** argv) {
  CLI::App app("Trains a linear classifier on handwritten digits.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 1e-3};
  options.add_training(app);
  options.add_digits(app);

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    Net net;
    net.to(options.target());
    optim::Adam adam(net.parameters(), {.lr = options.lr});
    const auto loss = [](const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels); };
    support::print_accuracy(support::fit("softmax_regression", net, loss, adam, digits, options));
    return 0;
  });
}
