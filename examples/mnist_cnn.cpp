// Shows a convolutional network on handwritten digits; run build/release/examples/mnist_cnn [--help].
//
// The network is 32 filters 5x5 - ReLU - pool 2 - 64 filters 5x5 - ReLU - pool 2 - 1024 - ReLU - 10, with softmax and
// cross-entropy. `--recipe lecture` adds the lecture's tricks: digits moved at random, dropout, weight decay, momentum
// 0.5 at first and 0.9 then, a learning rate that is halved again and again. `--recipe best` adds what came later:
// small filters with batch normalisation, Nesterov's momentum, a rate that falls as a cosine, label smoothing.
#include "digits.h"
#include "report.h"

#include <reel/nn/models/lenet.h>

using namespace reel;

/// 3x3 filters with batch normalisation and ReLU.
nn::Sequential unit(std::int64_t in, std::int64_t out) {
  return nn::Sequential(nn::Conv2d(in, out, 3, {.bias = false}), nn::BatchNorm2d(out), nn::ReLU());
}

/// 144,298 parameters in place of the lecture's 3,274,634, and more layers.
nn::Sequential deep_net() {
  return nn::Sequential(unit(1, 32), unit(32, 32), nn::MaxPool2d(2), unit(32, 64), unit(64, 64), nn::MaxPool2d(2),
                        unit(64, 128), nn::Flatten(), nn::Dropout(0.4), nn::Linear(128 * 2 * 2, 10));
}

/// What distinguishes the recipes beside the network.
struct Recipe {
  optim::SGDOptions sgd;
  bool halve;  ///< Halve the rate every third epoch, and begin with little momentum; else the rate falls as a cosine.
  std::vector<data::Transform> transforms = {};
  double label_smoothing = 0;
};
const std::map<std::string, Recipe> recipes{
    {"plain", {.sgd = {.momentum = 0.9}, .halve = false}},
    {"lecture", {.sgd = {.momentum = 0.5, .weight_decay = 5e-4}, .halve = true, .transforms = {data::RandomShift(2)}}},
    {"best",
     {.sgd = {.momentum = 0.9, .weight_decay = 5e-4, .nesterov = true},
      .halve = false,
      .transforms = {data::RandomShift(2)},
      .label_smoothing = 0.05}}};

int main(int argc, char** argv) {
  CLI::App app("Trains a convolutional network on handwritten digits.");
  support::Options options{.epochs = 2, .batch_size = 64, .lr = 0.03};
  options.add_training(app);
  options.add_seeds(app);
  options.add_digits(app);
  std::string name = "plain";
  app.add_option("--recipe", name, "plain, lecture or best")->check(CLI::IsMember(recipes))->capture_default_str();
  double min_accuracy = 0;
  app.add_option("--min-accuracy", min_accuracy, "Exit with 1 if the test accuracy stays below this percentage")
      ->check(CLI::Range(0.0, 100.0))
      ->take_last();
  bool bf16 = false;
  app.add_flag("--bf16", bf16, "Products and convolutions round their factors to bf16");
  bool half = false;
  app.add_flag("--bf16-parameters", half, "Parameters and activations are bf16; the optimizer keeps an f32 copy");

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const AutocastGuard autocast(bf16 ? DType::bf16 : DType::f32);
    const Device device = options.target();
    const Recipe& recipe = recipes.at(name);
    support::Report report(name == "plain" ? "mnist_cnn" : "mnist_cnn_" + name, options);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches(
          digits.train,
          {.batch_size = options.batch_size, .shuffle = true, .seed = seed, .transforms = recipe.transforms});
      const double dropout = name == "lecture" ? 0.5 : 0;
      nn::Sequential net = name == "best" ? deep_net() : nn::Sequential(nn::models::LeNet(10, dropout));
      net.to(device);
      const DType dtype = half ? DType::bf16 : DType::f32;
      net.to(dtype);
      optim::SGD sgd(net.parameters(), recipe.sgd);
      sgd.keep_master_weights();
      const double epochs = static_cast<double>(options.epochs), steps = static_cast<double>(batches.size());
      sgd.set_lr(options.lr);
      optim::LambdaLR schedule(sgd, [&](std::int64_t step) {
        const double epoch = static_cast<double>(step) / steps;
        return recipe.halve ? std::pow(0.5, std::floor(epoch / 3)) : (1 + std::cos(M_PI * epoch / epochs)) / 2;
      });
      report.start(batches.size());
      for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        net.train();
        if (epoch > 0) sgd.options().momentum = 0.9;
        for (auto [images, labels] : batches) {
          const Tensor target = labels.to(device), logits = net(images.to(device, dtype));
          const Tensor loss = cross_entropy(logits, target, {.label_smoothing = recipe.label_smoothing});
          sgd.zero_grad();
          loss.backward();
          sgd.step();
          schedule.step();
          report.step(loss, logits, target);
        }
        report.epoch(support::evaluate(net, digits.test, device, &support::softmax_loss, dtype));
      }
    });

    const support::Spread accuracy = report.finish();
    const bool enough = accuracy.mean >= min_accuracy;
    if (!enough) std::printf("the test accuracy is below the %g%% asked for\n", min_accuracy);
    support::print_accuracy(accuracy);
    return enough ? 0 : 1;
  });
}
