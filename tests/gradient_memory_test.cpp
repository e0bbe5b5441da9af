// Whose memory gradients are: nobody else's, though none is copied that the tape alone holds.

#include <utility>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/op.h>
#include <reel/ops/ops.h>
#include <reel/optim/clip_grad.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/small_blocks.h>

#include "support/cpu_allocator_guard.h"
#include "support/default_device.h"
#include "support/failing_heap.h"
#include "support/leaks.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Values = std::vector<double>;

Tensor leaf64(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .requires_grad = true}); }

/// The identity, whose backward hands over `gradient`.
struct Giving {
  static constexpr std::string_view name = "test_giving";
  Tensor* gradient;
  Tensor forward(Context&, const Tensor& x) const { return x.clone(); }
  Grads<1> backward(const Context&, const Tensor&) const { return {std::move(*gradient)}; }
};

/// Checks that a change in place of each tensor leaves all others alone.
void check_apart(const Tensors& tensors) {
  std::vector<Values> before;
  for (const Tensor& t : tensors) before.push_back(t.to_vector<double>());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    no_grad([&] { tensors[i].mul_(3); });
    for (std::size_t j = 0; j < tensors.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      Values expected = before[j];
      for (double& v : expected) v *= i == j ? 3 : 1;
      CHECK(tensors[j].to_vector<double>() == expected);
    }
    before[i] = tensors[i].to_vector<double>();
  }
}

class CountingAllocator final : public Allocator {
 public:
  void* allocate(std::size_t bytes) override {
    ++count;
    return cpu_allocator().allocate(bytes);
  }
  void deallocate(void* data, std::size_t bytes) noexcept override { cpu_allocator().deallocate(data, bytes); }

  int count = 0;
};

/// How many blocks of memory `f` allocates for the elements of tensors.
template <class F> int allocations(F&& f) {
  static CountingAllocator counting;  // for ever, since storages remember their allocator
  const CpuAllocatorGuard guard(counting);
  counting.count = 0;
  f();
  return counting.count;
}

}  // namespace

TEST_CASE("the results of grad share memory with nobody") {
  for (const bool create_graph : {false, true}) {
    CAPTURE(create_graph);
    const LeakCheck leaks;
    const Tensor x = leaf64({1.0, 2.0}), y = leaf64({3.0, 4.0}), seed = tensor({5.0, 7.0}, {.dtype = DType::f64});
    const GradOptions options{.grad_outputs = {seed}, .create_graph = create_graph};
    Tensors all = grad({x + y}, {x, y, x}, options);  // one gradient, the caller's own
    CHECK(all[2].to_vector<double>() == Values{5, 7});
    all.push_back(seed);
    check_apart(all);
    const Tensor h = x + 0;
    check_apart(grad({h + y}, {h, x}, options));  // it passes through one input on its way to the other
    check_apart({grad({x}, {x}, options)[0], seed});
    check_apart(grad({sum(x)}, {x, x}, {.create_graph = create_graph}));  // an expanded scalar
    CHECK(is_dense(x.shape(), grad({sum(x)}, {x})[0].strides()));
  }
}

TEST_CASE("a result of grad is the caller's own only where it is asked to be differentiable") {
  const Tensor x = leaf64({1.0, 2.0}), seed = leaf64({5.0, 7.0});
  CHECK_FALSE(grad({x + 0}, {x}, {.grad_outputs = {seed}})[0].requires_grad());
  const Tensor g = grad({x + 0}, {x}, {.grad_outputs = {seed}, .create_graph = true})[0];
  CHECK(g.requires_grad());
  CHECK(grad({sum(g)}, {seed})[0].to_vector<double>() == Values{1, 1});
}

TEST_CASE("gradients share memory with nobody: retained ones, those that hooks keep or return") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), y = leaf64({3.0, 4.0}), mine = tensor({1.0, 1.0}, {.dtype = DType::f64});
  const Tensor h = x + 0;
  Tensor kept;
  h.retain_grad();
  y.register_hook([&](const Tensor& g) {
    kept = g;
    return Tensor();
  });
  sum((h + y) * 2).backward();
  check_apart({x.grad(), y.grad(), h.grad(), kept});
  const Tensor z = leaf64({3.0, 4.0});
  z.register_hook([&](const Tensor&) { return mine; });
  sum(z).backward();
  check_apart({z.grad(), mine});
}

