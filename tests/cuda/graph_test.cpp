// Recorded steps: a replay does what the step does.

#include <functional>
#include <optional>
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

namespace {

/// Adds up gradients.
struct SumOptions {
  double lr = 1;
  template <class Self, class F> static void visit(Self& o, F&& f) { f("lr", o.lr); }
};
struct Sum : optim::CustomOptimizer<SumOptions> {
  explicit Sum(const Tensor& param) : CustomOptimizer("Sum", {{"sum"}}, {{{param}, {}}}) {}
  void update(const Tensor&, const Tensor& grad, const ParamState& state, const SumOptions&) override {
    state["sum"].add_(grad);
  }
};

/// What capturing a step of the optimizer throws.
template <class E> std::string refused_step(optim::Optimizer& optimizer) {
  cuda::Graph graph;
  return message_of<E>([&] { graph.capture([&] { optimizer.step(); }); });
}

Tensor gpu_parameter() {
  const Tensor p = ones({2, 3}, {.device = kGpu, .requires_grad = true});
  p.set_grad(ones({2, 3}, {.device = kGpu}));
  return p;
}

std::vector<float> ones_times(float value) { return std::vector<float>(6, value); }

}  // namespace

TEST_CASE("state that must follow its parameter is not moved in a recorded step" * needs_gpu) {
  const auto move = [](const Tensor& p, const Tensor& to) {
    p.set_grad({});
    p.set_data(to);
    p.set_grad(ones_like(to));
  };
  const auto check = [&](const auto& moved) {
    const Tensor p = gpu_parameter();
    optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
    sgd.step();
    move(p, moved(p.detach()));
    const Tensor velocity = sgd.state_dict().at("state.0.momentum_buffer");
    CHECK(contains(refused_step<DeviceError>(sgd), "take a step before the capture"));
    CHECK(sgd.state_dict().at("state.0.momentum_buffer").is_same(velocity));
    CHECK(sgd.state_dict().at("state.0.step").item<std::int64_t>() == 1);
    sgd.step();  // moves it: 1 + 1.5 down
    cuda::Graph graph;
    graph.capture([&] { sgd.step(); });
    graph.replay();
    CHECK(p.to(DType::f32).to_vector<float>() == ones_times(1 - 1 - 1.5f - 1.75f - 1.875f));
  };
  check([](const Tensor& p) { return p.to(DType::f64); });
  check([](const Tensor& p) { return p.transpose(0, 1).contiguous().transpose(0, 1); });
}

TEST_CASE("a refused step of an optimizer of one's own touches no state, and says that it never can" * needs_gpu) {
  const Tensor p = gpu_parameter();
  Sum sum(p);
  CHECK(contains(refused_step<DeviceError>(sum), "Sum: its step cannot be part of a recorded step"));
  sum.step();
  const Tensor state = sum.state_dict().at("state.0.sum");
  p.set_grad({});
  p.set_data(p.detach().to(DType::f64));
  p.set_grad(ones_like(p.detach()));
  CHECK(contains(refused_step<DeviceError>(sum), "Sum: its step cannot be part of a recorded step"));
  CHECK(sum.state_dict().at("state.0.sum").is_same(state));
}

TEST_CASE("a step that a graph has no room for is not counted" * needs_gpu) {
  const Tensor p = gpu_parameter(), q = gpu_parameter();
  optim::Adam adam({{{p}, {}}, {{q}, {}}});
  adam.step();
  const std::uint32_t version = p.version();
  const std::vector<std::uint64_t> words((1u << 16) - 4);  // leaves room for one group's numbers
  cuda::Graph graph;
  CHECK_THROWS_AS(graph.capture([&] {
    cuda::step_values(words, [](std::span<std::uint64_t>) {});
    adam.step();
  }),
                  ValueError);
  CHECK(p.version() == version);
  CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 1);
  CHECK(adam.state_dict().at("state.1.step").item<std::int64_t>() == 1);
}

