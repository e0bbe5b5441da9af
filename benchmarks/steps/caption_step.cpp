// Times a training step of the example caption; caption_step.py does the same with PyTorch. Prints the median of 101.
#include "../../examples/caption/caption_network.h"
#include "step_times.h"

using namespace reel;

int main() {
  constexpr std::int64_t batch = 32, words = 22, length = 12;
  manual_seed(1);
  const support::CaptionNetwork network({.words = words});
  optim::Adam adam(network.parameters(), {.lr = 1e-3});
  const Tensor images = rand({batch, 3, 48, 48}), captions = randint(1, words, {batch, length});
  steps::print_median(10, 101, [&] {
    const Tensor loss = network.loss(images, captions);
    adam.zero_grad();
    loss.backward();
    adam.step();
  });
}
