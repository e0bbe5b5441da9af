#include <reel/reel.h>

#include "training_steps.h"
#include "workload.h"

// The rows in Reel.
namespace compare {
namespace {

using namespace reel;

/// Forward and backward of a function of a leaf.
Workload both(std::string name, const Tensor& input, std::function<Tensor(const Tensor&)> f) {
  const Tensor x = input.detach().requires_grad_();
  const Tensor grad = no_grad([&] { return ones_like(f(x)); });
  return {std::move(name), [x, f, grad] {
            x.set_grad({});
            f(x).backward(grad);
          }};
}

Workload forward(std::string name, std::function<Tensor()> f) {
  return {std::move(name), [f] { no_grad(f); }};
}

void overhead_rows(std::vector<Workload>& rows) {
  const Tensor a = ones({1}), b = ones({1}), leaf = ones({1}).requires_grad_();
  rows.push_back({"add, 1 element",
                  [=] {
                    for (int i = 0; i < 1000; ++i) a + b;
                  },
                  1000});
  rows.push_back({"add, 1 element, recorded and released",
                  [=] {
                    for (int i = 0; i < 1000; ++i) leaf + b;
                  },
                  1000});
  rows.push_back({"chain of 1000 adds, forward and backward",
                  [=] {
                    Tensor x = leaf;
                    for (int i = 0; i < 1000; ++i) x = x + b;
                    x.backward();
                  },
                  1000});
}

void memory_rows(std::vector<Workload>& rows) {
  const Tensor a = rand({4096, 4096}), b = rand({4096, 4096}), row = rand({4096});
  rows.push_back(forward("add, 16M", [=] { return a + b; }));
  rows.push_back(forward("add a row, 16M", [=] { return a + row; }));
  rows.push_back(forward("relu, 16M", [=] { return relu(a); }));
  rows.push_back(forward("exp, 16M", [=] { return exp(a); }));
  rows.push_back(forward("tanh, 16M", [=] { return tanh(a); }));
  rows.push_back(forward("gelu, 16M", [=] { return gelu(a); }));
  rows.push_back(forward("sum, 16M", [=] { return sum(a); }));
  rows.push_back(forward("sum(0), 4096x4096", [=] { return sum(a, {0}); }));
  rows.push_back(forward("sum(1), 4096x4096", [=] { return sum(a, {1}); }));
  rows.push_back(forward("softmax, 4096x4096", [=] { return softmax(a, 1); }));
  rows.push_back(forward("transposed copy, 4096x4096", [=] { return a.t().contiguous(); }));
  const Tensor x = randn({2048, 1024});
  rows.push_back(both("softmax, 2048x1024, both ways", x, [](const Tensor& t) { return softmax(t, 1); }));
  rows.push_back(both("layer_norm, 2048x1024, both ways", x, [](const Tensor& t) { return layer_norm(t, {1024}); }));
  rows.push_back(both("dropout, 2048x1024, both ways", x, [](const Tensor& t) { return dropout(t, 0.5, true); }));
  const Tensor image = randn({32, 64, 32, 32}).channels_last();
  rows.push_back(both("batch_norm, 32x64x32x32, both ways", image,
                      [](const Tensor& t) { return batch_norm(t, {}, {}, {}, {}, true); }));
  rows.push_back(
      both("max_pool2d(2), 32x64x32x32, both ways", image, [](const Tensor& t) { return max_pool2d(t, 2); }));
}

void compute_rows(std::vector<Workload>& rows) {
  for (int n : kMatmulSizes) {
    const Tensor a = randn({n, n}), b = randn({n, n});
    rows.push_back(forward("matmul " + std::to_string(n), [=] { return matmul(a, b); }));
  }
  for (const ConvShape& s : kConvShapes) {
    const Tensor x = randn({s.batch, s.in, s.size, s.size}).channels_last();
    const Tensor weight = randn({s.out, s.in, s.kernel, s.kernel});
    const Conv2dOptions options{.stride = s.stride, .padding = s.padding};
    rows.push_back(forward(std::string(s.name) + ", forward", [=] { return conv2d(x, weight, {}, options); }));
    const Tensor leaf = weight.clone().requires_grad_();
    rows.push_back(both(std::string(s.name) + ", both ways", x, [=](const Tensor& t) {
      leaf.set_grad({});
      return conv2d(t, leaf, {}, options);
    }));
  }
}

}  // namespace

std::vector<Workload> reel_workloads() {
  std::vector<Workload> rows;
  overhead_rows(rows);
  memory_rows(rows);
  compute_rows(rows);
  for (auto& step : bench::training_steps()) rows.push_back({step.name, step.run});
  return rows;
}

void set_reel_threads(int threads) { set_num_threads(threads); }

}  // namespace compare
