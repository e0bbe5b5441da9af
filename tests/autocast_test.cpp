// Products and convolutions under autocast against the same of explicitly rounded factors in f64.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/kernels/gemm.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"
#include "support/throws.h"

using namespace reel;

namespace {

Tensor random(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return randn(shape, {}, generator);
}
Tensor leaf(const Shape& shape, std::uint64_t seed) { return random(shape, seed).requires_grad_(); }

/// x rounded, in f64.
Tensor rounded(const Tensor& x, DType dtype = DType::bf16) { return x.detach().to(dtype).to(DType::f64); }
Tensor wide(const Tensor& x) { return x.detach().to(DType::f64); }

double largest(const Tensor& x) { return x.numel() ? amax(abs(x)).item<double>() : 0; }

/// The largest error, as a part of the largest result.
double error(const Tensor& got, const Tensor& expected) {
  REQUIRE(got.shape() == expected.shape());
  REQUIRE(got.dtype() == DType::f32);
  return largest(wide(got) - expected) / std::max(largest(expected), 1e-30);
}

/// f32 sums of exact products, in any order.
constexpr double kSum = 4e-6;

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<double>() == b.to_vector<double>();
}

/// A function of two tensors that is linear in each.
using Product = std::function<Tensor(const Tensor&, const Tensor&)>;

/// Result and gradients, and the gradients of gradients, of `f` under autocast are those of rounded factors, whatever
/// the setting where backward is called; without, nothing is rounded.
void check_rounding(const Product& f, const Shape& a_shape, const Shape& b_shape, DType dtype) {
  const Tensor a = leaf(a_shape, 1), b = leaf(b_shape, 2);
  const Tensor ra = rounded(a, dtype).requires_grad_(), rb = rounded(b, dtype).requires_grad_();
  const Tensor y = autocast(dtype, [&] { return f(a, b); }), expected = f(ra, rb);
  CHECK(error(y, expected) < kSum);

  const Tensor g = random(y.shape(), 3).requires_grad_(), rg = rounded(g, dtype).requires_grad_();
  const Tensors grads = grad({y}, {a, b}, {.grad_outputs = {g}, .create_graph = true});
  const Tensors expected_grads = grad({expected}, {ra, rb}, {.grad_outputs = {rg}, .create_graph = true});
  for (std::size_t i = 0; i < 2; ++i) CHECK(error(grads[i], expected_grads[i]) < kSum);

  // The gradient of a, a function of g and b, with the gradient u: u is rounded, too.
  const Tensor u = random(a_shape, 4);
  const Tensors second = grad({grads[0]}, {g, b}, {.grad_outputs = {u}});
  const Tensors expected_second = grad({expected_grads[0]}, {rg, rb}, {.grad_outputs = {rounded(u, dtype)}});
  for (std::size_t i = 0; i < 2; ++i) CHECK(error(second[i], expected_second[i]) < kSum);

  // The usual backward, without a graph, shares the rounded gradient. And what was recorded outside stays exact.
  const Tensor again = autocast(dtype, [&] { return f(a, b); }), exact = f(a, b);
  const Tensors plain = grad({again}, {a, b}, {.grad_outputs = {g.detach()}});
  for (std::size_t i = 0; i < 2; ++i) CHECK(error(plain[i], expected_grads[i]) < kSum);
  const Tensor wa = wide(a).requires_grad_(), wb = wide(b).requires_grad_();
  const Tensor expected_exact = f(wa, wb);
  CHECK(error(exact, expected_exact) < kSum);
  const Tensors exact_grads = autocast(dtype, [&] { return grad({exact}, {a, b}, {.grad_outputs = {g.detach()}}); });
  const Tensors expected_exact_grads = grad({expected_exact}, {wa, wb}, {.grad_outputs = {wide(g)}});
  for (std::size_t i = 0; i < 2; ++i) CHECK(error(exact_grads[i], expected_exact_grads[i]) < kSum);
}

void check_rounding(const Product& f, const Shape& a_shape, const Shape& b_shape) {
  for (const DType dtype : {DType::bf16, DType::f16}) check_rounding(f, a_shape, b_shape, dtype);
}

struct Restore {
  int threads = num_threads();
  bool mode = deterministic();
  ~Restore() {
    set_num_threads(threads);
    set_deterministic(mode);
  }
};

