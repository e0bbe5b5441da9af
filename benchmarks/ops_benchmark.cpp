// A benchmark for every sample of the op table, forward and backward; then the sizes that show bandwidth.

#include <benchmark/benchmark.h>
#include <reel/reel.h>

#include "support/op_samples.h"

namespace {

using namespace reel;

Tensors to_f32(const Tensors& inputs) {
  Tensors out;
  for (const Tensor& x : inputs) {
    Tensor y = x.defined() && is_floating(x.dtype()) ? x.detach().to(DType::f32) : x;
    if (x.requires_grad()) y.requires_grad_();
    out.push_back(y);
  }
  return out;
}

void forward(benchmark::State& state, const testing::Sample& sample) {
  const Tensors inputs = to_f32(sample.inputs);
  const NoGradGuard guard;
  for (auto _ : state) benchmark::DoNotOptimize(sample.call(inputs));
}

void forward_backward(benchmark::State& state, const testing::Sample& sample) {
  const Tensors inputs = to_f32(sample.inputs);
  Tensors outputs, grads;
  for (const Tensor& y : sample.call(inputs)) {
    if (y.requires_grad()) grads.push_back(ones_like(y));
  }
  for (auto _ : state) {
    outputs.clear();
    for (const Tensor& y : sample.call(inputs)) {
      if (y.requires_grad()) outputs.push_back(y);
    }
    backward(outputs, grads);
    for (const Tensor& x : inputs) {
      if (x.defined()) x.set_grad({});
    }
  }
}

void register_samples() {
  for (const testing::OpRow& row : testing::op_table()) {
    if (!row.missing.empty()) continue;
    for (const testing::Sample& sample : row.samples) {
      const std::string name = std::string(row.name) + "/" + sample.label;
      benchmark::RegisterBenchmark(("op/" + name).c_str(), [sample](benchmark::State& s) { forward(s, sample); });
      if (!row.differentiable) continue;
      benchmark::RegisterBenchmark(("op+backward/" + name).c_str(),
                                   [sample](benchmark::State& s) { forward_backward(s, sample); });
    }
  }
}

/// A memory-bound operation on 16M elements: bytes are those that must be read and written.
void register_large(const std::string& name, double bytes, std::function<Tensor()> run) {
  benchmark::RegisterBenchmark(("large/" + name).c_str(), [bytes, run](benchmark::State& state) {
    const NoGradGuard guard;
    for (auto _ : state) benchmark::DoNotOptimize(run());
    state.SetBytesProcessed(static_cast<std::int64_t>(static_cast<double>(state.iterations()) * bytes));
  });
}

void register_large_ones() {
  const Tensor a = rand({4096, 4096}), b = rand({4096, 4096}), row = rand({4096});
  const double once = 4096.0 * 4096 * 4;
  register_large("add", 3 * once, [=] { return a + b; });
  register_large("add_row", 2 * once, [=] { return a + row; });
  register_large("mul_number", 2 * once, [=] { return a * 2; });
  register_large("relu", 2 * once, [=] { return relu(a); });
  register_large("exp", 2 * once, [=] { return exp(a); });
  register_large("tanh", 2 * once, [=] { return tanh(a); });
  register_large("gelu", 2 * once, [=] { return gelu(a); });
  register_large("sum", once, [=] { return sum(a); });
  register_large("sum_columns", once, [=] { return sum(a, {0}); });
  register_large("sum_rows", once, [=] { return sum(a, {1}); });
  register_large("softmax", 2 * once, [=] { return softmax(a, 1); });
  register_large("transposed_copy", 2 * once, [=] { return a.t().contiguous(); });
}

const bool registered = (register_samples(), register_large_ones(), true);

}  // namespace
