// The state and the life of module hooks and of functions as layers.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/leaks.h"

using namespace reel;

TEST_CASE("module hooks are one object each, and may remove and register hooks while they run") {
  const testing::LeakCheck leaks;
  const nn::ReLU layer;
  std::string order;
  layer.register_forward_pre_hook([n = 0](const nn::Module&, Tensors& in) mutable { in[0] = in[0] + ++n; });
  std::size_t self = 0, other = 0;
  self = layer.register_forward_hook([&, n = 0](const nn::Module& m, const Tensors&, Tensors& out) mutable {
    out[0] = out[0] * (n += 10);
    if (n < 20) return;
    m.remove_hook(self);
    m.remove_hook(other);
    m.register_forward_hook([&](const nn::Module&, const Tensors&, Tensors&) { order += "new "; });
    order += std::to_string(n) + " ";
  });
  other = layer.register_forward_hook([&](const nn::Module&, const Tensors&, Tensors&) { order += "other "; });
  std::vector<double> results;
  for (int i = 0; i < 3; ++i) results.push_back(layer(zeros({1})).item());
  CHECK(results == std::vector<double>{1 * 10, 2 * 20, 3});
  CHECK(order == "other 20 new ");
}

TEST_CASE("copies of a function as a layer call one function") {
  const testing::LeakCheck leaks;
  nn::Functional count([n = 0](const Tensor& x) mutable { return x + ++n; });
  const nn::Functional copy = count;
  nn::Sequential net(count, copy);
  const Tensor zero = zeros({1});
  CHECK(count(zero).item() == 1);
  CHECK(copy(zero).item() == 2);
  CHECK(net(zero).item() == 3 + 4);
}

TEST_CASE("a hook that holds its module keeps both alive until it is removed; one that uses its argument does not") {
  const testing::LeakCheck leaks;
  std::weak_ptr<nn::Linear> alive;
  std::size_t handle = 0;
  {
    const auto layer = std::make_shared<nn::Linear>(2, 2);
    alive = layer;
    handle = layer->register_forward_hook([layer](const nn::Module&, const Tensors&, Tensors&) {});
  }
  REQUIRE_FALSE(alive.expired());
  alive.lock()->remove_hook(handle);
  CHECK(alive.expired());

  const nn::Linear other(2, 2);
  other.register_forward_hook([](const nn::Module& m, const Tensors&, Tensors&) { m.zero_grad(); });
  other(ones({2, 2}));
}

TEST_CASE("a function, or a member of a layer, that holds the network around it keeps both alive") {
  const testing::LeakCheck leaks;
  using Holder = std::shared_ptr<std::optional<nn::Sequential>>;
  struct Child : nn::Layer<Child> {
    Holder parent;
    explicit Child(Holder net) : parent(std::move(net)) {}
    Tensor forward(const Tensor& x) const { return x; }
  };
  const auto in_function = [](const Holder& net) {
    net->emplace(nn::Functional([net](const Tensor& x) { return x; }));
  };
  const auto in_member = [](const Holder& net) { net->emplace(Child(net)); };
  for (const std::function<void(const Holder&)>& build : {std::function(in_function), std::function(in_member)}) {
    std::weak_ptr<std::optional<nn::Sequential>> alive;
    {
      const auto net = std::make_shared<std::optional<nn::Sequential>>();
      alive = net;
      build(net);
    }
    REQUIRE_FALSE(alive.expired());
    alive.lock()->reset();
    CHECK(alive.expired());
  }
}

TEST_CASE("a hook of a child that holds the network keeps both alive until it is removed") {
  const testing::LeakCheck leaks;
  std::weak_ptr<nn::Sequential> alive;
  std::size_t handle = 0;
  {
    const auto net = std::make_shared<nn::Sequential>(nn::Linear(2, 2));
    alive = net;
    handle = net->at<nn::Linear>(0).register_forward_hook([net](const nn::Module&, const Tensors&, Tensors&) {});
  }
  REQUIRE_FALSE(alive.expired());
  alive.lock()->children()[0].remove_hook(handle);
  CHECK(alive.expired());
}
