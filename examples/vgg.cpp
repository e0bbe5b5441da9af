// Shows the VGG networks; run build/release/examples/vgg [--help].
//
// A narrow network is trained on CIFAR-10's photographs. --parameters counts the parameters of all six, beside those of
// the paper's table 2 in millions; --full takes two steps of the full one at 224x224.
#include "photographs.h"
#include "report.h"

#include <reel/nn/models/vgg.h>

using namespace reel;
using nn::models::VGGNet;

const std::map<std::string, VGGNet> nets{{"A", VGGNet::A}, {"A-LRN", VGGNet::A_LRN}, {"B", VGGNet::B},
                                         {"C", VGGNet::C}, {"D", VGGNet::D},         {"E", VGGNet::E}};

void print_parameters() {
  const std::map<std::string, int> paper{{"A", 133}, {"A-LRN", 133}, {"B", 133}, {"C", 134}, {"D", 138}, {"E", 144}};
  for (const auto& [name, net] : nets) {
    const std::int64_t count = support::parameter_count(nn::models::VGG(net));
    std::printf("VGG %-6s %12lld parameters, %d million in the paper\n", name.c_str(), static_cast<long long>(count),
                paper.at(name));
  }
}

/// A step on random images, as large as the paper's.
void step_at_full_size(VGGNet form, std::int64_t batch_size, Device device) {
  nn::models::VGG net(form);
  net.to(device);
  optim::SGD sgd(net.parameters(), {.lr = 0.01, .momentum = 0.9});
  for (int step = 1; step <= 2; ++step) {
    const Tensor images = randn({batch_size, 3, 224, 224}, {.device = device});
    const Tensor loss = cross_entropy(net(images), zeros({batch_size}, {.dtype = DType::i64, .device = device}));
    sgd.zero_grad();
    loss.backward();
    sgd.step();
    std::printf("step %d at 224x224, batch %lld: loss %.4f\n", step, static_cast<long long>(batch_size), loss.item());
  }
}

int main(int argc, char** argv) {
  CLI::App app("Counts the parameters of the VGG networks and trains one on CIFAR-10.");
  support::Options options{.epochs = 30, .batch_size = 32, .lr = 0.01};
  options.add_training(app);
  support::add_photographs(app, options);
  std::string name = "A";
  double width = 0.25;
  bool full = false, parameters = false;
  app.add_option("--net", name, "A, A-LRN, B, C, D or E")->check(CLI::IsMember(nets))->capture_default_str();
  app.add_option("--width", width, "Factor of the channels")->check(support::positive)->capture_default_str();
  app.add_flag("--parameters", parameters, "Count the parameters of all networks, instead of training");
  app.add_flag("--full", full, "Two steps of the full network at 224x224, instead of training");

  return support::run(app, options, argc, argv, [&] {
    if (parameters) return print_parameters(), 0;
    const Device device = options.target();
    if (full) return step_at_full_size(nets.at(name), options.batch_size, device), 0;
    const support::Photographs photographs = support::load_photographs(options);
    support::Report report("vgg", options);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches = support::varied_batches(photographs.train, options, seed);
      nn::models::VGG net(nets.at(name), {.num_classes = 10, .width = width});
      net.to(device);
      optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9, .weight_decay = 5e-4});  // the paper's

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
        report.epoch(support::evaluate(net, photographs.test, device));
      }
    });
    support::print_accuracy(report.finish());
    return 0;
  });
}
