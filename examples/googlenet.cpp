// Shows GoogLeNet and what its auxiliary classifiers are for; run build/release/examples/googlenet [--help].
//
// The loss is that of the main classifier plus 0.3 times that of each auxiliary one. Narrow networks learn from
// CIFAR-10's photographs, enlarged to 64x64, with the auxiliary losses and without: a picture shows how large the
// gradients are that reach the first layers, and the test errors.
#include "photographs.h"
#include "report.h"

#include <reel/nn/models/googlenet.h>

using namespace reel;

/// The norm of the gradient of the parameters of the layers before the first auxiliary classifier.
double early_gradient(const nn::models::GoogLeNet& net) {
  double squares = 0;
  for (const auto& [name, p] : net.named_parameters()) {
    if (name.starts_with("conv") || name.starts_with("inception3") || name.starts_with("inception4a"))
      squares += square(p.grad()).sum().item();
  }
  return std::sqrt(squares);
}

/// Trains a network with each seed; `aux_weight` is the factor of the auxiliary losses. Returns the gradients' norms.
support::Curve train(double width, double aux_weight, const support::Photographs& photographs,
                     const support::Options& options, support::Report& report) {
  support::Curve gradients;
  const Device device = options.target();
  support::for_each_seed(options, [&](std::uint64_t seed) {
    data::DataLoader batches = support::varied_batches(photographs.train, options, seed);
    nn::models::GoogLeNet net({.num_classes = 10, .width = width});
    net.to(device);
    const auto enlarge = support::enlarge(64);
    nn::Sequential enlarged(enlarge, net);  // for the tests
    optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9});
    report.start(batches.size());
    std::int64_t steps = 0;
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      net.train();
      for (auto [images, labels] : batches) {
        const Tensor target = labels.to(device);
        const auto [logits, aux1, aux2] = net.forward_with_aux(enlarge(images.to(device)));
        const Tensor main = cross_entropy(logits, target);
        const Tensor loss = main + aux_weight * (cross_entropy(aux1, target) + cross_entropy(aux2, target));
        sgd.zero_grad();
        loss.backward();
        if (steps++ % 20 == 0) gradients.add(static_cast<double>(steps), early_gradient(net));
        sgd.step();
        report.step(main, logits, target);
      }
      report.epoch(support::evaluate(enlarged, photographs.test, device));
    }
  });
  return gradients;
}

int main(int argc, char** argv) {
  CLI::App app("Trains GoogLeNet with and without its auxiliary classifiers on CIFAR-10.");
  support::Options options{.epochs = 12, .batch_size = 32, .lr = 0.01};
  options.add_training(app);
  support::add_photographs(app, options);
  double width = 0.25;
  app.add_option("--width", width, "Factor of the channels")->check(support::positive)->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    std::printf("parameters: %lld, %lld without the auxiliary classifiers\n",
                static_cast<long long>(support::parameter_count(nn::models::GoogLeNet())),
                static_cast<long long>(support::parameter_count(nn::models::GoogLeNet({.aux_logits = false}))));
    const support::Photographs photographs = support::load_photographs(options);
    training::Plot gradients{.title = "gradient of the first layers", .x_label = "step", .y_label = "norm"};
    training::Plot errors{.title = "test error", .x_label = "epoch", .y_label = "%"};
    gradients.log_y = true;
    for (const double aux_weight : {0.0, 0.3}) {
      const std::string name = aux_weight > 0 ? "with auxiliary losses" : "without";
      std::printf("%s\n", name.c_str());
      support::Report report(aux_weight > 0 ? "googlenet" : "googlenet_without", options);
      gradients.series.push_back(train(width, aux_weight, photographs, options, report).series(name));
      support::print_accuracy(report.finish());
      errors.series.push_back(report.test_error().series(name));
    }
    support::write_plots(options, "googlenet_auxiliaries", {gradients, errors});
    return 0;
  });
}
