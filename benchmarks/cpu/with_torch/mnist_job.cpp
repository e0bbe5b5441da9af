// The same job in libtorch. Its batches are picked from one tensor, which takes less than its data loader.

#include <cstdio>
#include <string>

#include "models.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: torch_mnist_job DIR SEED row-major|channels-last\n");
    return 2;
  }
  const std::string folder = argv[1];
  const auto layout =
      std::string(argv[3]) == "channels-last" ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  torch::manual_seed(std::stoull(argv[2]));
  using torch::data::datasets::MNIST;

  const auto model = bench::cnn();
  torch::optim::Adam adam(model->parameters());
  const MNIST train(folder, MNIST::Mode::kTrain);
  for (const torch::Tensor& chosen : torch::randperm(train.images().size(0)).split(64)) {
    const torch::Tensor images = train.images().index_select(0, chosen).contiguous(layout);
    adam.zero_grad();
    torch::nn::functional::cross_entropy(model->forward(images), train.targets().index_select(0, chosen)).backward();
    adam.step();
  }
  model->eval();
  const torch::NoGradGuard no_grad;
  const MNIST test(folder, MNIST::Mode::kTest);
  std::int64_t correct = 0;
  for (std::int64_t first = 0; first < test.images().size(0); first += 1000) {
    const torch::Tensor outputs = model->forward(test.images().narrow(0, first, 1000).contiguous(layout));
    correct += outputs.argmax(1).eq(test.targets().narrow(0, first, 1000)).sum().item<std::int64_t>();
  }
  std::printf("%.2f\n", 100.0 * static_cast<double>(correct) / static_cast<double>(test.images().size(0)));
}
