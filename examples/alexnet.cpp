// Shows AlexNet; run build/release/examples/alexnet [--help].
//
// The sizes of the layers are printed first: the lecture's table, in which the first layer has 253440 units, the
// paper's slip for 55 x 55 x 96 = 290400. Then a narrow AlexNet is trained on CIFAR-10's photographs, enlarged to
// 64x64; with
// --overfit the full one on 64 of them, enlarged to 224x224, until it knows them all.
#include "photographs.h"
#include "report.h"

#include <reel/nn/models/alexnet.h>

using namespace reel;

/// How many numbers each layer of the full network has.
void print_sizes() {
  const nn::models::AlexNet net;
  std::printf("%-8s %10d\n", "input", 3 * 224 * 224);
  for (const auto& [name, layer] : net.named_children()) {
    if (!name.starts_with("conv") && !name.starts_with("fc")) continue;
    layer.register_forward_hook([name = name](const nn::Module&, const Tensors&, const Tensors& out) {
      std::printf("%-8s %10lld\n", name.c_str(), static_cast<long long>(out[0].numel()));
      return Tensors();
    });
  }
  no_grad([&] { net(zeros({1, 3, 224, 224})); });
  std::printf("parameters: %lld\n", static_cast<long long>(support::parameter_count(net)));
}

int main(int argc, char** argv) {
  CLI::App app("Prints AlexNet's sizes and trains it on CIFAR-10.");
  support::Options options{.epochs = 30, .batch_size = 32, .lr = 0.01};
  options.add_training(app);
  support::add_photographs(app, options);
  nn::models::AlexNetOptions form{.num_classes = 10, .width = 0.25};
  bool overfit = false;
  app.add_option("--width", form.width, "Factor of the channels")->check(support::positive)->capture_default_str();
  app.add_flag("--overfit", overfit, "The full network on 64 photographs");

  return support::run(app, options, argc, argv, [&] {
    print_sizes();
    const Device device = options.target();
    support::Photographs photographs = support::load_photographs(options);
    if (overfit) {
      form = {.num_classes = 10, .dropout = 0};
      photographs.train = photographs.test = support::first(photographs.train, 64);
    }
    const std::int64_t side = overfit ? 224 : 64;
    support::Report report(overfit ? "alexnet_overfit" : "alexnet", options);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches =
          overfit
              ? data::DataLoader(photographs.train, {.batch_size = options.batch_size, .shuffle = true, .seed = seed})
              : support::varied_batches(photographs.train, options, seed);
      nn::Sequential net(support::enlarge(side), nn::models::AlexNet(form));
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
    if (overfit) std::printf("these are the photographs that it was trained with:\n");
    support::print_accuracy(report.finish());
    return 0;
  });
}
