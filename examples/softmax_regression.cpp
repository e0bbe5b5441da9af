// Shows softmax regression on handwritten digits; run build/release/examples/softmax_regression [--help].
//
// One linear layer leads from the pixels to the ten classes; the loss is softmax with cross-entropy. A picture shows
// the weights of each class. --descent batch,single,minibatch compares how many examples make a step.
#include "descent.h"
#include "digits.h"
#include "report.h"

using namespace reel;

struct Net : nn::Layer<Net> {
  nn::Linear linear = register_module("linear", nn::Linear(784, 10));
  Tensor forward(const Tensor& x) const { return linear(flatten(x, 1)); }
};

int main(int argc, char** argv) {
  CLI::App app("Trains a linear classifier on handwritten digits.");
  support::Options options{.epochs = 10, .batch_size = 64, .lr = 1e-3};
  options.add_training(app);
  options.add_digits(app);
  options.add_seeds(app);
  std::vector<std::string> kinds;
  support::add_descent(app, kinds);

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const Device device = options.target();
    Net net;
    net.to(device);
    if (!kinds.empty()) {
      const auto [images, labels] = support::first_examples(digits.train, 3000);
      const Tensor x = images.to(device), y = labels.to(device);
      const auto loss_of = [&](const Tensor& batch) {
        return cross_entropy(net(index_select(x, 0, batch)), index_select(y, 0, batch));
      };
      optim::SGD sgd(net.parameters(), options.lr);
      const support::DescentProblem problem{
          .examples = x.size(0),
          .restart = [&] { net.linear.weight.detach().zero_(), net.linear.bias.detach().zero_(); },
          .gradients = [&](const Tensor& batch) { return grad({loss_of(batch)}, net.parameters()); },
          .step =
              [&](const Tensor& batch, double lr) {
                sgd.set_lr(lr);
                const Tensor loss = loss_of(batch);
                sgd.zero_grad();
                loss.backward();
                sgd.step();
              },
          .loss = [&] { return no_grad([&] { return cross_entropy(net(x), y).item(); }); }};
      support::compare_descents(options, "softmax_regression", kinds, problem);
      return 0;
    }

    support::Report report("softmax_regression", options);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
      net = Net();
      net.to(device);
      optim::Adam adam(net.parameters(), {.lr = options.lr});
      optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());
      report.start(batches.size());
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
    });
    std::vector<training::Plot> weights;
    for (std::int64_t digit = 0; digit < 10; ++digit) {
      const Tensor image = net.linear.weight.detach()[digit].reshape({1, 28, 28});
      weights.push_back({.title = std::to_string(digit), .field = {.values = image * 2 + 0.5}});
    }
    support::write_plots(options, "softmax_regression_weights", weights, {.columns = 5});
    support::print_accuracy(report.finish());
    return 0;
  });
}
