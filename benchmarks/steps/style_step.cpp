// Times an iteration of `style`: SqueezeNet sees a picture of 512x512 (or other sides, by the first argument), the
// losses go back to its pixels, and L-BFGS moves them. style_step.py does the same with PyTorch. Prints the median
// of 7.
#include <cstdlib>

#include <reel/nn/models/squeezenet.h>
#include <reel/reel.h>

#include "../../examples/style/style_objective.h"
#include "step_times.h"

using namespace reel;

int main(int argc, char** argv) {
  const std::int64_t side = argc > 1 ? std::atoll(argv[1]) : 512;
  manual_seed(1);
  const nn::models::SqueezeNet net;
  net.requires_grad_(false);
  net.eval();
  const support::ScaledFeatures features(net.features(), {1, 3, 4, 5, 7, 8, 9}, rand({1, 3, side, side}));
  const support::StyleObjective objective(features, 4, rand({1, 3, side, side}));
  const Tensor picture = rand({1, 3, side, side}).requires_grad_();
  optim::LBFGS lbfgs({picture}, {.lr = 1e-3, .max_iter = 1, .history_size = 20});
  steps::print_median(3, 7, [&] {
    lbfgs.step([&] {
      lbfgs.zero_grad();
      Tensor loss = objective(picture);
      loss.backward();
      return loss;
    });
  });
}
