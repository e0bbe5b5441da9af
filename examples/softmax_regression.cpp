// Shows softmax regression on handwritten digits; run build/release/examples/softmax_regression [--help].
//
// One linear layer leads from the pixels to the ten classes; the loss is softmax with cross-entropy.
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
    data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
    const Device device = options.target();
    Net net;
    net.to(device);
    optim::Adam adam(net.parameters(), {.lr = options.lr});
    optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());

    support::Report report("softmax_regression", options, batches.size());
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      net.train();
      for (auto [images, labels] : batches) {
        const Tensor target = labels.to(device), logits = net.forward(images.to(device));
        const Tensor loss = cross_entropy(logits, target);
        adam.zero_grad();
        loss.backward();
        adam.step();
        schedule.step();
        report.step(loss, logits, target);
      }
      report.epoch(support::evaluate(net, digits.test, device));
    }
    support::print_accuracy(report.finish());
    return 0;
  });
}