TEST_CASE("a recorded step goes on from the state that is loaded" * needs_gpu) {
  const Tensor p = gpu_parameter();
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  sgd.step();  // velocity 1
  optim::StateDict saved;
  for (const auto& [key, value] : sgd.state_dict()) saved[key] = value.clone();
  cuda::Graph graph;
  graph.capture([&] { sgd.step(); });  // 1.5
  graph.replay();                      // 1.75
  sgd.load_state_dict(saved);
  graph.replay();  // 1.5 again
  CHECK(p.to_vector<float>() == ones_times(1 - 1 - 1.5f - 1.75f - 1.5f));
  CHECK(sgd.state_dict().at("state.0.step").item<std::int64_t>() == 2);
  sgd.step();  // and the next step goes on from there
  CHECK(p.to_vector<float>() == ones_times(1 - 1 - 1.5f - 1.75f - 1.5f - 1.75f));

  cuda::Graph other;
  CHECK(contains(message_of<DeviceError>([&] { other.capture([&] { sgd.load_state_dict(saved); }); }),
                 "SGD: load_state_dict cannot be part of a recorded step"));
}

TEST_CASE("a recorded step may be replayed when its parameter has left the optimizer" * needs_gpu) {
  const Tensor p = gpu_parameter(), q = gpu_parameter();
  optim::SGD sgd({p}, {.lr = 1});
  sgd.step();
  cuda::Graph graph;
  graph.capture([&] { sgd.step(); });
  sgd.groups()[0].params = {q};
  sgd.step();
  optim::StateDict state;
  for (const auto& [key, value] : sgd.state_dict()) state[key] = value.clone();
  sgd.load_state_dict(state);  // drops the state of p
  graph.replay();
  CHECK(p.to_vector<float>() == ones_times(1 - 3));
}

TEST_CASE("a recorded step goes on as it was when its optimizer and its generator are gone" * needs_gpu) {
  const Tensor p = gpu_parameter(), q = gpu_parameter(), noise = zeros({5}, {.device = kGpu});
  std::optional<optim::SGD> sgd(std::in_place, Tensors{p}, optim::SGDOptions{.lr = 1, .momentum = 0.5});
  std::optional<Generator> generator(std::in_place, 7);
  cuda::Graph graph;
  sgd->step();  // velocity 1
  graph.capture([&] {
    sgd->step();  // 1.5
    noise.copy_(rand({5}, {.device = kGpu}, *generator));
  });
  sgd.emplace(Tensors{q}, optim::SGDOptions{.lr = 1000});  // in the same memory
  generator.emplace(8);
  graph.replay();  // 1.75
  CHECK(p.to_vector<float>() == ones_times(1 - 1 - 1.5f - 1.75f));
  CHECK(q.to_vector<float>() == ones_times(1));
  Generator same(7);
  same.next();
  CHECK(noise.to_vector<float>() == rand({5}, {}, same).to_vector<float>());
  CHECK(generator->state().offset == 0);
}

TEST_CASE("the optimizer's two steps in one recorded step are counted one after the other" * needs_gpu) {
  const auto steps = [](bool recorded) {
    const Tensor p = gpu_parameter();
    optim::Adam adam({p}, {.lr = 0.1});
    adam.step();
    cuda::Graph graph;
    const auto both = [&] {
      adam.step();
      adam.step();
    };
    recorded ? graph.capture(both) : both();
    recorded ? graph.replay() : both();
    CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 5);
    return p.to_vector<float>();
  };
  CHECK(steps(true) == steps(false));
}

TEST_CASE("a replay whose optimizer has lost a group is refused, and counts no step" * needs_gpu) {
  const Tensor p = gpu_parameter(), q = gpu_parameter();
  optim::SGD sgd({{{p}, {.lr = 1}}, {{q}, {.lr = 2}}});
  sgd.step();
  cuda::Graph graph;
  graph.capture([&] { sgd.step(); });
  const auto group = sgd.groups().back();
  sgd.groups().pop_back();
  CHECK(
      contains(message_of<IndexError>([&] { graph.replay(); }), "SGD: a recorded step updates group 1, got 1 groups"));
  CHECK(sgd.state_dict().at("state.0.step").item<std::int64_t>() == 2);
  sgd.groups().push_back(group);
  graph.replay();
  CHECK(sgd.state_dict().at("state.0.step").item<std::int64_t>() == 3);
  CHECK(p.to_vector<float>() == ones_times(1 - 3));
  CHECK(q.to_vector<float>() == ones_times(1 - 6));
}

