// Tensor hooks and retain_grad.

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/op.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/deadline.h"
#include "support/default_device.h"
#include "support/leaks.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

Tensor leaf64(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .requires_grad = true}); }

/// The identity, whose backward makes a call.
struct Calling {
  static constexpr std::string_view name = "test_calling";
  std::function<void()> call;
  Tensor forward(Context&, const Tensor& x) const { return x.clone(); }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    call();
    return {grad};
  }
};

}  // namespace

TEST_CASE("hooks see the whole gradient once and may replace it, on leaves and non-leaves") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0});
  const Tensor y = x * x;
  int calls = 0;
  y.register_hook([&](const Tensor& g) {
    ++calls;
    CHECK(g.to_vector<double>() == std::vector<double>{3, 3});
    return g * 10;
  });
  x.register_hook([&](const Tensor& g) {
    ++calls;
    return g + 1;
  });
  sum(y + y * 2).backward();
  CHECK(calls == 2);
  CHECK(x.grad().to_vector<double>() == std::vector<double>{61, 121});
}

TEST_CASE("hooks run in order, can be removed, and can remove themselves") {
  const Tensor x = leaf64(1.0);
  std::string order;
  const std::size_t a = x.register_hook([&](const Tensor&) {
    order += "a";
    return Tensor();
  });
  std::size_t b = 0;
  b = x.register_hook([&](const Tensor&) {
    order += "b";
    x.remove_hook(b);
    return Tensor();
  });
  x.register_hook([&](const Tensor&) {
    order += "c";
    return Tensor();
  });
  (x * 1).backward();
  CHECK(order == "abc");
  x.remove_hook(a);
  (x * 1).backward();
  CHECK(order == "abcc");
}

TEST_CASE("a hook is one object for its whole life: it may count in a variable of its own") {
  const LeakCheck leaks;
  const Tensor x = leaf64(1.0), y = x * 1;
  x.register_hook([n = 0](const Tensor& g) mutable { return g * ++n; });
  y.register_hook([n = 1](const Tensor& g) mutable { return g * (n *= 10); });
  for (int i = 0; i < 3; ++i) y.backward({}, true);
  CHECK(x.grad().item() == 1 * 10 + 2 * 100 + 3 * 1000);
  CHECK(grad({y}, {x})[0].item() == 4 * 10000);
}

TEST_CASE("a hook that removes others or registers new ones: those run no more, these from the next pass on") {
  const LeakCheck leaks;
  const Tensor x = leaf64(1.0);
  std::string order;
  const auto note = [&](char c) {
    return [&order, c](const Tensor&) {
      order += c;
      return Tensor();
    };
  };
  const std::size_t a = x.register_hook(note('a'));
  std::size_t b = 0, c = 0;
  b = x.register_hook([&, state = std::make_shared<std::string>("b")](const Tensor&) {
    x.remove_hook(a);
    x.remove_hook(b);  // itself
    x.remove_hook(c);
    x.register_hook(note('e'));
    order += *state;  // what it holds is there until it returns
    return Tensor();
  });
  c = x.register_hook(note('c'));
  x.register_hook(note('d'));
  for (int i = 0; i < 3; ++i) (x * 1).backward();
  CHECK(order ==
        "abd"
        "de"
        "de");
}

TEST_CASE("a hook that holds its tensor keeps both alive until it is removed") {
  const LeakCheck leaks;
  std::weak_ptr<Tensor> alive;
  std::size_t handle = 0;
  {
    const auto x = std::make_shared<Tensor>(leaf64(1.0));
    alive = x;
    handle = x->register_hook([x](const Tensor& g) { return g; });
  }
  REQUIRE_FALSE(alive.expired());
  alive.lock()->requires_grad_(false);  // the hook stays, for when the tensor requires grad again
  CHECK_FALSE(alive.expired());
  alive.lock()->remove_hook(handle);
  CHECK(alive.expired());
}

