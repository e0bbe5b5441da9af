// Graphs that are deep, graphs with very many paths, graphs on several threads.

#include <pthread.h>

#include <atomic>
#include <thread>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/sanitizers.h>

#include "support/leaks.h"

using namespace reel;
using namespace reel::testing;

namespace {

constexpr bool kSanitized = detail::kAddressSanitizer || detail::kThreadSanitizer;

/// How deep a graph is: sanitizers remember every allocation, and a launch takes longer than a node.
int deep() { return default_device().is_cuda() ? 20000 : kSanitized ? 100000 : 1000000; }

void deep_chain() {
  const Tensor x = tensor(1.0, {.dtype = DType::f64, .requires_grad = true});
  Tensor y = x;
  const int depth = deep();
  for (int i = 0; i < depth; ++i) y = y + 1;
  CHECK(y.item() == depth + 1);
  y.backward();
  CHECK(x.grad().item() == 1);
  CHECK(grad({y}, {x})[0].item() == 1);
}

/// Runs a function on a thread with a stack of `bytes`.
void with_stack(std::size_t bytes, void (*function)()) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
  pthread_t thread;
  const auto enter = [](void* f) -> void* {
    reinterpret_cast<void (*)()>(f)();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, enter, reinterpret_cast<void*>(function)) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace

TEST_CASE("a chain of a million operations runs forward, backward, and is destroyed") {
  const LeakCheck leaks;
  deep_chain();
}

TEST_CASE("the same on a stack of 256 KiB") {
  const LeakCheck leaks;
  with_stack(256 * 1024, deep_chain);
}

TEST_CASE("a deep chain that saves its inputs is destroyed without a backward") {
  const LeakCheck leaks;
  with_stack(256 * 1024, [] {
    const Tensor x = tensor(1.0, {.dtype = DType::f64, .requires_grad = true});
    Tensor y = x;
    for (int i = 0; i < deep() / 10; ++i) y = y * x;
    // And a second graph on top of the first.
    const Tensor g = grad({y}, {x}, {.create_graph = true})[0];
    CHECK(g.item() == deep() / 10 + 1);
  });
}

TEST_CASE("a graph with 2^60 paths takes 60 steps") {
  const LeakCheck leaks;
  const Tensor x = tensor(1.0, {.dtype = DType::f64, .requires_grad = true});
  Tensor y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  CHECK(x.grad().item() == static_cast<double>(1LL << 60));
}

TEST_CASE("a wide graph: one leaf used by 100,000 operations") {
  const LeakCheck leaks;
  const Tensor x = tensor(1.0, {.dtype = DType::f64, .requires_grad = true});
  Tensor total = x * 0;
  for (int i = 0; i < deep() / 10; ++i) total = total + x * 2;
  total.backward();
  CHECK(x.grad().item() == 2 * (deep() / 10));
}

TEST_CASE("threads build and run graphs of their own") {
  const LeakCheck leaks;
  std::atomic<int> wrong{0};
  const auto work = [&](double value) {
    for (int i = 0; i < 300; ++i) {
      const Tensor x = tensor(value, {.dtype = DType::f64, .requires_grad = true});
      Tensor y = x;
      for (int k = 0; k < 20; ++k) y = sigmoid(y) * x;
      const Tensor g = grad({y}, {x}, {.create_graph = true})[0];
      g.backward();
      if (!x.grad().defined()) ++wrong;
    }
  };
  std::thread a(work, 0.5), b(work, 1.5);
  a.join();
  b.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads that share leaves lose no gradient") {
  const LeakCheck leaks;
  const Tensor w = ones({8}, {.dtype = DType::f64, .requires_grad = true});
  constexpr int rounds = 500;
  const auto work = [&] {
    for (int i = 0; i < rounds; ++i) sum(w * w).backward();
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  CHECK(w.grad().to_vector<double>() == std::vector<double>(8, 2.0 * 2 * rounds));
}

TEST_CASE("grad mode is each thread's own") {
  const NoGradGuard guard;
  bool recording = false;
  std::thread([&] { recording = GradMode::enabled(); }).join();
  CHECK(recording);
  CHECK_FALSE(GradMode::enabled());
}
