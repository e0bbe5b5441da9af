// Optimizers written outside the library, in ten lines, against arithmetic in double.

#include <cmath>
#include <filesystem>

#include <doctest/doctest.h>
#include <reel/nn/layers/linear.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/training/checkpoint.h>
#include <unistd.h>

#include "support/requirement.h"
#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Doubles = std::vector<double>;

/// Lion (Chen et al. 2023), as the doc comment of CustomOptimizer has it.
struct LionOptions {
  double lr = 1e-4, beta1 = 0.9, beta2 = 0.99;
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.beta1);
    f("beta2", o.beta2);
  }
};
struct Lion : optim::CustomOptimizer<LionOptions> {
  explicit Lion(std::vector<Group> groups) : CustomOptimizer("Lion", {{"exp_avg"}}, std::move(groups)) {}
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const LionOptions& o) override {
    const Tensor& m = state["exp_avg"];
    param.sub_(sign(m * o.beta1 + grad * (1 - o.beta1)), o.lr);
    m.mul_(o.beta2).add_(grad, 1 - o.beta2);
  }
};

/// Adadelta (Zeiler 2012) with two state tensors, checked options and a tensor that only some options need.
struct AdadeltaOptions {
  double lr = 1, rho = 0.9, eps = 1e-6;
  bool average = false;  // keeps the mean of the parameter over all steps
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("rho", o.rho);
    f("eps", o.eps);
    f("average", o.average);
  }
  void check(const optim::OptionCheck& require) const { require(rho >= 0 && rho <= 1, "rho", "in [0, 1]", rho); }
};
struct Adadelta : optim::CustomOptimizer<AdadeltaOptions> {
  explicit Adadelta(std::vector<Group> groups)
      : CustomOptimizer("Adadelta",
                        {{"square_avg"},
                         {.name = "acc_delta", .initial = [](const AdadeltaOptions&) { return 0.25; }},
                         {"average", [](const AdadeltaOptions& o) { return o.average; }}},
                        std::move(groups)) {}
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdadeltaOptions& o) override {
    const Tensor &s = state["square_avg"], &d = state["acc_delta"], &mean = state["average"];
    s.mul_(o.rho).add_(grad * grad, 1 - o.rho);
    const Tensor change = grad * sqrt(d + o.eps) / sqrt(s + o.eps);
    d.mul_(o.rho).add_(change * change, 1 - o.rho);
    param.sub_(change, o.lr);
    if (mean.defined()) mean.add_(param - mean, 1 / static_cast<double>(state.step));
  }
};

Tensor parameter() { return tensor(Doubles{1.5, -2, 0.25, 3}).requires_grad_(); }

/// The gradient of step t: anything that depends on the parameter and on t.
Tensor gradient(const Tensor& param, int t) {
  Doubles g;
  for (const double theta : param.to_vector<double>()) {
    g.push_back(0.7 * theta + std::sin(1.3 * t + static_cast<double>(g.size())));
  }
  return tensor(g);
}

}  // namespace

