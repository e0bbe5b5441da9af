// Shows residual networks on small photographs; run build/release/examples/resnet [--help].
//
// He et al. 2016 ask why deeper networks without shortcuts ("plain") are worse: because they fit the training images
// too well, or because they cannot even fit these? `--depth 20,56 --both` trains four networks and draws their training
// and test errors side by side. The photographs are CIFAR-10's, mirrored and shifted at random.
#include "photographs.h"
#include "report.h"

#include <reel/nn/models/cifar_resnet.h>

using namespace reel;
using nn::models::CifarResNetOptions;

/// Trains a network with each seed and tells the report.
void train(int depth, const CifarResNetOptions& form, const support::Photographs& photographs,
           const support::Options& options, support::Report& report) {
  const Device device = options.target();
  support::for_each_seed(options, [&](std::uint64_t seed) {
    data::DataLoader batches = support::varied_batches(photographs.train, options, seed);
    nn::models::CifarResNet net(depth, form);
    net.to(device);
    optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9, .weight_decay = 1e-4});
    optim::MultiStepLR schedule(sgd, {options.epochs / 2, options.epochs * 3 / 4});  // the paper's, as shares
    report.start(batches.size());
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      net.train();
      for (auto [images, labels] : batches) {
        const Tensor target = labels.to(device), logits = net(images.to(device));
        const Tensor loss = cross_entropy(logits, target);
        sgd.zero_grad();
        loss.backward();
        sgd.step();
        report.step(loss, logits, target);
      }
      schedule.step();
      report.epoch(support::evaluate(net, photographs.test, device));
    }
  });
}

int main(int argc, char** argv) {
  CLI::App app("Trains residual and plain networks on CIFAR-10.");
  support::Options options{.epochs = 30, .batch_size = 64, .lr = 0.1};
  options.add_training(app);
  support::add_photographs(app, options);
  std::vector<int> depths{20};
  CifarResNetOptions form;
  bool both = false;
  app.add_option("--depth", depths, "Layers with weights: 20, 32, 44, 56, 110, 1202, ...; several are compared")
      ->delimiter(',')
      ->capture_default_str();
  app.add_flag("--plain", form.plain, "Without shortcuts");
  app.add_flag("--both", both, "Compare networks with and without shortcuts");
  app.add_flag("--checkpoint", form.checkpoint, "Compute blocks again in backward, to save memory");

  return support::run(app, options, argc, argv, [&] {
    const support::Photographs photographs = support::load_photographs(options);
    training::Plot training_error{.title = "training error", .x_label = "epoch", .y_label = "%"};
    training::Plot test_error{.title = "test error", .x_label = "epoch", .y_label = "%"};
    for (const int depth : depths) {
      for (const bool plain : both ? std::vector<bool>{true, false} : std::vector<bool>{form.plain}) {
        form.plain = plain;
        const std::string name = (plain ? "plain" : "resnet") + std::to_string(depth);
        std::printf("%s: %lld parameters\n", name.c_str(),
                    static_cast<long long>(support::parameter_count(nn::models::CifarResNet(depth, form))));
        support::Report report(name, options);
        train(depth, form, photographs, options, report);
        support::print_accuracy(report.finish());
        training_error.series.push_back(report.train_error().series(name));
        test_error.series.push_back(report.test_error().series(name));
      }
    }
    if (test_error.series.size() > 1) support::write_plots(options, "resnet", {training_error, test_error});
    return 0;
  });
}
