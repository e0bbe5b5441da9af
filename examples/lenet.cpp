// Shows LeNet-5 as it was in 1998; run build/release/examples/lenet [--help].
//
// The lecture's typical example of a convolutional network has no ReLU and no maxima: each convolution is followed by a
// sigmoid, and a window of 2x2 is subsampled to sigmoid(mean), or, with --subsampling learned, to LeNet-5's
// sigmoid(w * mean + b), with one w and one b for each map (LeCun et al. 1998). A mean of sigmoids lies between 0 and
// 1, so without w and b a second sigmoid leaves little of the differences: learning them is what makes the net good.
#include "digits.h"
#include "report.h"

using namespace reel;

/// Takes the place of each window of 2x2 by the sigmoid of its mean, as it is or scaled and moved for each map.
struct Subsampling : nn::Layer<Subsampling> {
  Tensor weight, bias;  // [maps, 1, 1], if they are learned

  Subsampling(std::int64_t maps, bool learned) {
    if (!learned) return;
    weight = register_parameter("weight", full({maps, 1, 1}, 4));  // the slope of a sigmoid at 0 is 1/4
    bias = register_parameter("bias", full({maps, 1, 1}, -2));     // and the mean of two halves is moved to 0
  }
  Tensor forward(const Tensor& x) const {
    const Tensor mean = avg_pool2d(x, 2);
    return sigmoid(weight.defined() ? weight * mean + bias : mean);
  }
};

/// Weights that undo what follows: a sigmoid, whose slope is at most 1/4, and plain subsampling, whose mean of four
/// halves the deviations before another sigmoid. With PyTorch's weights nothing but noise arrives behind so many
/// sigmoids, and the plain net does not learn at all.
void initialise(const nn::Sequential& net, bool learned) {
  const std::vector<double> gains =
      learned ? std::vector<double>{4, 4, 4, 4, 1} : std::vector<double>{32, 32, 16, 4, 1};
  std::size_t next = 0;
  for (const Tensor& weight : net.parameters()) {
    if (weight.dim() == 2 || weight.dim() == 4) nn::init::xavier_normal_(weight, gains[next++]);
  }
}

nn::Sequential lenet(bool learned) {
  nn::Sequential net(nn::Conv2d(1, 6, 5, {.padding = 2}), nn::Sigmoid(), Subsampling(6, learned),  // 6x14x14
                     nn::Conv2d(6, 16, 5), nn::Sigmoid(), Subsampling(16, learned),                // 16x5x5
                     nn::Flatten(), nn::Linear(16 * 5 * 5, 120), nn::Sigmoid(), nn::Linear(120, 84), nn::Sigmoid(),
                     nn::Linear(84, 10));
  initialise(net, learned);
  return net;
}

int main(int argc, char** argv) {
  CLI::App app("Trains LeNet-5 with sigmoids on handwritten digits.");
  support::Options options{.epochs = 15, .batch_size = 32, .lr = 2e-3};
  options.add_training(app);
  options.add_seeds(app);
  options.add_digits(app);
  std::string subsampling = "learned";
  app.add_option("--subsampling", subsampling, "plain: sigmoid(mean); learned: sigmoid(w * mean + b)")
      ->check(CLI::IsMember({"plain", "learned"}))
      ->capture_default_str();

  return support::run(app, options, argc, argv, [&] {
    const support::Digits digits = support::load_digits(options);
    const Device device = options.target();
    support::Report report("lenet_" + subsampling, options);
    support::for_each_seed(options, [&](std::uint64_t seed) {
      data::DataLoader batches(digits.train, {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
      nn::Sequential net = lenet(subsampling == "learned");
      net.to(device);
      optim::Adam adam(net.parameters(), {.lr = options.lr});
      optim::CosineAnnealingLR schedule(adam, options.epochs * batches.size());
      report.start(batches.size());
      for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        net.train();
        for (auto [images, labels] : batches) {
          const Tensor target = labels.to(device), logits = net(images.to(device));
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
    support::print_accuracy(report.finish());
    return 0;
  });
}
