// Shows PyTorch's C++ example of MNIST, line by line the same; run build/release/examples/mnist [--help].
//
// The network is 10 filters 5x5 - pool 2 - ReLU - 20 filters 5x5 - dropout - pool 2 - ReLU - 50 - ReLU - dropout - 10.
#include "digits.h"
#include "report.h"

using namespace reel;
namespace F = nn::functional;

struct Net : nn::Layer<Net> {
  nn::Conv2d conv1{nullptr}, conv2{nullptr};
  nn::Dropout2d conv2_drop{nullptr};
  nn::Linear fc1{nullptr}, fc2{nullptr};

  Net() {
    conv1 = register_module("conv1", nn::Conv2d(1, 10, 5));
    conv2 = register_module("conv2", nn::Conv2d(10, 20, 5));
    conv2_drop = register_module("conv2_drop", nn::Dropout2d());
    fc1 = register_module("fc1", nn::Linear(320, 50));
    fc2 = register_module("fc2", nn::Linear(50, 10));
  }

  Tensor forward(Tensor x) const {
    x = F::relu(F::max_pool2d(conv1(x), 2));
    x = F::relu(F::max_pool2d(conv2_drop(conv2(x)), 2));
    x = F::relu(fc1(x.flatten(1)));  // view would need row-major strides, and these are channels-last
    x = F::dropout(x, 0.5, is_training());
    return F::log_softmax(fc2(x), 1);
  }
};

/// One epoch. The loss of every step goes into the report.
void train(const Net& model, Device device, data::DataLoader& loader, optim::Optimizer& optimizer,
           support::Report& report) {
  model.train();
  for (const auto& batch : loader) {
    const Tensor data = batch.data.to(device), targets = batch.target.to(device);
    optimizer.zero_grad();
    const Tensor output = model(data);
    const Tensor loss = F::nll_loss(output, targets);
    loss.backward();
    optimizer.step();
    report.step(loss, output, targets);
  }
}

support::Score test(const Net& model, Device device, data::DataLoader& loader) {
  const NoGradGuard no_grad;
  model.eval();
  training::Mean loss;
  training::Accuracy accuracy;
  for (const auto& batch : loader) {
    const Tensor data = batch.data.to(device), targets = batch.target.to(device);
    const Tensor output = model(data);
    loss.add(F::nll_loss(output, targets).item(), static_cast<double>(data.size(0)));
    accuracy.add(output, targets);
  }
  return {loss.value(), accuracy.value()};
}

int main(int argc, char** argv) {
  CLI::App app("Trains PyTorch's first example on handwritten digits.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 0.01};
  options.add_training(app);
  options.add_digits(app);
  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const data::Normalize normalize({0.1307}, {0.3081});
    data::DataLoader train_loader(
        digits.train,
        {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed, .transforms = {normalize}});
    data::DataLoader test_loader(digits.test, {.batch_size = 1000, .transforms = {normalize}});
    const Device device = options.target();
    const Net model;
    model.to(device);
    optim::SGD optimizer(model.parameters(), {.lr = options.lr, .momentum = 0.5});

    support::Report report("mnist", options);
    report.start(train_loader.size());
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      train(model, device, train_loader, optimizer, report);
      report.epoch(test(model, device, test_loader));
    }
    support::print_accuracy(report.finish());
    return 0;
  });
}
