// Shows how gradients shrink on their way through a deep network; run build/release/examples/gradient_flow [--help].
//
// A network is a list of layers: --layers fc:100,sigmoid,fc:10. Without one, networks of 2 to 12 linear layers with
// sigmoid, tanh or ReLU between them are compared before any training: the norm of the gradient of each layer, and the
// share of sensitivities (derivatives of the loss by what enters an activation) that are exactly zero. With --by-hand
// the lecture's own layers (by_hand_layers.h) compute everything, and must agree with the tape.
#include "digits.h"
#include "layer_list.h"
#include "report.h"

using namespace reel;
using namespace layer_list;

/// `depth` linear layers with one activation between them.
Names network(std::int64_t depth, const std::string& activation) {
  Names names;
  for (std::int64_t i = 1; i < depth; ++i) names.insert(names.end(), {"fc:100", activation});
  names.push_back("fc:10");
  return names;
}

void print(const std::string& title, const Flow& flow) {
  std::printf("%s\n  gradient norms:    ", title.c_str());
  for (std::size_t i = 0; i < flow.size(); ++i) std::printf(" %8.1e", flow.norm(i));
  std::printf("\n  zero sensitivities:");
  for (std::size_t i = 0; i + 1 < flow.size(); ++i) std::printf(" %7.1f%%", 100 * flow.zeros(i));
  std::printf("\n");
}

/// Networks of 2 to 12 layers with each activation.
void compare_depths(const support::Options& options, bool euclidean, bool by_hand, const data::Example& batch) {
  training::Plot norms{.title = "12 layers: gradient of each layer's weights", .x_label = "layer", .y_label = "norm"};
  training::Plot first{.title = "gradient of the first layer's weights", .x_label = "layers", .y_label = "norm"};
  training::Plot zeros{.title = "12 layers: sensitivities that are exactly 0", .x_label = "layer", .y_label = "%"};
  norms.log_y = first.log_y = true;
  for (const std::string activation : {"sigmoid", "tanh", "relu"}) {
    training::Series by_depth{activation, {}, {}};
    Flow flow;
    for (std::int64_t depth = 2; depth <= 12; ++depth) {
      Net net(network(depth, activation), options.target());
      flow = measure(net, euclidean, by_hand, batch, options.target());
      by_depth.add(static_cast<double>(depth), flow.norm(0));
    }
    print(activation + ", 12 layers", flow);
    norms.series.push_back({activation, {}, {}});
    zeros.series.push_back({activation, {}, {}});
    for (std::size_t i = 0; i < flow.size(); ++i) {
      norms.series.back().add(static_cast<double>(i + 1), flow.norm(i));
      if (i + 1 < flow.size()) zeros.series.back().add(static_cast<double>(i + 1), 100 * flow.zeros(i));
    }
    first.series.push_back(by_depth);
  }
  support::write_plots(options, "gradient_flow", {norms, first});
  support::write_plot(options, "gradient_flow_zeros", zeros);
}

/// One epoch of training on the tape, or with the layers by hand.
void train_epoch(Net& net, data::DataLoader& batches, bool euclidean, bool hand, double lr, support::Report& report) {
  const auto flat = [&](const Tensor& images) { return flatten(images, 1).to(net.tape.parameters()[0].device()); };
  optim::SGD sgd(net.tape.parameters(), lr);
  for (auto [images, labels] : batches) {
    const Tensor x = flat(images), target = labels.to(x.device());
    if (hand) {
      const NoGradGuard no_grad;
      const Tensor y = net.hand.forward(x);
      const by_hand::Loss loss =
          euclidean ? by_hand::euclidean_loss(y, target) : by_hand::softmax_cross_entropy(y, target);
      net.hand.backward(loss.delta);
      net.hand.descend(lr);
      report.step(tensor(loss.value), y, target);
    } else {
      const Tensor y = net.tape(x);
      const Tensor loss = loss_on_tape(euclidean, y, target);
      sgd.zero_grad();
      loss.backward();
      sgd.step();
      report.step(loss, y, target);
    }
  }
}

int main(int argc, char** argv) {
  CLI::App app("Measures the gradients in deep networks, and trains a network from a list of layers.");
  support::Options options{.epochs = 3, .batch_size = 64, .lr = 0.1};
  options.add_training(app);
  options.add_digits(app);
  Names layers;
  std::string loss = "softmax";
  bool hand = false;
  app.add_option("--layers", layers, "Train such a network: fc:SIZE, sigmoid, tanh, relu; separated by commas")
      ->delimiter(',');
  app.add_option("--loss", loss, "softmax (with cross-entropy) or euclidean")
      ->check(CLI::IsMember({"softmax", "euclidean"}))
      ->capture_default_str();
  app.add_flag("--by-hand", hand, "With layers that are written by hand, without the tape");

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const data::Example batch = support::first_examples(digits.train, 256);
    const bool euclidean = loss == "euclidean";
    if (layers.empty()) return compare_depths(options, euclidean, hand, batch), 0;
    Net net(layers, options.target());
    print("before training", measure(net, euclidean, hand, batch, options.target()));
    data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
    nn::Sequential classifier(nn::Flatten(), net.tape);
    const auto criterion = [euclidean](const Tensor& y, const Tensor& target) {
      return loss_on_tape(euclidean, y, target);
    };
    support::Report report("gradient_flow_training", options);
    report.start(batches.size());
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      train_epoch(net, batches, euclidean, hand, options.lr, report);
      report.epoch(support::evaluate(classifier, digits.test, options.target(), criterion));
    }
    support::print_accuracy(report.finish());
    return 0;
  });
}
