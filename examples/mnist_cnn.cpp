// The lecture's convolutional network on handwritten digits: 32 filters 5x5 - ReLU - pool 2 - 64 filters 5x5 - ReLU -
// pool 2 - 1024 - ReLU - 10, softmax and cross-entropy.
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
    const AutocastGuard autocast(bf16 ? DType::bf16 : DType::f32);
    Net net;
    net.to(options.target());
    optim::Adam adam(net.parameters(), {.lr = options.lr});
    const auto loss = [](const Tensor& logits, const Tensor& labels) { return cross_entropy(logits, labels); };
    const double accuracy = support::fit("mnist_cnn", net, loss, adam, digits, options);
    const bool enough = accuracy >= min_accuracy;
    if (!enough) std::printf("the test accuracy is below the %g%% asked for\n", min_accuracy);
    support::print_accuracy(accuracy);
    return enough ? 0 : 1;
  });
}
