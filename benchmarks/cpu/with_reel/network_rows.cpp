// Training steps of networks for photographs in Reel.

#include <reel/nn/models/alexnet.h>
#include <reel/nn/models/googlenet.h>
#include <reel/nn/models/resnet.h>
#include <reel/nn/models/vgg.h>

#include "../networks.h"
#include "../work.h"
#include "own_rows.h"
#include "steps.h"

namespace bench {
namespace {

namespace models = reel::nn::models;

template <class Make> std::vector<Variant> photograph_step(const Network& network, Sizes sizes, const Make& make) {
  const std::int64_t batch = sizes(network.batch, 2), side = sizes(224, 64);
  return one_way([=] { return step<reel::optim::SGD>(make(), kMomentum, reel::randn({batch, 3, side, side}), 1000); });
}

}  // namespace

void add_network_rows(Rows& rows, Sizes sizes) {
  const double width = sizes.tiny ? 1.0 / 16 : 1;
  const auto add = [&](const Network& network, const auto& make) {
    rows.push_back({.name = network.step(), .group = "step", .variants = photograph_step(network, sizes, make)});
  };
  add(kAlexNet2012, [=] { return models::AlexNet({.width = width}); });
  add(kAlexNet, [=] { return models::AlexNetV2({.width = width}); });
  add(kVgg11, [=] { return models::VGG(models::VGGNet::A, {.width = width}); });
  add(kVgg16, [=] { return models::VGG(models::VGGNet::D, {.width = width}); });
  add(kGoogLeNet, [=] { return models::GoogLeNet({.torchvision = true, .width = width}); });
  add(kResNet50, [] { return models::ResNet(50); });
  add(kResNet152, [] { return models::ResNet(152); });
}

void add_checkpoint_rows(Rows& rows, Sizes sizes) {
  rows.push_back(
      {.name = kResNet152.step() + ", checkpointed",
       .group = "checkpoint",
       .variants = photograph_step(kResNet152, sizes, [] { return models::ResNet(152, {.checkpoint = true}); }),
       .beside = {kResNet152.step()}});
}

}  // namespace bench