TEST_CASE("a recorded step skips an overflow on the GPU, and the scale backs off and grows as without recording" *
          needs_gpu) {
  const auto train_scaled = [](bool recorded) {
    const Tensor x = ones({4, 2}, {.device = kGpu}), w = ones({2, 1}, {.device = kGpu}).requires_grad_();
    optim::SGD sgd({w}, {.lr = 0.125, .momentum = 0.5});
    optim::GradScaler scaler({.init_scale = 16, .growth_interval = 2}, kGpu);
    cuda::Graph graph;
    const auto step = [&] {
      sgd.zero_grad();
      scaler.scale(autocast(DType::f16, [&] { return square(matmul(x, w)).mean(); })).backward();
      scaler.step(sgd);
      scaler.update();
    };
    std::vector<double> seen;
    for (int i = 0; i < 8; ++i) {
      x.fill_(i == 4 ? 1e5 : 0.25 * i);  // 1e5 is infinite in f16
      if (!recorded || i < 2) step();
      else if (i == 2) graph.capture(step);
      else graph.replay();
      seen.push_back(scaler.get_scale());
      for (const double v : w.to_vector<double>()) seen.push_back(v);
    }
    return seen;
  };
  const std::vector<double> eager = train_scaled(false);
  CHECK(train_scaled(true) == eager);
  CHECK(eager[3 * 4] == eager[3 * 3] / 2);      // backed off,
  CHECK(eager[3 * 4 + 1] == eager[3 * 3 + 1]);  // without a step
  CHECK(eager[3 * 6] == eager[3 * 4] * 2);      // and grew again
}

namespace {

/// Adam's parameter, the scale and the count of steps after each of `kRuns` steps of which some overflow: all without
/// recording, or from the third on as replays of a graph, or of two graphs that take turns.
constexpr int kRuns = 12;
std::vector<double> train_scaled_adam(int graphs, bool ask_for_state) {
  const Tensor x = ones({4, 2}, {.device = kGpu}), w = ones({2, 1}, {.device = kGpu}).requires_grad_();
  optim::Adam adam({w}, 0.1);
  optim::GradScaler scaler({.init_scale = 16, .growth_interval = 3}, kGpu);
  std::vector<cuda::Graph> recorded(static_cast<std::size_t>(graphs));
  const auto step = [&] {
    adam.zero_grad();
    scaler.scale(autocast(DType::f16, [&] { return square(matmul(x, w)).mean(); })).backward();
    scaler.step(adam);
    scaler.update();
  };
  std::vector<double> seen;
  for (int i = 0; i < kRuns; ++i) {
    const bool overflows = i == 2 || i == 4 || i == 5 || i == 9 || i == kRuns - 1;
    x.fill_(overflows ? 1e5 : 0.1 * (i + 1));  // 1e5 is infinite in f16
    if (i < 2 || graphs == 0) {
      step();
    } else {
      cuda::Graph& graph = recorded[static_cast<std::size_t>(i % graphs)];
      if (graph.is_captured()) graph.replay();
      else graph.capture(step);
    }
    seen.push_back(scaler.get_scale());
    for (const double v : w.to_vector<double>()) seen.push_back(v);
    if (ask_for_state) seen.push_back(adam.state_dict().at("state.0.step").item());
  }
  recorded.clear();  // what the last replay did is known without its graph
  seen.push_back(adam.state_dict().at("state.0.step").item());
  x.fill_(1);
  step();
  for (const double v : w.to_vector<double>()) seen.push_back(v);
  return seen;
}

}  // namespace

TEST_CASE("a recorded step of Adam that is skipped does not count" * needs_gpu) {
  for (const bool ask_for_state : {false, true}) {
    const std::vector<double> eager = train_scaled_adam(0, ask_for_state);
    CHECK(eager[eager.size() - 3] == kRuns - 5);
    CHECK(train_scaled_adam(1, ask_for_state) == eager);
    CHECK(train_scaled_adam(2, ask_for_state) == eager);
  }
}

TEST_CASE("a loaded state counts as it is, whatever the last replay has skipped" * needs_gpu) {
  const Tensor p = gpu_parameter(), skip = zeros({}, {.device = kGpu});
  optim::Adam adam({p}, 0.1);
  adam.step();
  optim::StateDict saved;
  for (const auto& [key, value] : adam.state_dict()) saved[key] = value.clone();
  cuda::Graph graph;
  graph.capture([&] {
    adam.step_unless(skip);
    skip.fill_(0);  // the optimizer keeps what it has seen
  });
  CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 2);
  skip.fill_(1);
  graph.replay();
  CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 2);
  skip.fill_(1);
  graph.replay();
  adam.load_state_dict(saved);
  CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 1);
}
