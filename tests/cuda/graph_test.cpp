// Recorded steps: a replay does what the step does.

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>

#include "support/op_runs.h"
#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

const Device kGpu = Device::cuda();

/// A small network with everything that changes from step to step: dropout, batch norm's statistics, an optimizer.
struct Net : nn::Module {
  nn::Conv2d conv = register_module("conv", nn::Conv2d(1, 4, 3, {.padding = 1}));
  nn::BatchNorm2d norm = register_module("norm", nn::BatchNorm2d(4));
  nn::Linear out = register_module("out", nn::Linear(4 * 4 * 4, 3));

  Tensor forward(const Tensor& x) {
    const Tensor y = max_pool2d(relu(norm(conv(x))), 2);
    return out(dropout(flatten(y, 1), 0.25));
  }
};

/// What is left after `steps` training steps: the losses and all parameters.
struct Outcome {
  std::vector<float> losses;
  Tensors state;
};

Outcome train(int steps, bool recorded, const std::function<std::unique_ptr<optim::Optimizer>(const Tensors&)>& make) {
  manual_seed(3);
  Net net;
  net.to(kGpu);
  const auto optimizer = make(net.parameters());
  const Tensor images = empty({5, 1, 8, 8}, {.device = kGpu}),
               labels = zeros({5}, {.dtype = DType::i64, .device = kGpu});
  Tensor loss;
  const auto step = [&] {
    optimizer->zero_grad();
    loss = cross_entropy(net.forward(images), labels);
    loss.backward();
    optimizer->step();
    loss = loss.detach();
  };
  Outcome outcome;
  cuda::Graph graph;
  for (int i = 0; i < steps; ++i) {
    images.copy_(uniform({5, 1, 8, 8}, -1, 1, static_cast<std::uint64_t>(i)).to(kGpu, DType::f32));
    labels.fill_(i % 3);
    if (i == 3) optimizer->set_lr(optimizer->lr() / 2);  // a schedule goes on through replays
    if (!recorded || i < 2) step();
    else if (i == 2) graph.capture(step);
    else graph.replay();
    outcome.losses.push_back(loss.item<float>());
  }
  for (const auto& [name, value] : net.state_dict()) outcome.state.push_back(value.cpu());
  return outcome;
}

void check_same(const std::function<std::unique_ptr<optim::Optimizer>(const Tensors&)>& make) {
  const Outcome eager = train(7, false, make), recorded = train(7, true, make);
  CHECK(eager.losses == recorded.losses);
  REQUIRE(eager.state.size() == recorded.state.size());
  for (std::size_t i = 0; i < eager.state.size(); ++i) CHECK(difference(recorded.state[i], eager.state[i], 0) == "");
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a recorded training step leaves the same numbers as the eager one" * needs_gpu) {
  SUBCASE("SGD with momentum") {
    check_same([](const Tensors& p) {
      return std::make_unique<optim::SGD>(p, optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
    });
  }
  SUBCASE("Adam") {
    check_same([](const Tensors& p) { return std::make_unique<optim::Adam>(p, optim::AdamOptions{.lr = 0.01}); });
  }
  SUBCASE("AdamW") {
    check_same([](const Tensors& p) { return std::make_unique<optim::AdamW>(p, optim::AdamWOptions{.lr = 0.01}); });
  }
  SUBCASE("RMSprop") {
    check_same([](const Tensors& p) { return std::make_unique<optim::RMSprop>(p, optim::RMSpropOptions{.lr = 0.01}); });
  }
}

TEST_CASE("what cannot be recorded is refused, and leaves everything as it was" * needs_gpu) {
  const Tensor x = ones({3}, {.device = kGpu}), host = ones({3}, {.device = Device::cpu()});
  const auto refused = [&](const std::function<void()>& step) {
    cuda::Graph graph;
    const std::string message = message_of<DeviceError>([&] { graph.capture(step); });
    CHECK_FALSE(graph.is_captured());
    CHECK_FALSE(cuda::is_capturing());
    return message;
  };
  CHECK(contains(refused([&] { sum(x).item(); }), "cannot be part of a recorded step"));
  CHECK(contains(refused([&] { x.cpu(); }), "a copy to the CPU cannot be part of a recorded step"));
  CHECK(contains(refused([&] { x.add_(host.to(kGpu)); }), "a copy from the CPU cannot be part of a recorded step"));
  CHECK(contains(refused([&] { cuda::synchronize(); }), "waiting for the GPU cannot be part"));
  CHECK(contains(refused([&] { nonzero(x); }), "cannot be part of a recorded step"));
  const Tensor p = ones({3}, {.device = kGpu, .requires_grad = true});
  optim::Adam adam({p}, {});
  CHECK(contains(refused([&] {
                   sum(p * p).backward();
                   adam.step();
                 }),
                 "first step"));
  CHECK(p.to_vector<float>() == std::vector<float>{1, 1, 1});
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1, 1});  // nothing of the refused steps has run
}

TEST_CASE("misuse of a graph" * needs_gpu) {
  const Tensor x = zeros({2}, {.device = kGpu});
  cuda::Graph graph;
  CHECK_THROWS_AS(graph.replay(), ValueError);
  graph.capture([&] { x.add_(1); });
  CHECK(graph.is_captured());
  CHECK_THROWS_AS(graph.capture([] {}), ValueError);
  graph.replay();
  graph.replay();
  CHECK(x.to_vector<float>() == std::vector<float>{3, 3});
  cuda::Graph other;
  CHECK_THROWS_AS(other.capture([&] { cuda::Graph().capture([] {}); }), ValueError);
  CHECK_THROWS_AS(other.capture([&] { graph.replay(); }), DeviceError);
  cuda::Graph moved = std::move(graph);
  moved.replay();
  CHECK(x.to_vector<float>() == std::vector<float>{4, 4});
}

TEST_CASE("the memory of a recorded step belongs to the graph" * needs_gpu) {
  const Tensor x = ones({1000}, {.device = kGpu});
  Tensor y;
  {
    cuda::Graph graph;
    graph.capture([&] { y = (x + 1) * 2; });
    const Tensor others = full({1000}, 9, {.device = kGpu});  // must not get what the step used
    x.fill_(2);
    graph.replay();
    CHECK(y.to_vector<float>() == std::vector<float>(1000, 6));
    CHECK(others.to_vector<float>() == std::vector<float>(1000, 9));
  }
  CHECK(y.to_vector<float>() == std::vector<float>(1000, 6));  // outlives the graph
}