TEST_CASE("a hook that changes its argument in place is told to return a new tensor, and no .grad changes") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({3.0, 4.0});
  const Tensor y = x + 0;
  const auto message = [&](const Tensor& t, const std::function<Tensor(const Tensor&)>& hook) {
    const std::size_t handle = t.register_hook(hook);
    std::string text = message_of<AutogradError>([&] { sum((y + w) * 2).backward(); });
    t.remove_hook(handle);
    return text;
  };
  const std::string expected =
      "hook: expected a hook to leave its argument as it is, got a gradient of shape [2] that was changed in place; "
      "return a new tensor instead";
  for (const Tensor& t : {x, y, w}) {
    CHECK(message(t, [](const Tensor& g) { return g.mul_(5); }) == expected);
    CHECK(message(t, [](const Tensor& g) {
            g.detach()[0].fill_(5);
            return Tensor();
          }) == expected);
    CHECK(message(t, [](const Tensor& g) {
            g.set_data(g.clone());
            return Tensor();
          }) == expected);
    CHECK_FALSE(x.grad().defined());
    CHECK_FALSE(w.grad().defined());
  }
  CHECK(message(x, [](const Tensor& g) { return g.clone().mul_(5); }) == "nothing was thrown");
  CHECK(x.grad().to_vector<double>() == std::vector<double>{10, 10});
  CHECK(w.grad().to_vector<double>() == std::vector<double>{2, 2});
}

TEST_CASE("grad runs hooks too, and returns what they replace") {
  const Tensor x = leaf64(3.0);
  const Tensor y = x * x;
  y.register_hook([](const Tensor& g) { return g * 2; });
  const Tensors g = grad({y * 5}, {y, x});
  CHECK(g[0].item() == 10);
  CHECK(g[1].item() == 60);
}

TEST_CASE("a hook that throws, or returns a gradient that does not fit, changes no .grad") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({1.0, 1.0});
  const std::size_t thrower = x.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("hook"); });
  CHECK_THROWS_WITH_AS(sum(x * w).backward(), "hook", std::runtime_error);
  CHECK_FALSE(w.grad().defined());
  x.remove_hook(thrower);
  x.register_hook([](const Tensor&) { return ones({3}, {.dtype = DType::f64}); });
  CHECK_THROWS_AS(sum(x * w).backward(), AutogradError);
  CHECK_FALSE(w.grad().defined());
  CHECK_FALSE(x.grad().defined());
  CHECK_THROWS_AS(ones({1}).register_hook([](const Tensor&) { return Tensor(); }), AutogradError);
}

TEST_CASE("with create_graph a hook's result is part of the graph") {
  const Tensor x = leaf64(2.0);
  const Tensor y = x * x;
  y.register_hook([&](const Tensor& g) { return g * g; });
  const Tensor seed = leaf64(3.0);
  const Tensor g = grad({y}, {x}, {.grad_outputs = {seed}, .create_graph = true})[0];
  CHECK(g.item() == 36);                     // seed^2 * 2x
  CHECK(grad({g}, {seed})[0].item() == 24);  // 2 seed * 2x
}

TEST_CASE("retain_grad keeps and adds up the gradient of a non-leaf, after its hooks") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0});
  const Tensor y = x * x;
  y.retain_grad();
  y.retain_grad();  // a second time changes nothing
  y.register_hook([](const Tensor& g) { return g * 2; });
  const Tensor z = sum(y * 3);
  z.backward({}, true);
  CHECK(y.grad().to_vector<double>() == std::vector<double>{6, 6});
  z.backward();
  CHECK(y.grad().to_vector<double>() == std::vector<double>{12, 12});
  CHECK(x.grad().to_vector<double>() == std::vector<double>{24, 48});
  x.retain_grad();  // leaves do anyway
  CHECK_THROWS_AS(ones({1}).retain_grad(), AutogradError);
}

TEST_CASE("a tensor that detach_ took off the tape keeps its gradient and gets no more of the graph that it left") {
  const LeakCheck leaks;
  using Order = void (*)(const Tensor& older, const Tensor& newer);
  const Order at_once = [](const Tensor& older, const Tensor& newer) { backward({older, newer}); };
  const Order newer_first = [](const Tensor& older, const Tensor& newer) { backward({newer, older}); };
  const Order one_by_one = [](const Tensor& older, const Tensor& newer) { older.backward(), newer.backward(); };
  for (const Order run : {at_once, newer_first, one_by_one}) {
    for (const bool has_grad : {false, true}) {
      for (const bool is_held : {false, true}) {  // then the sum is a new tensor
        const Tensor x = leaf64({1.0, 2.0}), y = x * 2;
        y.retain_grad();
        if (has_grad) sum(y * 10).backward({}, true);
        const Tensor held = is_held ? y.grad() : Tensor(), older = sum(y);
        y.detach_();
        CHECK(y.grad().defined() == has_grad);
        y.requires_grad_();
        run(older, sum(y * 3));
        const double before = has_grad ? 10 : 0;
        CHECK(y.grad().to_vector<double>() == std::vector<double>{before + 3, before + 3});
        CHECK(x.grad().to_vector<double>() == std::vector<double>{2 * before + 2, 2 * before + 2});
      }
    }
  }
}

