// Shows residual networks on small photographs; run build/release/examples/resnet [--help].
//
// He et al. 2016 ask why deeper networks without shortcuts ("plain") are worse: because they fit the training images
// too well, or because they cannot even fit these? Compare the curves of `--depth 20` and `--depth 56`, with and
// without
// `--plain`. The photographs are CIFAR-10's, mirrored and shifted at random.
#include "photographs.h"
#include "support.h"

#include <reel/nn/models/cifar_resnet.h>

using namespace reel;

int main(int argc, char** argv) {
  CLI::App app("Trains a residual or a plain network on CIFAR-10.");
  support::Options options{.epochs = 30, .batch_size = 64, .lr = 0.1};
  options.add_training(app);
  options.add_batches(app);
  support::add_photographs(app, options);
  int depth = 20;
  nn::models::CifarResNetOptions form;
  app.add_option("--depth", depth, "Layers with weights: 20, 32, 44, 56, 110, 1202, ...")->capture_default_str();
  app.add_flag("--plain", form.plain, "Without shortcuts");
  app.add_flag("--checkpoint", form.checkpoint, "Compute blocks again in backward, to save memory");

  return support::run(app, options, argc, argv, [&] {
    const support::Photographs photographs = support::load_photographs(options);
    data::DataLoader batches(photographs.train, {.batch_size = options.batch_size,
                                                 .shuffle = true,
                                                 .seed = options.seed,
                                                 .transforms = {data::RandomHorizontalFlip(), data::RandomShift(4)}});
    const Device device = options.target();
    nn::models::CifarResNet net(depth, form);
    net.to(device);
    std::printf("%s network of %d layers, %lld parameters\n", form.plain ? "plain" : "residual", depth,
                static_cast<long long>(support::parameter_count(net)));
    optim::SGD sgd(net.parameters(), {.lr = options.lr, .momentum = 0.9, .weight_decay = 1e-4});
    optim::MultiStepLR schedule(sgd, {options.epochs / 2, options.epochs * 3 / 4});  // the paper's, as shares

    support::Report report((form.plain ? "plain" : "resnet") + std::to_string(depth), options, batches.size());
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
    support::print_accuracy(report.finish());
    return 0;
  });
}
