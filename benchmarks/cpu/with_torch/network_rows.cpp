// Training steps of networks for photographs in libtorch.

#include "../networks.h"
#include "../work.h"
#include "steps.h"

namespace bench {

void add_network_rows(Rows& rows, Sizes sizes) {
  const auto add = [&](const Network& network, const auto& make) {
    const std::int64_t batch = sizes(network.batch, 2), side = sizes(224, 64);
    rows.push_back({.name = network.step(), .group = "step", .variants = each_layout([=](lib::Layout layout) {
                                                               return step<torch::optim::SGD>(
                                                                   in_layout(make(), layout), momentum(),
                                                                   lib::images({batch, 3, side, side}, layout), 1000,
                                                                   batch);
                                                             })});
  };
  const int hidden = sizes.tiny ? 64 : 4096;
  add(kAlexNet2012, [=] { return alexnet_2012(hidden); });
  add(kAlexNet, [=] { return alexnet(hidden); });
  add(kVgg11, [=] { return vgg({1, 1, 2, 2, 2}, hidden); });
  add(kVgg16, [=] { return vgg({2, 2, 3, 3, 3}, hidden); });
  add(kGoogLeNet, [] { return std::make_shared<GoogLeNet>(); });
  add(kResNet50, [] { return resnet({3, 4, 6, 3}); });
  add(kResNet152, [] { return resnet({3, 8, 36, 3}); });
}

}  // namespace bench