struct ConvCase {
  std::string label;
  Shape x, weight;
  Conv2dOptions options = {};
};

std::vector<ConvCase> conv_cases() {
  return {
      {"one channel", {3, 1, 12, 11}, {32, 1, 5, 5}, {.padding = 2}},
      {"three channels", {2, 3, 9, 10}, {16, 3, 3, 3}, {.padding = 1}},
      {"32 channels", {2, 32, 14, 14}, {64, 32, 5, 5}, {.padding = 2}},
      {"as large as Winograd's", {2, 32, 20, 20}, {32, 32, 3, 3}, {.padding = 1}},
      {"stride", {2, 16, 10, 10}, {32, 16, 3, 3}, {.stride = 2, .padding = 1}},
      {"small image", {5, 48, 4, 4}, {40, 48, 3, 3}, {.padding = 1}},
      {"1x1", {3, 32, 6, 5}, {48, 32, 1, 1}},
      {"1x1, stride", {3, 32, 6, 5}, {48, 32, 1, 1}, {.stride = 2}},
      {"groups", {2, 12, 10, 9}, {18, 4, 3, 3}, {.padding = 1, .groups = 3}},
      {"depthwise", {2, 16, 8, 8}, {16, 1, 3, 3}, {.padding = 1, .groups = 16}},
      {"dilation", {1, 6, 13, 11}, {7, 6, 3, 2}, {.padding = {1, 2}, .dilation = {3, 2}}},
      {"left-over lines", {1, 2, 8, 8}, {2, 2, 2, 2}, {.stride = 3}},
      {"one pixel", {9, 4, 1, 1}, {5, 4, 1, 1}},
  };
}

}  // namespace

TEST_CASE("autocast: products are those of rounded factors") {
  const Product product = [](const Tensor& a, const Tensor& b) { return matmul(a, b); };
  const std::pair<Shape, Shape> shapes[] = {
      {{1, 1}, {1, 1}},          {{3, 2}, {2, 4}},        {{17, 33}, {33, 5}},          {{64, 784}, {784, 100}},
      {{100, 90}, {90, 110}},    {{1, 300}, {300, 70}},   {{70, 300}, {300, 1}},        {{400}, {400}},
      {{30}, {30, 20}},          {{20, 30}, {30}},        {{3, 20, 30}, {3, 30, 40}},   {{3, 20, 30}, {30, 40}},
      {{2, 1, 9, 8}, {3, 8, 7}}, {{20, 30}, {4, 30, 10}}, {{2, 3, 40, 50}, {3, 50, 60}}};
  for (const auto& shape : shapes) {
    INFO(shape.first << " @ " << shape.second);
    check_rounding(product, shape.first, shape.second);
  }
  check_rounding([](const Tensor& a, const Tensor& b) { return matmul(a.t(), b.t()); }, {50, 40}, {30, 50});
  check_rounding([](const Tensor& a, const Tensor& b) { return matmul(a.slice(1, 3, 43), b.slice(0, 0, 80, 2)); },
                 {30, 50}, {80, 20});
  check_rounding([](const Tensor& a, const Tensor& b) { return linear(a, b); }, {6, 5, 40}, {30, 40});
  check_rounding(
      [](const Tensor& a, const Tensor& b) {
        return einsum("bik,bjk->bij", {a, b});
      },
      {3, 20, 30}, {3, 10, 30});
}

TEST_CASE("autocast: the bias is not rounded") {
  const Tensor x = random({20, 30}, 1), w = random({40, 30}, 2), b = random({40}, 3) * 100;
  const AutocastGuard guard(DType::bf16);
  CHECK(error(linear(x, w, b), linear(rounded(x), rounded(w), wide(b))) < kSum);
  const Tensor image = random({2, 8, 6, 6}, 1), weight = random({40, 8, 3, 3}, 2);
  CHECK(error(conv2d(image, weight, b), conv2d(rounded(image), rounded(weight), wide(b))) < kSum);
  CHECK(error(addmm(b, x, w.t()), addmm(wide(b), rounded(x), rounded(w).t())) < kSum);
  CHECK(error(addmm(b, x, w.t(), 0.5, 3), addmm(wide(b), rounded(x), rounded(w).t(), 0.5, 3)) < kSum);
}

