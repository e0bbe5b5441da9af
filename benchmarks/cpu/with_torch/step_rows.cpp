// Whole training steps in libtorch, with the layouts that it has for images.

#include <memory>

#include "../step_names.h"
#include "../work.h"
#include "models.h"

namespace bench {
namespace {

using torch::nn::Module;

/// One step of training `model` to tell `classes` classes of x apart.
template <class Optimizer, class Model, class Options> Work step(const std::shared_ptr<Model>& model,
                                                                 const Options& options, const Tensor& x,
                                                                 std::int64_t classes, std::int64_t predictions) {
  const auto optimizer = std::make_shared<Optimizer>(model->parameters(), options);
  const Tensor labels = lib::labels(classes, predictions);
  return {[=] {
    for (const Tensor& parameter : optimizer->param_groups()[0].params()) lib::clear_grad(parameter);
    lib::cross_entropy(model->forward(x), labels).backward();
    optimizer->step();
  }};
}

/// The weights of convolutions in the layout of the images.
template <class Model> std::shared_ptr<Model> in_layout(std::shared_ptr<Model> model, lib::Layout layout) {
  for (Tensor& parameter : model->parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.data().contiguous(layout));
  }
  return model;
}

torch::optim::SGDOptions momentum() { return torch::optim::SGDOptions(0.01).momentum(0.9); }

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
  add(kVggStep, [=](lib::Layout layout) {
    const std::int64_t side = sizes(224, 32);
    return step<torch::optim::SGD>(in_layout(vgg11(), layout), momentum(), lib::images({2, 3, side, side}, layout),
                                   1000, 2);
  });
  rows.push_back({.name = kLstmStep, .group = "step", .variants = one_way([=] { return lstm_step(sizes); })});
}

}  // namespace bench
