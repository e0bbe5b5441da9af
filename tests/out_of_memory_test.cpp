// Memory runs out at each allocation of a training step in turn: an error, no change, no leak, and training goes on.

#include <atomic>
#include <map>
#include <memory>
#include <new>
#include <string>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/tensor/core/small_blocks.h>

#include "support/cpu_allocator_guard.h"
#include "support/default_device.h"
#include "support/failing_heap.h"
#include "support/leaks.h"
#include "support/op_runs.h"

using namespace reel;
using namespace reel::testing;

namespace {

/// Counts the allocations of tensors down, as heap_countdown does those of `new`.
std::atomic<std::int64_t> tensor_countdown{-1};

class FailingAllocator final : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    if (fails_now(tensor_countdown)) throw OutOfMemoryError("injected: no memory for a tensor");
    return cpu_allocator().allocate(bytes);
  }
  void deallocate(void* data, std::size_t bytes) noexcept override { cpu_allocator().deallocate(data, bytes); }
};

/// Installs the failing allocator for a scope.
class AllocatorScope {
 public:
  AllocatorScope() = default;
  ~AllocatorScope() { tensor_countdown = -1; }
  AllocatorScope(const AllocatorScope&) = delete;
  AllocatorScope& operator=(const AllocatorScope&) = delete;

 private:
  static FailingAllocator& failing() {
    static FailingAllocator instance;
    return instance;
  }

  const CpuAllocatorGuard guard_{failing()};
};

/// For a scope, every request is seen, also those that kept blocks would serve.
struct EveryRequest {
  bool former = detail::keep_small_blocks(false);
  ~EveryRequest() { detail::keep_small_blocks(former); }
};

struct Net : nn::Module {
  nn::Conv2d conv = register_module("conv", nn::Conv2d(1, 2, 3, {.padding = 1}));
  nn::Linear fc1 = register_module("fc1", nn::Linear(2 * 3 * 3, 5));
  nn::Linear fc2 = register_module("fc2", nn::Linear(5, 3));

  Tensor forward(const Tensor& x) { return fc2(relu(fc1(flatten(max_pool2d(relu(conv(x)), 2), 1)))); }
};

/// A model in training, always the same for a dtype and an optimizer.
template <class Optimizer> class Training {
 public:
  explicit Training(DType dtype) {
    net_.to(dtype);
    optimizer_ = std::make_unique<Optimizer>(net_.parameters(), options());
    images_ = randn({4, 1, 6, 6}).to(dtype);
  }

  /// One step; `updating` tells how far it came.
  void step() {
    updating = false;
    optimizer_->zero_grad();
    cross_entropy(net_.forward(images_), labels_).backward();
    updating = true;
    optimizer_->step();
  }

  /// Everything that a failed step must leave alone.
  std::map<std::string, Tensor> state() const {
    std::map<std::string, Tensor> all;
    for (const auto& [name, value] : optimizer_->state_dict()) all["optimizer." + name] = value.clone();
    for (const auto& [name, value] : net_.named_parameters()) {
      all[name] = value.detach().clone();
      all[name + ".grad"] = value.grad().defined() ? value.grad().clone() : Tensor();
    }
    return all;
  }

  bool updating = false;

 private:
  static auto options() {
    if constexpr (std::is_same_v<Optimizer, optim::SGD>) return optim::SGDOptions{.lr = 0.1, .momentum = 0.9};
    else return optim::AdamOptions{.lr = 0.01};
  }

  static Net seeded_net() {
    manual_seed(5);
    return Net();
  }

  Net net_ = seeded_net();
  std::unique_ptr<Optimizer> optimizer_;
  Tensor images_, labels_ = tensor({0, 2, 1, 2});
};

std::string difference(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  if (a.size() != b.size()) return "other keys";
  for (const auto& [name, value] : a) {
    if (!b.contains(name)) return name + " is gone";
    const std::string d = reel::testing::difference(value, b.at(name), 0);
    if (!d.empty()) return name + ": " + d;
  }
  return "";
}

/// Fails allocation k = 0, 1, ... of step `failing` until a step has no k-th allocation any more.
template <class Optimizer> int fail_everywhere(DType dtype, int failing, std::atomic<std::int64_t>& countdown) {
  constexpr int steps = 3;
  Training<Optimizer> undisturbed(dtype);
  for (int i = 0; i < steps; ++i) undisturbed.step();
  const auto expected = undisturbed.state();

  for (int k = 0;; ++k) {
    INFO("allocation " << k);
    const LeakCheck leaks;
    Training<Optimizer> training(dtype);
    for (int i = 0; i < failing; ++i) training.step();
    auto before = training.state();
    bool failed = false, typed = false;
    std::string message;
    countdown = k;
    try {
      training.step();
    } catch (const OutOfMemoryError&) {
      failed = typed = true;
    } catch (const std::bad_alloc&) {
      failed = typed = true;
    } catch (const std::exception& e) {
      countdown = -1;
      failed = true;
      message = e.what();
    }
    const bool fell_short = countdown.exchange(-1) < 0;
    if (!failed) {
      CHECK(difference(training.state(), before) != "");  // the step was made
      if (fell_short) continue;                           // a cache was emptied, and then there was enough
      return k;
    }
    INFO(message);
    CHECK(typed);
    auto after = training.state();
    for (auto* state : {&before, &after}) {
      // What zero_grad and a backward that succeeded have done to the gradients is no part of what failed.
      for (auto& [name, value] : *state) {
        if (name.ends_with(".grad")) value = training.updating ? Tensor() : state == &before ? Tensor() : value;
      }
    }
    CHECK(difference(after, before) == "");
    for (int i = failing; i < steps; ++i) training.step();
    CHECK(difference(training.state(), expected) == "");
  }
}

}  // namespace

TEST_CASE("running out of tensor memory anywhere in a training step changes nothing, and training goes on") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const AllocatorScope allocator;
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const int step : {0, 1}) {  // the first step also makes the optimizer's state
      INFO(to_string(dtype) << ", step " << step);
      CHECK(fail_everywhere<optim::SGD>(dtype, step, tensor_countdown) > 20);
      CHECK(fail_everywhere<optim::Adam>(dtype, step, tensor_countdown) > 20);
    }
  }
}

TEST_CASE("running out of heap memory anywhere in a training step changes nothing, and training goes on" *
          doctest::skip(!kHeapCanFail)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  const EveryRequest every_request;
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const int step : {0, 1}) {
      INFO(to_string(dtype) << ", step " << step);
      CHECK(fail_everywhere<optim::SGD>(dtype, step, heap_countdown) > 100);
      CHECK(fail_everywhere<optim::Adam>(dtype, step, heap_countdown) > 100);
    }
  }
}

TEST_CASE("an impossible size is an error, not an attempt") {
  const LeakCheck leaks;
  CHECK_THROWS_AS(empty({std::int64_t{1} << 45}), OutOfMemoryError);
  CHECK_THROWS_AS(empty({std::int64_t{1} << 40, std::int64_t{1} << 40}), Error);
  CHECK_THROWS_AS(empty({-1}), Error);
}

TEST_CASE("a tensor of up to 976 bytes takes two allocations, a larger one three" * doctest::skip(!kHeapCanFail)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  const EveryRequest every_request;
  const auto allocations = [](std::int64_t bytes) {
    heap_countdown = 1000;
    { empty({bytes}, {.dtype = DType::u8}); }
    return 1000 - heap_countdown.exchange(-1);
  };
  CHECK(allocations(1) == 2);
  CHECK(allocations(976) == 2);
  CHECK(allocations(977) == 3);
}