TEST_CASE("a leaf that required no gradient for a while gets those of the graphs from before and after") {
  const LeakCheck leaks;
  for (const bool has_grad : {false, true}) {
    for (const bool is_held : {false, true}) {
      const Tensor x = leaf64({1.0, 2.0});
      if (has_grad) sum(x * 10).backward();
      const Tensor held = is_held ? x.grad() : Tensor(), older = sum(x * 2);
      x.requires_grad_(false).requires_grad_(true);
      const Tensor between = sum(x * 3);
      x.detach_().requires_grad_();
      backward({older, between, sum(x * 4)});
      const double expected = (has_grad ? 10 : 0) + 9;
      CHECK(x.grad().to_vector<double>() == std::vector<double>{expected, expected});
      if (held.defined()) CHECK(held.to_vector<double>() == std::vector<double>{10, 10});
    }
  }
}

TEST_CASE("a hook that holds what was made of its tensor keeps both alive until it is removed") {
  const LeakCheck leaks;
  std::weak_ptr<Tensor> alive;
  std::size_t handle = 0;
  {
    const Tensor x = leaf64(1.0);
    const auto y = std::make_shared<Tensor>(x * 2);
    alive = y;
    handle = x.register_hook([y](const Tensor& g) { return g; });
  }
  REQUIRE_FALSE(alive.expired());
  const IntrusivePtr<Node> accumulator = alive.lock()->grad_fn()->edges[0].node;
  accumulator->remove_hook(handle);
  CHECK(alive.expired());
}

TEST_CASE("hooks, formulas and deleters may change any gradient and run a backward: nothing is locked around them") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const Deadline deadline;
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({3.0, 4.0});
  const auto use_gradients = [&] {
    const GradModeGuard recording(true);
    x.set_grad(x.grad());
    zero_grad({x, w});
    sum(x.detach() * w).backward();
  };
  SUBCASE("a hook") {
    x.register_hook([&](const Tensor&) {
      use_gradients();
      return Tensor();
    });
    sum(x * w).backward();
    CHECK(x.grad().to_vector<double>() == std::vector<double>{3, 4});
    CHECK(w.grad().to_vector<double>() == std::vector<double>{2, 4});
  }
  SUBCASE("a formula") {
    sum(apply(Calling{use_gradients}, x) * w).backward();
    CHECK(x.grad().to_vector<double>() == std::vector<double>{3, 4});
    CHECK(w.grad().to_vector<double>() == std::vector<double>{2, 4});
  }
  SUBCASE("the deleter of a gradient's memory, whatever replaces the gradient") {
    double memory[] = {5, 6};
    const std::function<void()> replacements[] = {[&] { sum(x).backward(); }, [&] { zero_grad({x}); },
                                                  [&] { x.set_grad({}); }, [&] { x.set_data(x.clone()); }};
    for (const auto& replace : replacements) {
      int calls = 0;
      const auto deleter = [&](void*) {
        ++calls;
        use_gradients();
      };
      x.set_grad(from_blob(memory, {2}, deleter, {.dtype = DType::f64}));
      replace();
      x.set_grad({});
      CHECK(calls == 1);
      CHECK(w.grad().to_vector<double>() == std::vector<double>{1, 2});
    }
  }
}

TEST_CASE("a hook may run a backward of its own") {
  const Tensor x = leaf64(2.0), other = leaf64(3.0);
  x.register_hook([&](const Tensor& g) {
    const GradModeGuard recording(true);
    (other * other).backward();
    return g;
  });
  (x * x).backward();
  CHECK(x.grad().item() == 4);
  CHECK(other.grad().item() == 6);
}
