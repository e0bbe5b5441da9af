// The program of docs/quick-start.md, as a project of its own builds it.
#include <iostream>

#include <reel/reel.h>

using namespace reel;

struct Net : nn::Layer<Net> {
  nn::Linear hidden = register_module("hidden", nn::Linear(784, 128));
  nn::Linear output = register_module("output", nn::Linear(128, 10));

  Tensor forward(const Tensor& x) const { return output(relu(hidden(flatten(x, 1)))); }
};

int main() {
  manual_seed(1);
  Net net;
  optim::Adam adam(net.parameters(), {.lr = 1e-3});
  data::DataLoader loader(data::Digits(1600), {.batch_size = 64, .shuffle = true});
  for (int epoch = 1; epoch <= 5; ++epoch) {
    training::Mean mean_loss;
    for (auto [images, labels] : loader) {
      adam.zero_grad();
      const Tensor loss = cross_entropy(net(images), labels);
      loss.backward();
      adam.step();
      mean_loss.add(loss.item());
    }
    std::cout << "epoch " << epoch << ": loss " << mean_loss.value() << '\n';
  }
}
