// Whole training steps in Reel.

#include <reel/nn/models/lenet.h>
#include <reel/nn/models/mlp.h>
#include <reel/nn/models/resnet.h>

#include "../step_names.h"
#include "../work.h"
#include "steps.h"

namespace bench {
namespace {

using namespace reel;

/// Every step of the sequences told apart: x is [steps * batch, features], as the labels are.
class SequenceModel : public nn::Layer<SequenceModel> {
 public:
  SequenceModel(std::int64_t size, std::int64_t classes, std::int64_t batch)
      : batch_(batch),
        lstm_(register_module("lstm", nn::LSTM(size, size))),
        head_(register_module("head", nn::Linear(size, classes))) {}
  Tensor forward(const Tensor& x) const {
    return head_(std::get<0>(lstm_(x.view({-1, batch_, x.size(1)}))).view({x.size(0), -1}));
  }

 private:
  std::int64_t batch_;
  nn::LSTM lstm_;
  nn::Linear head_;
};

}  // namespace

void add_step_rows(Rows& rows, Sizes sizes) {
  const auto add = [&](std::string name, std::function<Work()> prepare) {
    rows.push_back({.name = std::move(name), .group = "step", .variants = one_way(std::move(prepare))});
  };
  for (const std::int64_t batch : kMlpBatches) {
    const Shape x{sizes(batch, 2), 784};
    add(mlp_step(batch, "SGD"), [=] {
      return step<optim::SGD>(nn::models::MLP({784, 500, 10}), optim::SGDOptions{.lr = 0.01}, randn(x), 10);
    });
    add(mlp_step(batch, "Adam"), [=] {
      return step<optim::Adam>(nn::models::MLP({784, 500, 10}), optim::AdamOptions{}, randn(x), 10);
    });
  }
  add(kCnnStep, [=] {
    return step<optim::Adam>(nn::models::LeNet(), optim::AdamOptions{}, randn({sizes(64, 2), 1, 28, 28}), 10);
  });
  const std::int64_t side = sizes(32, 8);
  add(kResNetStep, [=] {
    return step<optim::SGD>(nn::models::ResNet(18, {.num_classes = 10, .small_images = true}), kMomentum,
                            randn({sizes(32, 2), 3, side, side}), 10);
  });
  add(kLstmStep, [=] {
    const std::int64_t steps = sizes(35, 3), batch = sizes(32, 2), classes = 64;
    return step<optim::SGD>(SequenceModel(256, classes, batch), optim::SGDOptions{.lr = 0.01},
                            randn({steps * batch, 256}), classes);
  });
}

}  // namespace bench
