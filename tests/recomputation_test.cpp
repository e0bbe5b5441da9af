// Functions that backward computes again: reel::checkpoint.

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/checkpoint.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/reel.h>

#include "support/default_device.h"
#include "support/leaks.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

Tensor leaf(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .requires_grad = true}); }
std::vector<double> list(const Tensor& t) { return t.to(DType::f64).to_vector<double>(); }

/// Two layers with dropout and batch normalisation, the first behind a checkpoint or not.
struct Net {
  nn::Sequential hidden{nn::Linear(4, 16), nn::BatchNorm1d(16), nn::ReLU(), nn::Dropout(0.5)};
  nn::Linear out{16, 3};

  Tensor operator()(const Tensor& x, bool checkpointed) {
    return out(checkpointed ? checkpoint(hidden, x) : hidden(x));
  }
  Tensors parameters() const {
    Tensors all = hidden.parameters();
    for (const Tensor& p : out.parameters()) all.push_back(p);
    return all;
  }
};

struct Result {
  std::vector<std::vector<double>> gradients, buffers;
  PhiloxState random;
};

Result train(bool checkpointed, DType autocast_dtype = DType::f32) {
  manual_seed(7);
  Net net;
  const Tensor x = randn({8, 4}, {.requires_grad = true});
  for (int step = 0; step < 2; ++step) {
    const Tensor loss = autocast(autocast_dtype, [&] { return square(net(x, checkpointed)).sum(); });
    loss.backward();
  }
  Result result;
  for (const Tensor& p : net.parameters()) result.gradients.push_back(list(p.grad()));
  result.gradients.push_back(list(x.grad()));
  for (const auto& [name, buffer] : net.hidden.named_buffers()) result.buffers.push_back(list(buffer));
  result.random = default_generator().state();
  return result;
}

}  // namespace

TEST_CASE("a network with a part that is computed again has the same gradients, buffers and random numbers") {
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const LeakCheck leaks;
    const Result plain = train(false, dtype), again = train(true, dtype);
    CHECK(again.gradients == plain.gradients);
    CHECK(again.buffers == plain.buffers);  // the running statistics count each batch once
    CHECK(again.random.seed == plain.random.seed);
    CHECK(again.random.offset == plain.random.offset);
  }
}

TEST_CASE("the function runs once in forward and once in backward, and is_recomputing tells them apart") {
  const Tensor x = leaf({1.0, 2.0});
  std::vector<bool> calls;
  const auto f = [&](const Tensor& t) {
    calls.push_back(is_recomputing());
    return t * t;
  };
  const Tensor y = checkpoint(f, x);
  CHECK(list(y) == std::vector<double>{1, 4});
  y.sum().backward();
  CHECK(list(x.grad()) == std::vector<double>{2, 4});
  CHECK(calls == std::vector<bool>{false, true});
  CHECK_FALSE(is_recomputing());
  calls.clear();
  CHECK_FALSE(no_grad([&] { return checkpoint(f, x); }).requires_grad());
  CHECK_FALSE(checkpoint(f, x.detach()).requires_grad());
  CHECK(calls == std::vector<bool>{false, false});
}

TEST_CASE("gradients reach what the function captures: leaves, tensors on the tape, and both together") {
  const Tensor x = leaf({1.0, 2.0}), w = leaf({3.0, 4.0});
  const Tensor a = x * 2;  // of which b is made: what arrives at a through b must not be counted twice
  const Tensor b = a * 5;
  checkpoint([&](const Tensor& t) { return t * b * w; }, a).sum().backward();  // 2x * 10x * w
  CHECK(list(x.grad()) == std::vector<double>{120, 320});                      // 40 x w
  CHECK(list(w.grad()) == std::vector<double>{20, 80});
}

TEST_CASE("several tensors in and out, of which some are not used, not differentiable or the input itself") {
  const Tensor x = leaf({1.0, 2.0}), y = leaf({3.0, 5.0});
  const Tensors out = checkpoint(
      [](const Tensors& in) {
        return Tensors{in[0] * in[1], argmax(in[0], 0), in[1], ones({1}, {.dtype = DType::f64}), Tensor()};
      },
      Tensors{x, y});
  REQUIRE(out.size() == 5);
  CHECK(out[1].item<std::int64_t>() == 1);
  CHECK_FALSE(out[1].requires_grad());
  CHECK_FALSE(out[3].requires_grad());
  CHECK_FALSE(out[4].defined());
  (out[0].sum() + out[2].sum() * 10).backward();
  CHECK(list(x.grad()) == std::vector<double>{3, 5});
  CHECK(list(y.grad()) == std::vector<double>{11, 12});
}

TEST_CASE("grad, derivatives of higher order, hooks and checkpoints within checkpoints work as ever") {
  const LeakCheck leaks;
  const Tensor x = leaf({2.0});
  const auto cube = [](const Tensor& t) {
    return checkpoint([](const Tensor& u) { return checkpoint([](const Tensor& v) { return v * v; }, u) * u; }, t);
  };
  const Tensor y = cube(x);
  const Tensor first = grad({y}, {x}, {.create_graph = true})[0];
  CHECK(list(first) == std::vector<double>{12});
  const Tensor second = grad({first}, {x}, {.create_graph = true})[0];
  CHECK(list(second) == std::vector<double>{12});
  CHECK(list(grad({second}, {x})[0]) == std::vector<double>{6});

  int hooks = 0;
  x.register_hook([&](const Tensor& g) {
    ++hooks;
    CHECK(list(g) == std::vector<double>{24});  // the whole gradient, once
    return Tensor();
  });
  (cube(x) * 2).backward();
  CHECK(hooks == 1);
  CHECK(gradcheck([&](const Tensors& in) { return Tensors{cube(in[0])}; }, {x}));
}