TEST_CASE("no backward makes borrowed memory a gradient, or adds to it") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const LeakCheck leaks;
  double buffer[] = {3, 4};
  const auto lent = [&] { return from_blob(buffer, {2}, {.dtype = DType::f64}); };
  const auto unchanged = [&] { return buffer[0] == 3 && buffer[1] == 4; };
  const Tensor x = leaf64({1.0, 2.0});
  const std::size_t hook = x.register_hook([&](const Tensor&) { return lent(); });
  sum(x).backward();
  optim::clip_grad_norm_({x}, 1);
  CHECK(unchanged());
  grad({sum(x)}, {x})[0].mul_(2);
  CHECK(unchanged());
  x.remove_hook(hook);
  x.set_grad({});
  const Tensor older = sum(x * 1), y = x + 0;
  y.register_hook([&](const Tensor&) { return lent(); });
  backward({older, sum(y)});  // what arrives first at x is the hook's, and the other is added
  CHECK(unchanged());
  CHECK(x.grad().to_vector<double>() == Values{4, 5});

  x.set_grad(lent());  // the user's wish, but a backward makes a new sum
  sum(x).backward();
  CHECK(unchanged());
  CHECK(x.grad().to_vector<double>() == Values{4, 5});
}

TEST_CASE("set_grad keeps the very tensor that it is given, which a backward does not change") {
  const Tensor x = leaf64({1.0, 2.0}), mine = tensor({3.0, 4.0}, {.dtype = DType::f64});
  x.set_grad(mine);
  CHECK(x.grad().is_same(mine));
  optim::clip_grad_norm_({x}, 1);
  CHECK(mine[0].item() == doctest::Approx(0.6));
  CHECK(mine[1].item() == doctest::Approx(0.8));
  zero_grad({x}, false);
  CHECK(mine.to_vector<double>() == Values{0, 0});
  sum(x).backward();
  CHECK(x.grad().to_vector<double>() == Values{1, 1});
  CHECK(mine.to_vector<double>() == Values{0, 0});
}

TEST_CASE("zero_grad with zeros replaces a gradient whose elements share memory, and then zeroes the others, too") {
  const Tensor x = leaf64({1.0, 2.0}), y = leaf64({3.0, 4.0});
  const Tensor scalar = ones({1}, {.dtype = DType::f64});
  sum(x).backward();
  y.set_grad(scalar.expand({2}));
  const Tensor held = x.grad();
  zero_grad({x, y}, false);
  CHECK(held.to_vector<double>() == Values{0, 0});
  CHECK(y.grad().to_vector<double>() == Values{0, 0});
  CHECK(scalar.item() == 1);
}

TEST_CASE("a gradient that the tape alone holds is moved, not copied") {
  const Tensor x = leaf64({1.0, 2.0});
  Tensor given = tensor({5.0, 7.0}, {.dtype = DType::f64});
  const void* memory = given.data();
  sum(apply(Giving{&given}, x)).backward();
  CHECK(x.grad().data() == memory);
  const Tensor y = leaf64({1.0, 2.0});
  given = tensor({5.0, 7.0}, {.dtype = DType::f64});
  memory = given.data();
  const Tensor result = grad({sum(apply(Giving{&given}, y))}, {y})[0];
  CHECK(result.data() == memory);
}

TEST_CASE("backward and grad allocate the seed and each formula's results, and nothing for the leaves") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({3.0, 4.0});
  for (int i = 0; i < 2; ++i) {  // the first time gradients are moved in, the second time added to
    const Tensor loss = sum(x * w);
    CHECK(allocations([&] { loss.backward(); }) == 3);
  }
  const Tensor loss = sum(x * w);
  CHECK(allocations([&] { grad({loss}, {x, w}); }) == 3);
  const Tensor h = x + 0, other = sum(h * w);
  CHECK(allocations([&] { grad({other}, {h, x}); }) == 3);  // the seed, the product, and a copy of the one for both
}

TEST_CASE("a backward that runs out of memory anywhere changes no gradient" * doctest::skip(!kHeapCanFail)) {
  const DefaultDeviceGuard cpu(Device::cpu());
  // Every request is to be seen, also those that kept blocks would serve.
  const struct EveryRequest {
    bool former = reel::detail::keep_small_blocks(false);
    ~EveryRequest() { reel::detail::keep_small_blocks(former); }
  } every_request;
  bool enough = false;
  int k = 0;
  for (; !enough; ++k) {
    CAPTURE(k);
    const LeakCheck leaks;
    const Tensor added_to = leaf64({1.0, 2.0}), replaced = leaf64({1.0, 2.0}), fresh = leaf64({1.0, 2.0});
    sum(added_to + replaced).backward();
    const Tensor held = replaced.grad();
    const Tensor loss = sum(added_to * 2 + replaced * 3 + fresh);
    bool failed = true;
    heap_countdown = k;
    try {
      loss.backward();
      failed = false;
    } catch (const std::bad_alloc&) {
    } catch (const OutOfMemoryError&) {
    }
    enough = heap_countdown.exchange(-1) >= 0;  // else the k-th request failed, though a second attempt may have not
    CHECK(added_to.grad().to_vector<double>() == (failed ? Values{1, 1} : Values{3, 3}));
    CHECK(replaced.grad().to_vector<double>() == (failed ? Values{1, 1} : Values{4, 4}));
    CHECK(held.to_vector<double>() == Values{1, 1});
    CHECK(fresh.grad().defined() == !failed);
  }
  CHECK(k > 10);
}