TEST_CASE("an optimizer of one's own follows its formula") {
  const Tensor p = parameter();
  Lion lion({{{p}, {.lr = 0.05, .beta2 = 0.8}}});
  CHECK(lion.name() == "Lion");
  Doubles theta = p.to_vector<double>(), m(4);
  for (int t = 1; t <= 7; ++t) {
    const Tensor grad = gradient(p, t);
    p.set_grad(grad);
    lion.step();
    for (std::size_t i = 0; i < 4; ++i) {
      const double g = grad.to_vector<double>()[i], u = 0.9 * m[i] + 0.1 * g;
      theta[i] -= 0.05 * (u > 0 ? 1 : -1);
      m[i] = 0.8 * m[i] + 0.2 * g;
      CHECK(p.to_vector<double>()[i] == doctest::Approx(theta[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("state tensors of one's own: initial values, some options alone, the number of the step") {
  const Tensor p = parameter(), q = parameter();
  Adadelta adadelta({{{p}, {.lr = 0.5, .average = true}}, {{q}, {.lr = 0.5}}});
  Doubles theta = p.to_vector<double>(), s(4), d(4, 0.25), mean(4);
  for (int t = 1; t <= 7; ++t) {
    const Tensor grad = gradient(p, t);
    p.set_grad(grad);
    q.set_grad(grad.clone());
    adadelta.step();
    for (std::size_t i = 0; i < 4; ++i) {
      const double g = grad.to_vector<double>()[i];
      s[i] = 0.9 * s[i] + 0.1 * g * g;
      const double change = g * std::sqrt(d[i] + 1e-6) / std::sqrt(s[i] + 1e-6);
      d[i] = 0.9 * d[i] + 0.1 * change * change;
      theta[i] -= 0.5 * change;
      mean[i] += theta[i];
      CHECK(p.to_vector<double>()[i] == doctest::Approx(theta[i]).epsilon(1e-12));
    }
  }
  CHECK(q.to_vector<double>() == p.to_vector<double>());
  const optim::StateDict state = adadelta.state_dict();
  CHECK(state.at("state.0.step").item<std::int64_t>() == 7);
  CHECK(state.at("group.0.average").item() == 1);
  CHECK(state.count("state.1.average") == 0);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(state.at("state.0.average").to_vector<double>()[i] == doctest::Approx(mean[i] / 7).epsilon(1e-12));
  }
}

TEST_CASE("an optimizer of one's own is saved in a checkpoint with its schedule, and resumes to the bit") {
  const std::string file = "reel_optim_custom_" + std::to_string(::getpid()) + ".safetensors";
  const std::string path = (std::filesystem::temp_directory_path() / file).string();
  struct Training {
    nn::Linear net{3, 2};
    Lion lion{{{net.parameters(), {.lr = 0.01}}}};
    optim::StepLR schedule{lion, 2, 0.5};

    explicit Training(std::uint64_t seed) {
      Generator generator(seed);
      for (const Tensor& p : net.parameters()) p.set_data(randn(p.shape(), {}, generator));
    }
    void run(std::uint64_t first, std::uint64_t last) {
      for (std::uint64_t t = first; t <= last; ++t) {
        Generator generator(t);
        lion.zero_grad();
        const Tensor y = net(randn({5, 3}, {}, generator));
        sum(y * y).backward();
        lion.step();
        schedule.step();
      }
    }
    training::Checkpoint checkpoint() {
      training::Checkpoint c;
      c.add("net", net);
      c.add("lion", lion);
      c.add("schedule", schedule);
      return c;
    }
  };
  Training whole(1);
  whole.run(1, 9);

  Training first(1);
  first.run(1, 4);
  first.checkpoint().save(path);
  Training second(2);
  second.checkpoint().load(path);
  std::filesystem::remove(path);
  CHECK(second.lion.lr() == 0.01 * 0.25);
  second.run(5, 9);
  CHECK(second.lion.lr() == whole.lion.lr());
  CHECK(second.net.weight.to_vector<float>() == whole.net.weight.to_vector<float>());
  CHECK(second.net.bias.to_vector<float>() == whole.net.bias.to_vector<float>());
}

TEST_CASE("errors of an optimizer of one's own") {
  const Tensor p = parameter();
  CHECK(message_of<ValueError>([&] { Adadelta({{{p}, {.rho = 2}}}); }) == "Adadelta: expected rho in [0, 1], got 2");
  CHECK(message_of<ValueError>([&] {
          Lion({{{p, p}, {}}});
        }) == "Lion: expected each parameter once, got parameter 1 of shape [4] twice");

  Adadelta adadelta({{{p}, {}}});
  adadelta.options().rho = -1;
  p.set_grad(gradient(p, 1));
  CHECK(message_of<ValueError>([&] { adadelta.step(); }) == "Adadelta: expected rho in [0, 1], got -1");
  CHECK(p.to_vector<double>() == parameter().to_vector<double>());

  adadelta.options().rho = 0.9;
  // Without a word in `check`: no option is NaN, and a rate is finite.
  adadelta.options().eps = NAN;
  CHECK(message_of<ValueError>([&] { adadelta.step(); }) == "Adadelta: expected eps in [-inf, inf], got nan");
  adadelta.options().eps = 1e-6;
  adadelta.options().lr = INFINITY;
  CHECK(message_of<ValueError>([&] { adadelta.step(); }) == "Adadelta: expected lr in [0, inf), got inf");
  adadelta.options().lr = 1;
  CHECK(p.to_vector<double>() == parameter().to_vector<double>());
  adadelta.step();
  optim::StateDict state = adadelta.state_dict();
  state.erase("state.0.square_avg");
  CHECK(message_of<ValueError>([&] { adadelta.load_state_dict(state); }) ==
        "Adadelta: expected a state with \"state.0.square_avg\"");

  struct Careless : optim::CustomOptimizer<LionOptions> {
    explicit Careless(std::vector<Group> groups) : CustomOptimizer("Careless", {{"m"}}, std::move(groups)) {}
    void update(const Tensor&, const Tensor&, const ParamState& state, const LionOptions&) override { state["v"]; }
  };
  Careless careless({{{p}, {}}});
  CHECK(message_of<ValueError>([&] { careless.step(); }) ==
        "optimizer: expected the name of a state tensor, got \"v\"");
}

TEST_CASE("the step of an optimizer of one's own is no part of a recorded step" * testing::needs_gpu) {
  const Tensor p = ones({3}, {.device = Device::cuda(), .requires_grad = true});
  p.set_grad(ones({3}, {.device = Device::cuda()}));
  Lion lion({{{p}, {.lr = 0.5}}});
  lion.step();
  cuda::Graph graph;
  CHECK(message_of<DeviceError>([&] { graph.capture([&] { lion.step(); }); }).starts_with("Lion: its step cannot be"));
  CHECK(p.to_vector<float>() == std::vector<float>{0.5, 0.5, 0.5});
  CHECK(lion.state_dict().at("state.0.step").item<std::int64_t>() == 1);
}
