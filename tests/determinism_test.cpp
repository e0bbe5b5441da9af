// With set_deterministic(true), large calls give the same bits with one, two and three threads, forward and backward.

#include <thread>

#include <doctest/doctest.h>
#include <reel/kernels/deterministic_guard.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"
#include "support/op_runs.h"

using namespace reel;
using namespace reel::testing;

namespace {

Tensor large(const Shape& shape, std::uint64_t seed = 1) {
  Generator generator(seed);
  return randn(shape, {}, generator).requires_grad_();
}

Tensor labels(std::int64_t count, std::int64_t classes) {
  Generator generator(9);
  return randint(0, classes, {count}, {.dtype = DType::i64}, generator);
}

/// Calls whose work is cut into many pieces.
std::vector<Sample> large_samples() {
  const Tensor matrix = large({300, 700}), image = large({8, 16, 33, 35}), weight = large({24, 16, 3, 3}, 2);
  const Tensor index = labels(5000, 300);
  const auto reduce = [](auto f) { return call1([f](const Tensor& x) { return f(x); }); };
  return {
      {"add broadcast", {matrix, large({700}, 2)}, call2([](const Tensor& a, const Tensor& b) { return a + b; })},
      {"sum", {matrix}, reduce([](const Tensor& x) { return sum(x); })},
      {"sum of rows", {matrix}, reduce([](const Tensor& x) { return sum(x, {1}); })},
      {"sum of columns", {matrix}, reduce([](const Tensor& x) { return sum(x, {0}); })},
      {"mean", {image}, reduce([](const Tensor& x) {
         return mean(x, {0, 2, 3});
       })},
      {"var", {matrix}, reduce([](const Tensor& x) { return var(x); })},
      {"norm", {matrix}, reduce([](const Tensor& x) { return norm(x); })},
      {"logsumexp", {matrix}, reduce([](const Tensor& x) { return logsumexp(x, {0}); })},
      {"amax", {matrix}, reduce([](const Tensor& x) { return amax(x, {0}); })},
      {"cumsum", {matrix}, reduce([](const Tensor& x) { return cumsum(x, 0); })},
      {"cumprod", {matrix}, reduce([](const Tensor& x) { return cumprod(x, 0); })},
      {"softmax", {matrix}, reduce([](const Tensor& x) { return softmax(x, 1); })},
      {"softmax of columns", {matrix}, reduce([](const Tensor& x) { return softmax(x, 0); })},
      {"gelu", {matrix}, reduce([](const Tensor& x) { return gelu(x); })},
      {"sort", {matrix}, [](const Tensors& in) { return Tensors{std::get<0>(sort(in[0], 0))}; }},
      {"cross_entropy", {matrix}, reduce([](const Tensor& x) { return cross_entropy(x, labels(300, 700)); })},
      {"matmul", {matrix, large({700, 200}, 2)}, call2([](const Tensor& a, const Tensor& b) { return matmul(a, b); })},
      {"bmm", {large({30, 50, 40}), large({30, 40, 60}, 2)}, call2([](const Tensor& a, const Tensor& b) {
         return bmm(a, b);
       })},
      {"linear",
       {large({2000, 100}), large({50, 100}, 2), large({50}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return linear(x, w, b); })},
      {"conv2d", {image, weight, large({24}, 3)}, call3([](const Tensor& x, const Tensor& w, const Tensor& b) {
         return conv2d(x, w, b, {.padding = 1});
       })},
      {"conv2d stride", {image, weight}, call2([](const Tensor& x, const Tensor& w) {
         return conv2d(x, w, {}, {.stride = 2});
       })},
      {"conv_transpose2d", {image, large({16, 8, 3, 3}, 2)}, call2([](const Tensor& x, const Tensor& w) {
         return conv_transpose2d(x, w, {}, {.stride = 2});
       })},
      {"max_pool2d", {image}, reduce([](const Tensor& x) { return max_pool2d(x, 3, {.stride = 2, .padding = 1}); })},
      {"avg_pool2d", {image}, reduce([](const Tensor& x) { return avg_pool2d(x, 3, {.stride = 1}); })},
      {"interpolate", {image}, reduce([](const Tensor& x) {
         return interpolate(x, {50, 20}, {.mode = InterpolateMode::bilinear});
       })},
      {"batch_norm",
       {image, large({16}, 2), large({16}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return batch_norm(x, {}, {}, w, b, true); })},
      {"batch_norm_relu",
       {image, large({16}, 2), large({16}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return batch_norm_relu(x, {}, {}, w, b, true); })},
      {"layer_norm",
       {matrix, large({700}, 2), large({700}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return layer_norm(x, {700}, w, b); })},
      {"group_norm",
       {image, large({16}, 2), large({16}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& b) { return group_norm(x, 4, w, b); })},
      {"lstm",
       {large({3, 40, 100}), large({2400, 100}, 2), large({2400, 600}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& v) { return std::get<0>(lstm(x, {}, {}, w, v)); })},
      {"lstm whose samples are shared out",
       {large({5, 37, 30}), large({400, 30}, 2), large({400, 100}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& v) { return std::get<0>(lstm(x, {}, {}, w, v)); })},
      {"gru over packed samples that are shared out, backwards",
       {large({95, 30}), large({300, 30}, 2), large({300, 100}, 3)},
       call3([](const Tensor& x, const Tensor& w, const Tensor& v) {
         return std::get<0>(gru(x, {}, w, v, {}, {}, {.reverse = true, .batch_sizes = {37, 37, 20, 1}}));
       })},
      {"dropout", {matrix}, reduce([](const Tensor& x) {
         manual_seed(3);
         return dropout(x, 0.4);
       })},
      {"embedding", {large({300, 40})}, reduce([index](const Tensor& w) { return embedding(index, w); })},
      {"index_select", {matrix}, reduce([index](const Tensor& x) { return index_select(x, 0, index); })},
      {"scatter_add", {matrix, large({5000, 700}, 2)}, call2([index](const Tensor& x, const Tensor& source) {
         return scatter_add(x, 0, index.unsqueeze(1).expand({5000, 700}), source);
       })},
      {"cat", {matrix, large({300, 400}, 2)}, call2([](const Tensor& a, const Tensor& b) {
         return cat({a, b}, 1);
       })},
      {"copies", {image}, reduce([](const Tensor& x) { return x.transpose(1, 3).contiguous().channels_last(); })},
  };
}

/// Compares runs with two and three threads to one with one.
void check_threads_do_not_matter() {
  const DefaultDeviceGuard cpu(Device::cpu());
  const int threads = num_threads();
  for (const Sample& sample : large_samples()) {
    INFO(sample.label);
    set_num_threads(1);
    const Run one = run(sample, fresh_inputs(sample.inputs));
    for (const int n : {2, 3}) {
      INFO(n << " threads");
      set_num_threads(n);
      CHECK(difference(run(sample, fresh_inputs(sample.inputs)), one, 0) == "");
    }
  }
  set_num_threads(threads);
}

}  // namespace

TEST_CASE("large calls do not depend on the number of threads") {
  const bool former = deterministic();
  set_deterministic(true);
  check_threads_do_not_matter();
  set_deterministic(former);
}

TEST_CASE("nor do they where determinism is set for the calling thread alone") {
  const bool former = deterministic();
  set_deterministic(false);
  {
    const DeterministicGuard guard;
    CHECK(deterministic());
    bool elsewhere = true;
    std::thread([&] { elsewhere = deterministic(); }).join();
    CHECK_FALSE(elsewhere);
    check_threads_do_not_matter();
  }
  CHECK_FALSE(deterministic());
  set_deterministic(former);
}
