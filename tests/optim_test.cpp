// Optimizers against their formulas, written out here in double.

#include <cmath>
#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/default_device.h"
#include "support/failing_allocator.h"
#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Doubles = std::vector<double>;
constexpr int kSteps = 7;

/// The gradients of step t: anything that depends on the parameter and on t.
Doubles gradient(const Doubles& theta, int t) {
  Doubles g;
  for (std::size_t i = 0; i < theta.size(); ++i) {
    g.push_back(0.7 * theta[i] + std::sin(1.3 * static_cast<double>(t) + static_cast<double>(i)));
  }
  return g;
}

Tensor f64(const Doubles& values) { return tensor(values); }

Tensor parameter() { return f64({1.5, -2, 0.25, 3}).requires_grad_(); }

void give_gradient(const Tensor& param, int t) { param.set_grad(f64(gradient(param.to_vector<double>(), t))); }

/// Runs the optimizer beside `formula(theta, g, t)`, which updates one element's theta (t counts from 1).
void check_trajectory(
    optim::Optimizer& optimizer, const Tensor& param,
    const std::function<void(std::size_t i, double& theta, double g, int t)>& formula,
    const std::function<void(int t)>& before_step = [](int) {}) {
  Doubles theta = param.to_vector<double>();
  for (int t = 1; t <= kSteps; ++t) {
    before_step(t);
    give_gradient(param, t);
    const Doubles g = gradient(theta, t);
    optimizer.step();
    for (std::size_t i = 0; i < theta.size(); ++i) formula(i, theta[i], g[i], t);
    const Doubles got = param.to_vector<double>();
    for (std::size_t i = 0; i < theta.size(); ++i) CHECK(got[i] == doctest::Approx(theta[i]).epsilon(1e-12));
  }
}

/// Every optimizer with every option in use.
struct Case {
  std::string name;
  std::function<std::unique_ptr<optim::Optimizer>(Tensors)> make;
};

std::vector<Case> all_optimizers() {
  using namespace optim;
  return {
      {"SGD", [](Tensors p) { return std::make_unique<SGD>(std::move(p), SGDOptions{.lr = 0.1}); }},
      {"SGD, momentum",
       [](Tensors p) {
         return std::make_unique<SGD>(std::move(p),
                                      SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.01});
       }},
      {"Adam", [](Tensors p) { return std::make_unique<Adam>(std::move(p), AdamOptions{.lr = 0.1}); }},
      {"Adam, amsgrad",
       [](Tensors p) {
         return std::make_unique<Adam>(std::move(p), AdamOptions{.lr = 0.1, .weight_decay = 0.1, .amsgrad = true});
       }},
      {"AdamW", [](Tensors p) { return std::make_unique<AdamW>(std::move(p), AdamWOptions{.lr = 0.1}); }},
      {"RMSprop",
       [](Tensors p) {
         return std::make_unique<RMSprop>(std::move(p), RMSpropOptions{.lr = 0.1, .momentum = 0.5, .centered = true});
       }},
      {"Adagrad",
       [](Tensors p) { return std::make_unique<Adagrad>(std::move(p), AdagradOptions{.lr = 0.1, .lr_decay = 0.1}); }}};
}

}  // namespace

TEST_CASE("SGD follows its formula, plain and with weight decay") {
  const Tensor p = parameter();
  optim::SGD sgd({p}, {.lr = 0.1, .weight_decay = 0.05});
  check_trajectory(sgd, p, [](std::size_t, double& theta, double g, int) { theta -= 0.1 * (g + 0.05 * theta); });
}

TEST_CASE("SGD follows its formula with momentum and dampening") {
  const Tensor p = parameter();
  optim::SGD sgd({p}, {.lr = 0.1, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.01});
  Doubles v(4);
  check_trajectory(sgd, p, [&](std::size_t i, double& theta, double g, int t) {
    g += 0.01 * theta;
    v[i] = t == 1 ? g : 0.9 * v[i] + 0.7 * g;
    theta -= 0.1 * v[i];
  });
}

TEST_CASE("SGD follows Nesterov's formula, and maximises on request") {
  const Tensor p = parameter();
  optim::SGD sgd({p}, {.lr = 0.1, .momentum = 0.8, .nesterov = true, .maximize = true});
  Doubles v(4);
  check_trajectory(sgd, p, [&](std::size_t i, double& theta, double g, int) {
    v[i] = 0.8 * v[i] - g;
    theta -= 0.1 * (-g + 0.8 * v[i]);
  });
}

