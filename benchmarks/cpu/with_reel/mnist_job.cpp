// A whole job as a user would write it: an epoch of a CNN on MNIST, from the files to the test accuracy.

#include <cstdio>
#include <string>

#include <reel/nn/models/lenet.h>
#include <reel/reel.h>

using namespace reel;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: reel_mnist_job DIR SEED\n");
    return 2;
  }
  const std::string folder = argv[1];
  const auto seed = static_cast<std::uint64_t>(std::stoull(argv[2]));
  manual_seed(seed);
  nn::models::LeNet model;
  optim::Adam adam(model.parameters());
  data::DataLoader training(data::MNIST(folder, data::Split::train), {.batch_size = 64, .shuffle = true, .seed = seed});
  for (auto [images, labels] : training) {
    adam.zero_grad();
    cross_entropy(model(images), labels).backward();
    adam.step();
  }
  model.eval();
  const NoGradGuard no_grad;
  training::Accuracy accuracy;
  data::DataLoader testing(data::MNIST(folder, data::Split::test), {.batch_size = 1000});
  for (auto [images, labels] : testing) accuracy.add(model(images), labels);
  std::printf("%.2f\n", 100 * accuracy.value());
}
