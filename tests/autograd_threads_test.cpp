// Backward passes on several threads that share a part of a graph, leaves, gradients and hooks.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/op.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/cpu_allocator_guard.h"
#include "support/leaks.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Values = std::vector<double>;

Tensor constant(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .device = Device::cpu()}); }
Tensor leaf(const TensorLiteral& values) { return constant(values).requires_grad_(); }

/// x * x. Its backward, in the middle of using what was saved, makes the call that is waiting.
struct Interrupted {
  static constexpr std::string_view name = "test_interrupted";
  std::function<void()>* waiting;
  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(x) * x;
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor first = grad * ctx.saved(0);
    if (const auto call = std::exchange(*waiting, {})) call();
    return {first + grad * ctx.saved(1)};
  }
};

/// Calls `f` and returns what it throws: a thread that an exception leaves ends the program.
std::exception_ptr thrown_by(const std::function<void()>& f) {
  try {
    f();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

/// Runs `f` on a thread of its own, or on this one.
void run(bool elsewhere, const std::function<void()>& f) {
  std::exception_ptr error;
  if (elsewhere) std::thread([&] { error = thrown_by(f); }).join();
  else error = thrown_by(f);
  rethrow(error);
}

/// Runs both functions at once.
void at_once(const std::function<void()>& f, const std::function<void()>& g) {
  std::atomic<int> ready{0};
  const auto start = [&](const std::function<void()>& work) {
    ++ready;
    while (ready < 2) std::this_thread::yield();
    return thrown_by(work);
  };
  std::exception_ptr of_g;
  std::thread other([&] { of_g = start(g); });
  const std::exception_ptr of_f = start(f);
  other.join();
  rethrow(of_f);
  rethrow(of_g);
}

/// Two results that share a part, a power of a leaf.
struct SharedPart {
  static constexpr int kDepth = 50;
  Tensor x = leaf(1.0), shared = power(x), a = shared * 2, b = shared * 3;

  static Tensor power(const Tensor& x) {
    Tensor out = x;
    for (int i = 0; i < kDepth; ++i) out = out * x;
    return out;
  }
};

const std::string kSecond = "expected one backward through the graph, got a second";

}  // namespace

TEST_CASE("of passes that meet in a node, those that keep the graph lose nothing, and one that does not is the last") {
  const LeakCheck leaks;
  struct Case {
    bool first_keeps, second_keeps, second_works, third_works;
  };
  for (const Case& c : {Case{false, false, false, false}, Case{false, true, false, false},
                        Case{true, false, true, false}, Case{true, true, true, true}}) {
    for (const bool elsewhere : {true, false}) {
      CAPTURE(c.first_keeps);
      CAPTURE(c.second_keeps);
      CAPTURE(elsewhere);
      std::function<void()> waiting;
      const Tensor x = leaf({1.0, 5.0});
      const Tensor shared = apply(Interrupted{&waiting}, x);
      const Tensor first = sum(shared + 1), second = sum(shared * 10), third = sum(shared * 100);
      std::string message;
      const auto pass = [&](const Tensor& loss, bool keep) {
        message = message_of<AutogradError>([&] { loss.backward({}, keep); });
      };
      std::string second_message;
      waiting = [&] {
        run(elsewhere, [&] { pass(second, c.second_keeps); });
        second_message = message;
      };
      pass(first, c.first_keeps);
      CHECK(message == "nothing was thrown");
      CHECK((second_message == "nothing was thrown") == c.second_works);
      if (!c.second_works) CHECK(second_message.find("test_interrupted: " + kSecond) == 0);
      const double passes = c.second_works ? 11 : 1;
      CHECK(x.grad().to_vector<double>() == Values{2 * passes, 10 * passes});
      pass(third, false);
      CHECK((message == "nothing was thrown") == c.third_works);
    }
  }
}

TEST_CASE("the last pass to leave a node frees what it has saved") {
  std::function<void()> waiting;
  const Tensor x = leaf({1.0, 5.0});
  const std::int64_t before = live_storages();
  const Tensor shared = apply(Interrupted{&waiting}, x + 0);
  const Tensor first = sum(shared + 1), second = sum(shared * 10);
  waiting = [&] {
    const std::int64_t within = live_storages();
    second.backward();
    CHECK(live_storages() == within + 1);  // x.grad is there, and x + 0 still, which the first reads
  };
  first.backward({}, true);
  CHECK(live_storages() == before + 4);  // the three results and x.grad
}

TEST_CASE("a pass whose formula fails leaves the node to others") {
  const LeakCheck leaks;
  std::function<void()> waiting;
  const Tensor x = leaf({1.0, 5.0});
  const Tensor y = sum(apply(Interrupted{&waiting}, x));
  for (const bool keep : {false, true}) {
    waiting = [] { throw std::runtime_error("no gradient today"); };
    CHECK_THROWS_WITH_AS(y.backward({}, keep), "no gradient today", std::runtime_error);
  }
  y.backward();
  CHECK(x.grad().to_vector<double>() == Values{2, 10});
  CHECK(message_of<AutogradError>([&] { y.backward(); }).find(kSecond) != std::string::npos);
}

TEST_CASE("of two passes at once through a shared part, without retain_graph, one fails as it does in sequence") {
  const LeakCheck leaks;
  for (int round = 0; round < 100; ++round) {
    const SharedPart part;
    std::string of_a, of_b;
    at_once([&] { of_a = message_of<AutogradError>([&] { part.a.backward(); }); },
            [&] { of_b = message_of<AutogradError>([&] { part.b.backward(); }); });
    const bool a_works = of_a == "nothing was thrown", b_works = of_b == "nothing was thrown";
    REQUIRE(a_works != b_works);
    CHECK((a_works ? of_b : of_a).find("mul: " + kSecond) == 0);
    CHECK(part.x.grad().item() == (SharedPart::kDepth + 1) * (a_works ? 2 : 3));
  }
}

TEST_CASE("passes at once that keep the shared part, by retain_graph or create_graph, all count") {
  const LeakCheck leaks;
  const SharedPart part;
  for (int round = 0; round < 20; ++round) {
    at_once([&] { part.a.backward({}, true); },
            [&] { CHECK(grad({part.b}, {part.x}, {.create_graph = true})[0].item() == 153); });
  }
  CHECK(part.x.grad().item() == 20 * 2 * (SharedPart::kDepth + 1));
}

TEST_CASE("a pass that frees the graph does not disturb one that keeps it") {
  const LeakCheck leaks;
  for (int round = 0; round < 100; ++round) {
    const SharedPart part;
    std::string of_b;
    at_once([&] { part.a.backward(); }, [&] { of_b = message_of<AutogradError>([&] { part.b.backward({}, true); }); });
    const bool b_works = of_b == "nothing was thrown";
    if (!b_works) CHECK(of_b.find("mul: " + kSecond) == 0);
    CHECK(part.x.grad().item() == (SharedPart::kDepth + 1) * (b_works ? 5 : 2));
  }
}

// --- gradients

namespace {

/// Makes a call on a thread of its own at the next large allocation, and waits until it is through or stands still.
class InterruptingAllocator final : public Allocator {
 public:
  static constexpr std::size_t kLarge = 8000;

  void call_at_next(std::function<void()> call) {
    done = false;
    waiting = std::move(call);
  }
  /// Once nothing allocates any more: whether the call was made. Throws what it has thrown.
  bool finish() {
    if (other.joinable()) other.join();
    const bool called = !std::exchange(waiting, {});
    rethrow(std::exchange(error, nullptr));
    return called;
  }

  void* allocate(std::size_t bytes) override {
    if (bytes >= kLarge && waiting) {
      other = std::thread([this, call = std::exchange(waiting, {})] {
        error = thrown_by(call);
        const std::scoped_lock lock(mutex);
        done = true;
        through.notify_one();
      });
      std::unique_lock lock(mutex);
      through.wait_for(lock, std::chrono::milliseconds(50), [&] { return done; });
    }
    return cpu_allocator().allocate(bytes);
  }
  void deallocate(void* data, std::size_t bytes) noexcept override { cpu_allocator().deallocate(data, bytes); }

 private:
  std::function<void()> waiting;
  std::thread other;
  std::exception_ptr error;
  std::mutex mutex;
  std::condition_variable through;
  bool done = false;
};

/// Does `work`, and `call` on another thread when `work` first allocates much.
void interrupt(const std::function<void()>& work, const std::function<void()>& call) {
  static InterruptingAllocator interrupting;  // for ever, since storages remember their allocator
  bool called = false;
  std::exception_ptr error;
  {
    const CpuAllocatorGuard guard(interrupting);
    interrupting.call_at_next(call);
    error = thrown_by(work);
    called = interrupting.finish();
  }
  rethrow(error);
  REQUIRE(called);
}

/// Three leaves: x, to whose gradient {1, 3} a backward adds {1, 3}; then a large one, whose gradient takes an
/// allocation; then y, which is like x.
struct ThreeLeaves {
  Tensor x = leaf({1.0, 2.0}), y = leaf({1.0, 2.0}),
         large = zeros({1000}, {.dtype = DType::f64, .device = Device::cpu()}).requires_grad_();

  ThreeLeaves() { backward_of_x_and_y(); }
  void backward_of_x_and_y() const { sum((x + y) * constant({1.0, 3.0})).backward(); }

  /// Runs a backward and, while that decides what becomes of the gradients, `call` on another thread.
  void backward_while(const std::function<void()>& call) const {
    const Tensor of_y = sum(y * constant({1.0, 3.0})), of_large = sum(large), of_x = sum(x * constant({1.0, 3.0}));
    interrupt([&] { backward({of_x, of_large, of_y}); }, call);  // the youngest runs first
  }
};

}  // namespace

TEST_CASE("what another thread does to a gradient comes before or after a backward's update, never in between") {
  const ThreeLeaves leaves;
  const Tensor& x = leaves.x;
  SUBCASE("clearing it") {
    leaves.backward_while([&] { x.set_grad({}); });
    CHECK_FALSE(x.grad().defined());
  }
  SUBCASE("clearing it while a handle exists, so that the sum is a new tensor") {
    const Tensor held = x.grad();
    leaves.backward_while([&] { x.set_grad({}); });
    CHECK_FALSE(x.grad().defined());
    CHECK(held.to_vector<double>() == Values{1, 3});
  }
  SUBCASE("replacing it") {
    const Tensor held = x.grad();
    leaves.backward_while([&] { x.set_grad(constant({7.0, 8.0})); });
    CHECK(x.grad().to_vector<double>() == Values{7, 8});
  }
  SUBCASE("zero_grad") {
    leaves.backward_while([&] { zero_grad({x}); });
    CHECK_FALSE(x.grad().defined());
  }
  SUBCASE("zero_grad with zeros, while a handle exists") {
    const Tensor held = x.grad();
    leaves.backward_while([&] { zero_grad({x}, false); });
    CHECK(x.grad().to_vector<double>() == Values{0, 0});
  }
  SUBCASE("reading it") {
    Tensor handle;
    Values seen;
    leaves.backward_while([&] {
      handle = x.grad();
      seen = handle.to_vector<double>();
    });
    CHECK(seen == Values{2, 6});
    CHECK(handle.to_vector<double>() == seen);
    CHECK(x.grad().to_vector<double>() == Values{2, 6});
  }
  CHECK(sum(leaves.large.grad()).item() == 1000);
}

TEST_CASE("zero_grad of several leaves and a backward that reaches them are each all or nothing to other threads") {
  const LeakCheck leaks;
  SUBCASE("zero_grad comes while a backward decides") {
    const ThreeLeaves leaves;
    leaves.backward_while([&] { zero_grad({leaves.x, leaves.y}); });
    CHECK_FALSE(leaves.x.grad().defined());
    CHECK_FALSE(leaves.y.grad().defined());
    CHECK(sum(leaves.large.grad()).item() == 1000);
  }
  SUBCASE("a backward comes while zero_grad makes zeros") {
    const ThreeLeaves leaves;
    leaves.large.set_grad(constant({5.0}).expand({1000}));  // shared memory, so zeros take an allocation
    interrupt([&] { zero_grad({leaves.x, leaves.large, leaves.y}, false); }, [&] { leaves.backward_of_x_and_y(); });
    CHECK(leaves.x.grad().to_vector<double>() == Values{1, 3});
    CHECK(leaves.y.grad().to_vector<double>() == Values{1, 3});
    CHECK(sum(leaves.large.grad()).item() == 0);
  }
  SUBCASE("both at once, many times") {
    const Tensor x = leaf({1.0, 2.0}), y = leaf({1.0, 2.0});
    for (int round = 0; round < 600; ++round) {
      at_once([&] { sum(x + y).backward(); }, [&] { zero_grad({x, y}, round < 300); });
      const Tensor of_x = x.grad(), of_y = y.grad();
      REQUIRE(of_x.defined() == of_y.defined());
      if (of_x.defined()) REQUIRE(of_x.to_vector<double>() == of_y.to_vector<double>());
    }
  }
}

TEST_CASE("a gradient that a thread has taken stays as it is while another adds to the leaf's") {
  const Tensor x = leaf({1.0, 2.0});
  sum(x).backward();
  std::atomic<int> changed{0};
  std::atomic<bool> done{false};
  at_once(
      [&] {
        const struct AtEnd {
          std::atomic<bool>& flag;
          ~AtEnd() { flag = true; }
        } at_end{done};
        for (int i = 0; i < 300; ++i) sum(x).backward();
      },
      [&] {
        while (!done) {
          const Tensor taken = x.grad();
          const Values before = taken.to_vector<double>();
          std::this_thread::yield();
          if (taken.to_vector<double>() != before) ++changed;
        }
      });
  CHECK(changed == 0);
  CHECK(x.grad().to_vector<double>() == Values{301, 301});
}

// --- hooks

TEST_CASE("one hook of a shared leaf may run on several threads at once") {
  const LeakCheck leaks;
  const Tensor x = leaf({1.0, 2.0});
  std::atomic<int> inside{0};
  std::atomic<bool> alone{false};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  x.register_hook([&](const Tensor&) {
    ++inside;
    while (inside < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    if (inside < 2) alone = true;
    return Tensor();
  });
  at_once([&] { sum(x).backward(); }, [&] { sum(x).backward(); });
  CHECK_FALSE(alone);
  CHECK(x.grad().to_vector<double>() == Values{2, 2});
}

TEST_CASE("hooks may come and go while another thread's backward runs") {
  const LeakCheck leaks;
  const Tensor x = leaf({1.0, 2.0});
  std::atomic<int> calls{0};
  x.register_hook([&](const Tensor&) {
    ++calls;
    return Tensor();
  });
  at_once(
      [&] {
        for (int i = 0; i < 300; ++i) sum(x).backward();
      },
      [&] {
        for (int i = 0; i < 300; ++i) {
          const std::size_t handle = x.register_hook([kept = std::make_shared<int>(i)](const Tensor& g) { return g; });
          x.remove_hook(handle);
        }
      });
  CHECK(calls == 300);
  CHECK(x.grad().to_vector<double>() == Values{300, 300});
}