TEST_CASE("autocast: convolutions are those of rounded factors") {
  for (const ConvCase& c : conv_cases()) {
    INFO(c.label);
    check_rounding([&](const Tensor& x, const Tensor& w) { return conv2d(x, w, {}, c.options); }, c.x, c.weight);
  }
  check_rounding([](const Tensor& x, const Tensor& w) { return conv1d(x, w, {}, {.stride = 2, .padding = 1}); },
                 {3, 16, 20}, {8, 16, 3});
  check_rounding(
      [](const Tensor& x, const Tensor& w) { return conv_transpose2d(x, w, {}, {.stride = 2, .padding = 1}); },
      {2, 16, 7, 6}, {16, 8, 4, 4});
}

TEST_CASE("autocast: the LSTM's products are those of rounded factors") {
  const std::int64_t batch = 4, in = 20, hidden = 24;
  const Tensor x = random({1, batch, in}, 1), h = random({batch, hidden}, 2), c = random({batch, hidden}, 3);
  const Tensor w = random({4 * hidden, in}, 4), u = random({4 * hidden, hidden}, 5);
  const Tensor bw = random({4 * hidden}, 6), bu = random({4 * hidden}, 7);
  const auto got = autocast(DType::bf16, [&] { return lstm(x, h, c, w, u, bw, bu); });
  const auto expected = lstm(rounded(x), rounded(h), wide(c), rounded(w), rounded(u), wide(bw), wide(bu));
  CHECK(error(std::get<1>(got), std::get<1>(expected)) < kSum);
  CHECK(error(std::get<2>(got), std::get<2>(expected)) < kSum);

  // Over more steps each state is rounded as a factor: both ways of the backward agree, near the exact one.
  const Tensor xs = leaf({6, batch, in}, 8), weight = leaf({4 * hidden, hidden}, 9);
  const auto gradients = [&](bool create_graph) {
    const Tensor y = std::get<0>(lstm(xs, {}, {}, w, weight, {}, {}));
    return grad({y}, {xs, weight}, {.grad_outputs = {ones(y.shape())}, .create_graph = create_graph});
  };
  const Tensors exact = gradients(false);
  const AutocastGuard guard(DType::bf16);
  const Tensors fused = gradients(false), recorded = gradients(true);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(error(fused[i], wide(recorded[i])) < 1e-2);
    CHECK(error(fused[i], wide(exact[i])) < 5e-2);
    CHECK(error(fused[i], wide(exact[i])) > 1e-5);
  }
}

TEST_CASE("autocast: kernels take rows of a larger matrix, a bias and what is there already") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  for (const std::int64_t size : {1, 4, 90}) {
    const std::int64_t m = size, n = size + 2, k = size + 1;
    const Tensor a = random({m, k}, 1).to(DType::bf16), b = random({k, n}, 2).to(DType::bf16), bias = random({n}, 3);
    for (const bool accumulate : {false, true}) {
      INFO(size << " " << accumulate);
      const Tensor c = random({m, n + 3}, 4), before = c.clone();
      kernels::gemm[Device::cpu()]({.dtype = DType::f32,
                                    .factors = DType::bf16,
                                    .m = m,
                                    .n = n,
                                    .k = k,
                                    .a = {a.data(), {false, k}},
                                    .b = {b.data(), {false, n}},
                                    .c = c.data(),
                                    .ldc = n + 3,
                                    .bias = bias.data(),
                                    .accumulate = accumulate});
      const Tensor sum = matmul(wide(a), wide(b)) + wide(bias);
      CHECK(error(c.narrow(1, 0, n), accumulate ? sum + wide(before.narrow(1, 0, n)) : sum) < kSum);
      CHECK(same(c.narrow(1, n, 3), before.narrow(1, n, 3)));
    }
  }
}

