// Whole training steps in libtorch, with the layouts that it has for images.

#include <memory>

#include "../step_names.h"
#include "../work.h"
#include "models.h"
#include "steps.h"

namespace bench {
namespace {

void add_mlp(Rows& rows, Sizes sizes, std::int64_t batch) {
  const std::int64_t size = sizes(batch, 2);
  const auto add = [&](const std::string& optimizer, std::function<Work()> prepare) {
    rows.push_back({.name = mlp_step(batch, optimizer), .group = "step", .variants = one_way(std::move(prepare))});
  };
  add("SGD", [=] {
    return step<torch::optim::SGD>(mlp(), torch::optim::SGDOptions(0.01), lib::randn({size, 784}), 10, size);
  });
  add("Adam", [=] {
    return step<torch::optim::Adam>(mlp(), torch::optim::AdamOptions(1e-3), lib::randn({size, 784}), 10, size);
  });
}

Work lstm_step(Sizes sizes) {
  const std::int64_t steps = sizes(35, 3), batch = sizes(32, 2), classes = 64;
  return step<torch::optim::SGD>(std::make_shared<SequenceModel>(256, classes), torch::optim::SGDOptions(0.01),
                                 lib::randn({steps, batch, 256}), classes, steps * batch);
}

}  // namespace

void add_step_rows(Rows& rows, Sizes sizes) {
  for (const std::int64_t batch : kMlpBatches) add_mlp(rows, sizes, batch);
  const auto add = [&](std::string name, const std::function<Work(lib::Layout)>& prepare) {
    rows.push_back({.name = std::move(name), .group = "step", .variants = each_layout(prepare)});
  };
  add(kCnnStep, [=](lib::Layout layout) {
    const std::int64_t batch = sizes(64, 2);
    return step<torch::optim::Adam>(in_layout(cnn(), layout), torch::optim::AdamOptions(1e-3),
                                    lib::images({batch, 1, 28, 28}, layout), 10, batch);
  });
  add(kResNetStep, [=](lib::Layout layout) {
    const std::int64_t batch = sizes(32, 2), side = sizes(32, 8);
    return step<torch::optim::SGD>(in_layout(std::make_shared<ResNet18>(), layout), momentum(),
                                   lib::images({batch, 3, side, side}, layout), 10, batch);
  });
  rows.push_back({.name = kLstmStep, .group = "step", .variants = one_way([=] { return lstm_step(sizes); })});
}

}  // namespace bench
