// Shows a convolutional network on handwritten digits; run build/release/examples/mnist_cnn [--help].
//
// The network is 32 filters 5x5 - ReLU - pool 2 - 64 filters 5x5 - ReLU - pool 2 - 1024 - ReLU - 10, with softmax and
// cross-entropy.
#include "support.h"

using namespace reel;

struct Net : nn::Module {
  nn::Conv2d conv1 = register_module("conv1", nn::Conv2d(1, 32, 5, {.padding = 2}));
  nn::Conv2d conv2 = register_module("conv2", nn::Conv2d(32, 64, 5, {.padding = 2}));
  nn::Linear fc1 = register_module("fc1", nn::Linear(64 * 7 * 7, 1024));
  nn::Linear fc2 = register_module("fc2", nn::Linear(1024, 10));

  Tensor forward(Tensor x) {
    x = max_pool2d(relu(conv1(x)), 2);
    x = max_pool2d(relu(conv2(x)), 2);
    return fc2(relu(fc1(flatten(x, 1))));
  }
};

int main(int argc, char** argv) {
  CLI::App app("Trains a convolutional network on handwritten digits.");
  support::Options options{.epochs = 2, .batch_size = 64, .lr = 1e-3};
  options.add_training(app);
  options.add_digits(app);
  double min_accuracy = 0;
  app.add_option("--min-accuracy", min_accuracy, "Exit with 1 if the test accuracy stays below this percentage")
      ->check(CLI::Range(0.0, 100.0))
      ->take_last();
  bool bf16 = false;
  app.add_flag("--bf16", bf16, "Products and convolutions round their factors to bf16");

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
    const AutocastGuard autocast(bf16 ? DType::bf16 : DType::f32);
    const Device device = options.target();
    Net net;
    net.to(device);
    optim::Adam adam(net.parameters(), {.lr = options.lr});
    optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());

    support::Report report("mnist_cnn", options, batches.size());
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

    const double accuracy = report.finish();
    const bool enough = accuracy >= min_accuracy;
    if (!enough) std::printf("the test accuracy is below the %g%% asked for\n", min_accuracy);
    support::print_accuracy(accuracy);
    return enough ? 0 : 1;
  });
}