TEST_CASE("autocast: what it does not concern") {
  const Tensor a = random({20, 30}, 1), b = random({30, 10}, 2);
  const auto products = [&] {
    return std::vector<Tensor>{matmul(a.to(DType::f64), b.to(DType::f64)), matmul(a.to(DType::bf16), b.to(DType::bf16)),
                               matmul(a.to(DType::f16), b.to(DType::f16)), outer(a.select(0, 0), b.select(1, 0)),
                               matmul(a.to(DType::i64), b.to(DType::i64)), exp(a) * a};
  };
  const Tensor exact = matmul(a, b);
  const auto plain = products(), under = autocast(DType::bf16, products);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    INFO(i);
    CHECK(plain[i].dtype() == under[i].dtype());
    CHECK(same(plain[i], under[i]));
  }
  const AutocastGuard guard(DType::bf16);
  CHECK_THROWS_AS(matmul(a, b.to(DType::bf16)), DTypeError);
  CHECK(matmul(zeros({0, 3}), zeros({3, 2})).shape() == Shape{0, 2});
  CHECK(same(matmul(zeros({2, 0}), zeros({0, 3})), zeros({2, 3})));
  CHECK(same(autocast(DType::f32, [&] { return matmul(a, b); }), exact));
}

TEST_CASE("autocast: a guard holds for its scope and its thread") {
  CHECK(Autocast::dtype() == DType::f32);
  {
    const AutocastGuard guard(DType::bf16);
    CHECK(Autocast::dtype() == DType::bf16);
    DType elsewhere = DType::u8;
    std::thread([&] { elsewhere = Autocast::dtype(); }).join();
    CHECK(elsewhere == DType::f32);
    CHECK(autocast(DType::f32, [] { return Autocast::dtype(); }) == DType::f32);
    CHECK(Autocast::dtype() == DType::bf16);
    testing::check_throws<DTypeError>("autocast: expected dtype bf16 or f16, or f32 to round nothing, got f64",
                                      [] { const AutocastGuard inner(DType::f64); });
    CHECK(Autocast::dtype() == DType::bf16);
  }
  CHECK(Autocast::dtype() == DType::f32);

  // Backward rounds on another thread, too.
  const Tensor a = leaf({20, 30}, 1), b = leaf({30, 10}, 2);
  const Tensor y = autocast(DType::bf16, [&] { return matmul(a, b); });
  std::thread([&] { y.backward(ones(y.shape())); }).join();
  CHECK(error(a.grad(), matmul(ones({20, 10}, {.dtype = DType::f64}), rounded(b).t())) < kSum);
}

TEST_CASE("autocast: NaN and infinity survive") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const AutocastGuard guard(DType::bf16);
  for (const std::int64_t size : {2, 40}) {
    INFO(size);
    const Tensor a = ones({size, size}), b = ones({size, size});
    a[0][0] = nan;
    a[1][0] = infinity;
    const Tensor c = matmul(a, b);
    CHECK(std::isnan(c[0][1].item<float>()));
    CHECK(c[1][1].item<float>() == infinity);
    const Tensor image = a.view({1, 1, size, size}).expand({1, 16, size, size}), weight = ones({16, 16, 1, 1});
    CHECK(std::isnan(conv2d(image, weight)[0][3][0][0].item<float>()));
    const Tensor wide_weight = ones({16, 16, 3, 3});
    CHECK(std::isnan(conv2d(image, wide_weight, {}, {.padding = 1})[0][3][0][1].item<float>()));
  }
}

TEST_CASE("autocast: deterministic results do not depend on the number of threads") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Restore restore;
  set_deterministic(true);
  const AutocastGuard guard(DType::bf16);
  const auto run = [](const Product& f, const Shape& a_shape, const Shape& b_shape) {
    const Tensor a = leaf(a_shape, 1), b = leaf(b_shape, 2), y = f(a, b);
    Tensors all = grad({y}, {a, b}, {.grad_outputs = {random(y.shape(), 3)}});
    all.push_back(y);
    return all;
  };
  const auto check = [&](const Product& f, const Shape& a_shape, const Shape& b_shape) {
    set_num_threads(1);
    const Tensors one = run(f, a_shape, b_shape);
    set_num_threads(2);
    const Tensors two = run(f, a_shape, b_shape);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(same(one[i], two[i]));
  };
  for (const ConvCase& c : conv_cases()) {
    INFO(c.label);
    check([&](const Tensor& x, const Tensor& w) { return conv2d(x, w, {}, c.options); }, c.x, c.weight);
  }
  check([](const Tensor& a, const Tensor& b) { return matmul(a, b); }, {64, 784}, {784, 500});
  check([](const Tensor& a, const Tensor& b) { return matmul(a, b); }, {5, 100, 90}, {5, 90, 110});
}
