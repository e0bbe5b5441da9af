// Optimizers without kernels of their own against PyTorch's numbers and against arithmetic.

#include <cmath>
#include <fstream>
#include <memory>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/source_files.h"

using namespace reel;

namespace {

using Doubles = std::vector<double>;
using Values = std::map<std::string, double>;

Tensor parameter() { return tensor(Doubles{1.5, -2, 0.25, 3}).requires_grad_(); }

/// The gradient of step t in goldens/make_optimizers.py.
Tensor gradient(const Tensor& theta, int t) { return (0.7 * theta + sin(1.3 * t + arange(4, DType::f64))).detach(); }

template <class Optimizer, class Options> std::unique_ptr<optim::Optimizer> make(const Tensor& p, const Values& given) {
  Options options;
  Options::visit(options, [&](const std::string& name, auto& value) {
    using Value = std::remove_reference_t<decltype(value)>;
    if (const auto found = given.find(name); found != given.end()) value = static_cast<Value>(found->second);
  });
  return std::make_unique<Optimizer>(Tensors{p}, options);
}

std::unique_ptr<optim::Optimizer> make(const std::string& name, const Tensor& p, const Values& given) {
  using namespace optim;
  if (name == "Adadelta") return make<Adadelta, AdadeltaOptions>(p, given);
  if (name == "Adamax") return make<Adamax, AdamaxOptions>(p, given);
  if (name == "NAdam") return make<NAdam, NAdamOptions>(p, given);
  if (name == "RAdam") return make<RAdam, RAdamOptions>(p, given);
  return make<Lion, LionOptions>(p, given);
}

void step(optim::Optimizer& optimizer, const Tensor& p, int t, double sign = 1) {
  p.set_grad(sign * gradient(p, t));
  optimizer.step();
}

}  // namespace

TEST_CASE("optimizers have PyTorch's numbers") {
  std::ifstream file(testing::source_dir() / "tests/goldens/optimizers.txt");
  std::string line;
  int runs = 0;
  for (; std::getline(file, line); ++runs) {
    std::istringstream in(line);
    std::string name;
    std::size_t count = 0;
    in >> name >> count;
    Values options;
    for (std::size_t i = 0; i < count; ++i) {
      std::string key;
      in >> key;
      in >> options[key];
    }
    const Tensor p = parameter();
    const auto optimizer = make(name, p, options);
    CHECK(optimizer->name() == name);
    for (int t = 1; t <= 40; ++t) {
      step(*optimizer, p, t);
      if (t != 1 && t != 2 && t != 5 && t != 40) continue;
      CAPTURE(name);
      CAPTURE(t);
      for (const double value : p.to_vector<double>()) {
        double expected = 0;
        in >> expected;
        REQUIRE(!in.fail());
        CHECK(value == doctest::Approx(expected).epsilon(1e-10));
      }
    }
  }
  CHECK(runs == 6);
}

// Not against PyTorch 1.13, which multiplies mu_t into the last factor twice.
TEST_CASE("NAdam follows its formula") {
  const Tensor p = parameter();
  optim::NAdam nadam({p}, {.lr = 0.05, .betas = {0.8, 0.95}, .weight_decay = 0.1, .momentum_decay = 0.01});
  Doubles theta = p.to_vector<double>(), m(4), v(4);
  double product = 1;
  const auto mu = [](int t) { return 0.8 * (1 - std::pow(0.96, 0.01 * t) / 2); };
  for (int t = 1; t <= 400; ++t) {
    const Doubles grad = gradient(p, t).to_vector<double>();
    step(nadam, p, t);
    product *= mu(t);
    for (std::size_t i = 0; i < 4; ++i) {
      const double g = grad[i] + 0.1 * theta[i];
      m[i] = 0.8 * m[i] + 0.2 * g;
      v[i] = 0.95 * v[i] + 0.05 * g * g;
      const double root = std::sqrt(v[i] / (1 - std::pow(0.95, t))) + 1e-8;
      theta[i] -= 0.05 * ((1 - mu(t)) / (1 - product) * g + mu(t + 1) / (1 - product * mu(t + 1)) * m[i]) / root;
      CHECK(p.to_vector<double>()[i] == doctest::Approx(theta[i]).epsilon(1e-9));
    }
  }
}

TEST_CASE("Lion follows its formula, with the decay beside the gradient") {
  const Tensor p = parameter();
  optim::Lion lion({p}, {.lr = 0.05, .betas = {0.9, 0.8}, .weight_decay = 0.1});
  Doubles theta = p.to_vector<double>(), m(4);
  for (int t = 1; t <= 9; ++t) {
    const Doubles g = gradient(p, t).to_vector<double>();
    step(lion, p, t);
    for (std::size_t i = 0; i < 4; ++i) {
      theta[i] = theta[i] * (1 - 0.05 * 0.1) - 0.05 * (0.9 * m[i] + 0.1 * g[i] > 0 ? 1 : -1);
      m[i] = 0.8 * m[i] + 0.2 * g[i];
      CHECK(p.to_vector<double>()[i] == doctest::Approx(theta[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("decoupled decay shrinks the parameters before the step, and leaves the moments alone") {
  for (const std::string name : {"NAdam", "RAdam"}) {
    CAPTURE(name);
    const Tensor p = parameter(), q = parameter();
    const auto decayed = make(name, p, {{"lr", 0.1}, {"weight_decay", 0.5}, {"decoupled_weight_decay", 1}});
    const auto plain = make(name, q, {{"lr", 0.1}});
    const Tensor grad = gradient(p, 1);
    p.set_grad(grad);
    q.set_grad(grad.clone());
    decayed->step();
    plain->step();
    const Tensor moved = q.detach() - parameter().detach();
    CHECK(allclose(p.detach(), parameter().detach() * (1 - 0.1 * 0.5) + moved, 1e-12, 1e-12));
  }
}

TEST_CASE("maximize climbs as far as the opposite gradient descends; saved runs go on bit for bit") {
  for (const std::string name : {"Adadelta", "Adamax", "NAdam", "RAdam", "Lion"}) {
    CAPTURE(name);
    const Tensor up = parameter(), down = parameter(), resumed = parameter();
    const auto climbs = make(name, up, {{"maximize", 1}}), descends = make(name, down, {});
    for (int t = 1; t <= 8; ++t) {
      step(*climbs, up, t, -1);
      step(*descends, down, t);
    }
    CHECK(up.to_vector<double>() == down.to_vector<double>());
    const auto other = make(name, resumed, {{"lr", 7}});
    other->load_state_dict(descends->state_dict());
    CHECK(other->lr() == descends->lr());
    {
      const NoGradGuard no_grad;
      resumed.copy_(down);
    }
    for (int t = 9; t <= 12; ++t) {
      step(*descends, down, t);
      step(*other, resumed, t);
    }
    CHECK(resumed.to_vector<double>() == down.to_vector<double>());
  }
}