TEST_CASE("SGD with momentum equals the textbook's form at a constant rate, and differs when the rate changes") {
  for (const bool constant : {true, false}) {
    const Tensor p = parameter();
    optim::SGD sgd({p}, {.lr = 0.1, .momentum = 0.9});
    Doubles theta = p.to_vector<double>(), v(4);
    for (int t = 1; t <= kSteps; ++t) {
      const double alpha = constant || t <= 3 ? 0.1 : 0.01;
      sgd.set_lr(alpha);
      const Doubles g = gradient({1, 2, 3, 4}, t);  // the same for both
      p.set_grad(f64(g));
      sgd.step();
      for (std::size_t i = 0; i < 4; ++i) {
        v[i] = 0.9 * v[i] - alpha * g[i];
        theta[i] += v[i];
      }
    }
    const Doubles got = p.to_vector<double>();
    for (std::size_t i = 0; i < 4; ++i) CHECK((std::abs(got[i] - theta[i]) < 1e-12) == constant);
  }
}

TEST_CASE("Adam follows its formula") {
  const Tensor p = parameter();
  optim::Adam adam({p}, {.lr = 0.05, .betas = {0.8, 0.95}, .eps = 1e-6, .weight_decay = 0.02});
  Doubles m(4), s(4);
  check_trajectory(adam, p, [&](std::size_t i, double& theta, double g, int t) {
    g += 0.02 * theta;
    m[i] = 0.8 * m[i] + 0.2 * g;
    s[i] = 0.95 * s[i] + 0.05 * g * g;
    theta -= 0.05 * m[i] / (1 - std::pow(0.8, t)) / (std::sqrt(s[i] / (1 - std::pow(0.95, t))) + 1e-6);
  });
}

TEST_CASE("Adam with amsgrad divides by the largest second moment") {
  const Tensor p = parameter();
  optim::Adam adam({p}, {.lr = 0.05, .betas = {0.8, 0.5}, .amsgrad = true});
  Doubles m(4), s(4), largest(4);
  check_trajectory(adam, p, [&](std::size_t i, double& theta, double g, int t) {
    m[i] = 0.8 * m[i] + 0.2 * g;
    s[i] = 0.5 * s[i] + 0.5 * g * g;
    largest[i] = std::max(largest[i], s[i]);
    theta -= 0.05 * m[i] / (1 - std::pow(0.8, t)) / (std::sqrt(largest[i] / (1 - std::pow(0.5, t))) + 1e-8);
  });
}

TEST_CASE("AdamW decays the parameter itself") {
  const Tensor p = parameter();
  optim::AdamW adamw({p}, {.lr = 0.05, .weight_decay = 0.1});
  Doubles m(4), s(4);
  check_trajectory(adamw, p, [&](std::size_t i, double& theta, double g, int t) {
    theta *= 1 - 0.05 * 0.1;
    m[i] = 0.9 * m[i] + 0.1 * g;
    s[i] = 0.999 * s[i] + 0.001 * g * g;
    theta -= 0.05 * m[i] / (1 - std::pow(0.9, t)) / (std::sqrt(s[i] / (1 - std::pow(0.999, t))) + 1e-8);
  });
}

TEST_CASE("RMSprop follows its formula, plain and centered with momentum") {
  for (const bool centered : {false, true}) {
    const Tensor p = parameter();
    const double momentum = centered ? 0.5 : 0;
    optim::RMSprop rmsprop({p}, {.lr = 0.02, .alpha = 0.9, .momentum = momentum, .centered = centered});
    Doubles s(4), m(4), v(4);
    check_trajectory(rmsprop, p, [&](std::size_t i, double& theta, double g, int) {
      s[i] = 0.9 * s[i] + 0.1 * g * g;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = momentum * v[i] + g / (std::sqrt(s[i] - (centered ? m[i] * m[i] : 0)) + 1e-8);
      theta -= 0.02 * v[i];
    });
  }
}

TEST_CASE("Adagrad follows its formula") {
  const Tensor p = parameter();
  optim::Adagrad adagrad({p}, {.lr = 0.1, .lr_decay = 0.2, .weight_decay = 0.01, .initial_accumulator_value = 0.5});
  Doubles s(4, 0.5);
  check_trajectory(adagrad, p, [&](std::size_t i, double& theta, double g, int t) {
    g += 0.01 * theta;
    s[i] += g * g;
    theta -= 0.1 / (1 + 0.2 * (t - 1)) * g / (std::sqrt(s[i]) + 1e-10);
  });
}

TEST_CASE("options may change between steps: momentum 0.5, then 0.9") {
  const Tensor p = parameter();
  optim::SGD sgd({p}, {.lr = 0.1, .momentum = 0.5});
  Doubles v(4);
  check_trajectory(
      sgd, p,
      [&](std::size_t i, double& theta, double g, int t) {
        v[i] = (t <= 3 ? 0.5 : 0.9) * v[i] + g;
        theta -= (t <= 5 ? 0.1 : 0.01) * v[i];
      },
      [&](int t) {
        if (t == 4) sgd.options().momentum = 0.9;
        if (t == 6) sgd.options().lr = 0.01;
      });
}

