// Times a training step of the example dqn; dqn_step.py does the same with PyTorch. Prints the median of 201.
#include "../../examples/dqn/dqn_network.h"
#include "step_times.h"

using namespace reel;

int main() {
  constexpr std::int64_t size = 32;
  manual_seed(1);
  const dqn::Network network, target;
  optim::Adam adam(network.parameters(), {.lr = 1e-3});
  const dqn::Batch batch{rand({size, dqn::kHistory + 1, dqn::kScreen, dqn::kScreen}),
                         randint(dqn::kActionValues, {size}), rand({size}), ones({size})};
  steps::print_median(50, 201, [&] {
    const Tensor loss = dqn::loss(network, target, batch, 0.98);
    adam.zero_grad();
    loss.backward();
    adam.step();
  });
}
