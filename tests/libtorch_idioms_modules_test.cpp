// What libtorch programs write for modules, optimizers, data and files, each idiom in a test case of its own.
#include <doctest/doctest.h>

#include <reel/reel.h>

#include "support/default_device.h"

using namespace reel;

namespace {

/// Every training program has a function of this name.
double train(nn::Linear& net, optim::Optimizer& optimizer, const Tensor& x) {
  optimizer.zero_grad();
  const Tensor loss = square(net(x)).sum();
  loss.backward();
  optimizer.step();
  return loss.item();
}

}  // namespace

TEST_CASE("idiom: a program's own train() is not ambiguous") {
  nn::Linear net(zeros({1, 1}));
  optim::SGD sgd(net.parameters(), {.lr = 0.5});
  CHECK(train(net, sgd, ones({2, 1})) == 0);
}