TEST_CASE("groups have options of their own: decay for the weights, none for the bias") {
  const Tensor w = f64({2, -1}).requires_grad_(), b = f64({0.5}).requires_grad_();
  optim::SGD sgd({{{w}, {.lr = 0.1, .weight_decay = 0.5}}, {{b}, {.lr = 0.2}}});
  CHECK(sgd.num_groups() == 2);
  w.set_grad(f64({1, 1}));
  b.set_grad(f64({1}));
  sgd.step();
  CHECK(w.to_vector<double>() == Doubles{2 - 0.1 * (1 + 0.5 * 2), -1 - 0.1 * (1 + 0.5 * -1)});
  CHECK(b.to_vector<double>() == Doubles{0.5 - 0.2 * 1});
  CHECK(sgd.lr(1) == 0.2);
  CHECK(message_of<IndexError>([&] { sgd.lr(2); }) == "SGD: expected a group below 2, got 2");
}

TEST_CASE("a step changes versions, and neither gradients nor parameters without one") {
  for (const Case& c : all_optimizers()) {
    INFO(c.name);
    const Tensor p = parameter(), idle = parameter();
    const auto optimizer = c.make({p, idle});
    give_gradient(p, 1);
    const Tensor grad = p.grad();
    const Doubles values = grad.to_vector<double>();
    const std::uint32_t version = p.version(), grad_version = grad.version();
    optimizer->step();
    CHECK(p.version() == version + 1);
    CHECK(p.grad().is_same(grad));
    CHECK(grad.version() == grad_version);
    CHECK(grad.to_vector<double>() == values);
    CHECK(idle.to_vector<double>() == parameter().to_vector<double>());
    CHECK(idle.version() == 0);
    CHECK(optimizer->state_dict().count("state.1.step") == 0);
  }
}

TEST_CASE("zero_grad clears, or keeps the memory") {
  const Tensor p = parameter();
  optim::SGD sgd({p}, {});
  give_gradient(p, 1);
  const Tensor grad = p.grad();
  sgd.zero_grad(false);
  CHECK(p.grad().is_same(grad));
  CHECK(grad.to_vector<double>() == Doubles{0, 0, 0, 0});
  sgd.zero_grad();
  CHECK(!p.grad().defined());

  (p * p * p).sum().backward({}, false, true);  // the gradient is on the tape itself
  CHECK(p.grad().requires_grad());
  sgd.zero_grad(false);
  CHECK(!p.grad().requires_grad());
  CHECK(p.grad().is_leaf());
  CHECK(p.grad().to_vector<double>() == Doubles{0, 0, 0, 0});
}

TEST_CASE("parameters that join or leave a group are checked by the next step") {
  const Tensor p = parameter(), q = parameter();
  optim::SGD sgd({p}, {.lr = 0.1});
  give_gradient(p, 1);
  const auto refused = [&](const Tensor& added) {
    sgd.groups()[0].params.push_back(added);
    const std::string message = message_of<Error>([&] { sgd.step(); });
    CHECK(message_of<Error>([&] { sgd.load_state_dict(sgd.state_dict()); }) == message);
    sgd.groups()[0].params.pop_back();
    CHECK(p.to_vector<double>() == parameter().to_vector<double>());
    return message;
  };
  CHECK(refused(p) == "SGD: expected each parameter once, got parameter 1 of shape [4] twice");
  CHECK(refused(Tensor()) == "SGD: expected parameter 1 to be a tensor, got an undefined one");
  CHECK(refused(p * 2) == "SGD: expected parameter 1 to be a leaf of the tape, got a result of shape [4]");
  CHECK(refused(tensor({1, 2})) == "SGD: expected parameter 1 of dtype f32, f64, f16, bf16, got i64");

  sgd.groups().push_back({{q}, {.lr = 1}});
  give_gradient(q, 1);
  sgd.step();
  CHECK(p.to_vector<double>() != parameter().to_vector<double>());
  CHECK(q.to_vector<double>() != parameter().to_vector<double>());
}