TEST_CASE("a second backward needs the graph, and a graph that is kept serves it") {
  const Tensor x = leaf({3.0});
  const Tensor y = checkpoint([](const Tensor& t) { return t * t; }, x);
  y.backward({}, true);
  y.backward();
  CHECK(list(x.grad()) == std::vector<double>{12});
  check_throws<AutogradError>("checkpoint: expected one backward through the graph, got a second",
                              [&] { y.backward(); });
}

TEST_CASE("what a chain of parts keeps is what passes between them") {
  const DefaultDeviceGuard cpu(Device::cpu());
  constexpr std::int64_t n = 1 << 16, parts = 16, operations = 8;
  const auto peak = [&](bool checkpointed) {
    Tensor x = ones({n}, {.requires_grad = true});
    reset_peak_memory();
    const std::size_t before = memory_allocated();
    for (int i = 0; i < parts; ++i) {
      const auto part = [](Tensor t) {
        for (int k = 0; k < operations; ++k) t = tanh(t);
        return t;
      };
      x = checkpointed ? checkpoint(part, x) : part(x);
    }
    x.sum().backward();
    return static_cast<double>(max_memory_allocated() - before) / static_cast<double>(n * sizeof(float));
  };
  CHECK(peak(false) >= parts * operations);
  CHECK(peak(true) <= parts + 2 * operations);
}

TEST_CASE("a function that does something else the second time is an error that says what") {
  const Tensor x = leaf({1.0, 2.0}), w = leaf({3.0, 4.0});
  bool changed = false;
  const auto message = [&](auto f) {
    changed = false;
    const Tensor y = checkpoint(f, x);
    changed = true;
    return message_of<AutogradError>([&] { y.sum().backward(); });
  };
  CHECK(message([&](const Tensor& t) { return changed ? t * w : t * t; }) ==
        "checkpoint: expected the function to use the tensors that require grad of its first run, got others; it must "
        "not depend on what changes before backward");
  CHECK(message([&](const Tensor& t) { return changed ? t.sum() : t * t; }) ==
        "checkpoint: expected the function to return tensor 0 of shape [2] f64 as in its first run, got [] f64");
  CHECK(message([&](const Tensor& t) { return changed ? t * rand_like(t) * rand_like(t) : t * rand_like(t); }) ==
        "checkpoint: expected the function to draw 1 random tensors as in its first run, got 2");
  CHECK(message([&](const Tensor& t) { return changed ? t * 2 : t * rand_like(t); }) ==
        "checkpoint: expected the function to draw 1 random tensors as in its first run, got 0");
  CHECK(message([&](const Tensor& t) { return changed ? t * rand_like(t) : t * 2; }) ==
        "checkpoint: expected the function to draw 0 random tensors as in its first run, got 1");
  CHECK_FALSE(x.grad().defined());

  const Tensor y = x * 1;
  const Tensor z = checkpoint([](const Tensor& t) { return t * t; }, y);
  no_grad([&] { y.add_(1); });
  check_throws<AutogradError>("checkpoint: expected a tensor of shape [2] at version 0", [&] { z.sum().backward(); });
  CHECK(message_of<ValueError>([&] { checkpoint(std::function<Tensors(const Tensors&)>(), Tensors{x}); }) ==
        "checkpoint: expected a function, got an empty one");
}

TEST_CASE("a function that throws leaves everything as it was, and backward may be tried again") {
  const Tensor x = leaf({1.0, 2.0}), w = leaf({3.0, 4.0});
  manual_seed(3);
  const auto thrower = [](const Tensor& t) -> Tensor {
    rand_like(t);
    throw std::runtime_error("no");
  };
  CHECK_THROWS_AS(checkpoint(thrower, x), std::runtime_error);
  CHECK(default_generator().state().offset == 1);  // as after a call without a checkpoint
  CHECK_FALSE(is_recomputing());

  bool broken = false;
  const Tensor y = checkpoint(
      [&](const Tensor& t) {
        const Tensor product = t * w * rand_like(t);
        if (broken) throw std::runtime_error("no");
        return product;
      },
      x);
  broken = true;
  const DType precision = Autocast::dtype();
  CHECK_THROWS_AS(y.sum().backward({}, true), std::runtime_error);
  CHECK_FALSE(is_recomputing());
  CHECK(Autocast::dtype() == precision);
  CHECK(default_generator().state().offset == 2);
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(w.grad().defined());
  broken = false;
  y.sum().backward();
  CHECK(list(x.grad() * x) == list(y));
}

TEST_CASE("what other threads draw meanwhile changes neither the numbers nor the generator's place") {
  const Tensor x = leaf({1.0, 2.0});
  manual_seed(3);
  const Tensor y = checkpoint(
      [&](const Tensor& t) {
        const Tensor first = t * rand_like(t);
        std::thread([] { rand({3}); }).join();
        return first * rand_like(t);
      },
      x);
  CHECK(default_generator().state().offset == 3);
  y.sum().backward();
  CHECK(list(x.grad() * x) == list(y));
}

TEST_CASE("threads may run checkpoints at once") {
  const Tensor x = leaf({2.0});
  const auto run = [&] {
    for (int i = 0; i < 50; ++i) checkpoint([](const Tensor& t) { return t * t; }, x).backward();
  };
  std::thread other(run);
  run();
  other.join();
  CHECK(list(x.grad()) == std::vector<double>{400});
}