TEST_CASE("parameters and gradients may have any layout, f32 or f64, any size") {
  for (const Case& c : all_optimizers()) {
    INFO(c.name);
    for (const DType dtype : {DType::f32, DType::f64}) {
      Generator generator(1);
      const Shape shape{3, 5, 60, 70};
      const Tensor start = randn(shape, {.dtype = dtype}, generator), grad = randn(shape, {.dtype = dtype}, generator);
      const auto train = [&](const Tensor& param, const Tensor& g) {
        param.requires_grad_();
        const auto optimizer = c.make({param});
        for (int t = 0; t < 3; ++t) {
          param.set_grad(g);
          optimizer->step();
        }
        return param.to_vector<double>();
      };
      const Doubles plain = train(start.clone(), grad);
      CHECK(train(start.channels_last().clone(), grad) == plain);
      CHECK(train(start.clone(), grad.channels_last()) == plain);
      const ThreadLimit limit(1);
      CHECK(train(start.clone(), grad) == plain);
    }
  }
}

TEST_CASE("parameters that step together fare as each alone: many sizes, both dtypes, some steps missed") {
  for (const Case& c : all_optimizers()) {
    INFO(c.name);
    Generator generator(1);
    Tensors together, alone;
    for (const std::int64_t n : {1, 0, 70, 40000, 3, 32768, 100001, 5}) {
      const DType dtype = n % 2 ? DType::f32 : DType::f64;
      together.push_back(randn({n}, {.dtype = dtype}, generator).requires_grad_());
      alone.push_back(together.back().detach().clone().requires_grad_());
    }
    const auto one = c.make(together);
    std::vector<std::unique_ptr<optim::Optimizer>> each;
    for (const Tensor& param : alone) each.push_back(c.make({param}));
    for (std::size_t t = 0; t < 4; ++t) {
      for (std::size_t i = 0; i < alone.size(); ++i) {
        const Tensor grad = randn(alone[i].shape(), {.dtype = alone[i].dtype()}, generator);
        const bool missing = t < i % 3;
        together[i].set_grad(missing ? Tensor() : grad);
        alone[i].set_grad(missing ? Tensor() : grad);
        each[i]->step();
      }
      one->step();
    }
    for (std::size_t i = 0; i < alone.size(); ++i) {
      CHECK(together[i].to_vector<double>() == alone[i].to_vector<double>());
    }
  }
}

TEST_CASE("saved and loaded, an optimizer goes on to the bit") {
  for (const Case& c : all_optimizers()) {
    INFO(c.name);
    const auto run = [](const Tensor& p, optim::Optimizer& optimizer, int first, int last) {
      for (int t = first; t <= last; ++t) {
        give_gradient(p, t);
        optimizer.step();
      }
    };
    const Tensor whole = parameter();
    const auto one = c.make({whole});
    one->set_lr(0.07);
    run(whole, *one, 1, 9);

    const Tensor p = parameter();
    const auto first = c.make({p});
    first->set_lr(0.07);
    run(p, *first, 1, 4);
    optim::StateDict saved;
    for (const auto& [key, value] : first->state_dict()) saved[key] = value.clone();
    const Tensor q = p.detach().clone().requires_grad_();
    run(p, *first, 5, 6);  // goes its own way: the copy must not follow
    const auto second = c.make({q});
    second->load_state_dict(saved);
    CHECK(second->lr() == 0.07);
    run(q, *second, 5, 9);
    CHECK(q.to_vector<double>() == whole.to_vector<double>());
  }
}

TEST_CASE("memory that runs out in a step leaves parameters and state as they were") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  for (const Case& c : all_optimizers()) {
    INFO(c.name);
    const Tensor p = parameter(), q = zeros({3, 4, 2, 2}, {.dtype = DType::f64}).requires_grad_();
    const auto optimizer = c.make({p, q});
    give_gradient(p, 1);
    q.set_grad(ones({3, 4, 2, 2}, {.dtype = DType::f64}).channels_last());  // needs a copy
    const Doubles before_p = p.to_vector<double>(), before_q = q.to_vector<double>();
    int failures = 0;
    for (int allowed = 0;; ++allowed) {
      bool failed = false;
      {
        const testing::AllocationFailure failure(allowed);
        try {
          optimizer->step();
        } catch (const OutOfMemoryError&) {
          failed = true;
        }
      }
      if (!failed) break;
      ++failures;
      CHECK(p.to_vector<double>() == before_p);
      CHECK(q.to_vector<double>() == before_q);
      CHECK(optimizer->state_dict().count("state.0.step") == 0);
    }
    CHECK(failures > 0);
    CHECK(p.to_vector<double>() != before_p);
    CHECK(optimizer->state_dict().at("state.0.step").item<std::int64_t>() == 1);
  }
}

TEST_CASE("parameters that move to another dtype take their state along") {
  const Tensor p = f64({1, 2}).requires_grad_();
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  p.set_grad(f64({1, 2}));
  sgd.step();
  p.set_grad({});
  p.set_data(p.detach().to(DType::f32));
  p.set_grad(zeros({2}));
  sgd.step();
  CHECK(p.to_vector<float>() == std::vector<float>{0 - 0.5f, 0 - 1.0f});
}
