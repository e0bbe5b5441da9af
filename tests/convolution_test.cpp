// Convolutions against seven nested loops and an example by hand, for any number of threads and any layout.

#include <algorithm>
#include <cmath>
#include <thread>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

struct Case {
  std::string label;
  Shape x, weight;
  Conv2dOptions options = {};
  Size2d before = 0, after = 0;  // the padding that the options stand for
};

std::vector<Case> cases() {
  return {
      {"plain", {2, 3, 7, 9}, {4, 3, 3, 3}},
      {"stride", {2, 3, 9, 8}, {5, 3, 3, 2}, {.stride = {2, 3}}},
      {"padding", {2, 3, 5, 6}, {4, 3, 3, 5}, {.padding = {1, 2}}, {1, 2}, {1, 2}},
      {"dilation", {1, 2, 11, 9}, {3, 2, 3, 3}, {.padding = 1, .dilation = {3, 2}}, 1, 1},
      {"everything",
       {3, 4, 12, 11},
       {6, 2, 3, 2},
       {.stride = 2, .padding = {2, 1}, .dilation = {2, 3}, .groups = 2},
       {2, 1},
       {2, 1}},
      {"groups", {2, 6, 6, 6}, {9, 2, 3, 3}, {.padding = 1, .groups = 3}, 1, 1},
      {"depthwise", {2, 16, 8, 8}, {16, 1, 3, 3}, {.padding = 1, .groups = 16}, 1, 1},
      {"depthwise, two each", {1, 5, 6, 7}, {10, 1, 3, 2}, {.groups = 5}},
      {"same, odd", {1, 2, 6, 5}, {3, 2, 3, 5}, {.padding = "same"}, {1, 2}, {1, 2}},
      {"same, even", {1, 2, 6, 5}, {3, 2, 4, 2}, {.padding = "same"}, {1, 0}, {2, 1}},
      {"same, dilated", {1, 1, 6, 5}, {1, 1, 2, 2}, {.padding = "same", .dilation = {3, 1}}, {1, 0}, {2, 1}},
      {"full", {2, 2, 3, 4}, {3, 2, 3, 2}, {.padding = "full"}, {2, 1}, {2, 1}},
      {"full, dilated", {1, 2, 3, 4}, {3, 2, 3, 2}, {.padding = "full", .dilation = 2}, {4, 2}, {4, 2}},
      {"valid", {2, 2, 5, 4}, {3, 2, 3, 2}, {.padding = "valid"}},
      {"1x1", {3, 17, 4, 5}, {19, 17, 1, 1}},
      {"1x1, stride", {2, 8, 5, 6}, {16, 8, 1, 1}, {.stride = 2}},
      {"1x1, groups", {2, 8, 5, 6}, {12, 4, 1, 1}, {.groups = 2}},
      {"one channel", {4, 1, 12, 12}, {32, 1, 5, 5}, {.padding = 2}, 2, 2},
      {"one plane", {2, 1, 9, 70}, {1, 1, 3, 5}},
      {"one plane, padding", {3, 1, 20, 11}, {1, 1, 5, 4}, {.padding = {4, 1}}, {4, 1}, {4, 1}},
      {"one plane, padding beyond the windows", {1, 1, 5, 6}, {1, 1, 2, 3}, {.padding = {3, 4}}, {3, 4}, {3, 4}},
      {"one plane, dilation", {2, 1, 15, 140}, {1, 1, 3, 4}, {.padding = 2, .dilation = {3, 7}}, 2, 2},
      {"one plane, stride", {2, 1, 15, 20}, {1, 1, 3, 4}, {.stride = {2, 1}}},
      {"16 channels", {4, 16, 8, 8}, {32, 16, 3, 3}, {.padding = 1}, 1, 1},
      {"three channels, large kernel", {1, 3, 20, 20}, {16, 3, 7, 7}, {.stride = 2, .padding = 3}, 3, 3},
      {"128 channels, stride", {2, 128, 6, 5}, {130, 128, 3, 3}, {.stride = 2, .padding = 1}, 1, 1},
      {"left-over lines", {1, 2, 8, 8}, {2, 2, 2, 2}, {.stride = 3}},
      {"one pixel", {9, 4, 1, 1}, {5, 4, 1, 1}},
      {"the whole image", {2, 4, 5, 6}, {7, 4, 5, 6}},
      {"kernel larger than the image", {1, 2, 2, 2}, {3, 2, 5, 4}, {.padding = 2}, 2, 2},
  };
}

/// y and, for a given gradient of y, the gradients of x, weight and bias, all by definition.
struct Reference {
  std::vector<double> y, x_grad, weight_grad, bias_grad;
  Shape shape;
};

Reference by_definition(const Case& c, const std::vector<double>& x, const std::vector<double>& w,
                        const std::vector<double>& b, const std::vector<double>& g) {
  const Size2d stride = c.options.stride, dilation = c.options.dilation;
  const std::int64_t N = c.x[0], C = c.x[1], H = c.x[2], W = c.x[3];
  const std::int64_t O = c.weight[0], CG = c.weight[1], KH = c.weight[2], KW = c.weight[3];
  const std::int64_t OH = (H + c.before.height + c.after.height - dilation.height * (KH - 1) - 1) / stride.height + 1;
  const std::int64_t OW = (W + c.before.width + c.after.width - dilation.width * (KW - 1) - 1) / stride.width + 1;
  const std::int64_t out_per_group = O / c.options.groups;
  const auto zero = [](std::int64_t count) { return std::vector<double>(static_cast<std::size_t>(count)); };
  Reference r{zero(N * O * OH * OW), zero(N * C * H * W), zero(O * CG * KH * KW), zero(O), {N, O, OH, OW}};
  for (std::int64_t n = 0; n < N; ++n)
    for (std::int64_t o = 0; o < O; ++o)
      for (std::int64_t i = 0; i < OH; ++i)
        for (std::int64_t j = 0; j < OW; ++j) {
          const auto at_y = static_cast<std::size_t>(((n * O + o) * OH + i) * OW + j);
          r.y[at_y] += b[static_cast<std::size_t>(o)];
          if (!g.empty()) r.bias_grad[static_cast<std::size_t>(o)] += g[at_y];
          for (std::int64_t q = 0; q < CG; ++q)
            for (std::int64_t k = 0; k < KH; ++k)
              for (std::int64_t l = 0; l < KW; ++l) {
                const std::int64_t h = i * stride.height + k * dilation.height - c.before.height;
                const std::int64_t v = j * stride.width + l * dilation.width - c.before.width;
                if (h < 0 || h >= H || v < 0 || v >= W) continue;
                const std::int64_t channel = o / out_per_group * CG + q;
                const auto at_x = static_cast<std::size_t>(((n * C + channel) * H + h) * W + v);
                const auto at_w = static_cast<std::size_t>(((o * CG + q) * KH + k) * KW + l);
                r.y[at_y] += w[at_w] * x[at_x];
                if (g.empty()) continue;
                r.x_grad[at_x] += w[at_w] * g[at_y];
                r.weight_grad[at_w] += x[at_x] * g[at_y];
              }
        }
  return r;
}

/// The largest difference, relative to the largest value expected.
double deviation(const Tensor& got, const std::vector<double>& expected) {
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  double difference = 0, scale = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    difference = std::max(difference, std::abs(values[i] - expected[i]));
    scale = std::max(scale, std::abs(expected[i]));
  }
  return difference / scale;
}

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f32}, generator).to(dtype);
}

void compare(const Case& c, DType dtype, double tolerance) {
  INFO(c.label << " in " << std::string(to_string(dtype)));
  const Tensor x = random(c.x, 1, dtype).requires_grad_(), w = random(c.weight, 2, dtype).requires_grad_();
  const Tensor b = random({c.weight[0]}, 3, dtype).requires_grad_();
  const Tensor y = conv2d(x, w, b, c.options);
  const Tensor g = random(y.shape(), 4, dtype);
  const Reference expected =
      by_definition(c, x.to_vector<double>(), w.to_vector<double>(), b.to_vector<double>(), g.to_vector<double>());
  CHECK(y.shape() == expected.shape);
  CHECK(y.is_channels_last());
  CHECK(deviation(y, expected.y) < tolerance);
  const Tensors grads = grad({y}, {x, w, b}, {.grad_outputs = {g}});
  CHECK(deviation(grads[0], expected.x_grad) < tolerance);
  CHECK(deviation(grads[1], expected.weight_grad) < tolerance);
  CHECK(deviation(grads[2], expected.bias_grad) < tolerance);
}

/// Whether shape and all elements are the same, to the bit.
bool identical(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<double>() == b.to_vector<double>();
}

/// The convolution of mathematics: the kernel is turned by 180 degrees.
Tensor true_convolution(const Tensor& a, const Tensor& b, Padding padding) {
  const Tensor kernel = rot90(b, 2).reshape({1, 1, b.shape()[0], b.shape()[1]});
  const Tensor y = conv2d(a.reshape({1, 1, a.shape()[0], a.shape()[1]}), kernel, {}, {.padding = padding});
  return y.reshape({y.shape()[2], y.shape()[3]});
}

}  // namespace

TEST_CASE("conv2d and its gradients are what the definition says") {
  for (const Case& c : cases()) {
    compare(c, DType::f64, 1e-12);
    compare(c, DType::f32, 2e-5);
  }
}

TEST_CASE("an example of a convolution by hand") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor a = tensor({{0, 0, 1, 2}, {2, 2, 0, 0}, {2, 1, 2, 2}, {3, 0, 1, 1}}).to(dtype);
    const Tensor b = tensor({{0, 0, -1}, {1, -1, 1}, {-1, 1, 1}}).to(dtype);
    const Tensor full = tensor({{0, 0, 0, 0, -1, -2},
                                {0, 0, -1, -1, -1, 2},
                                {2, 0, -3, 0, 1, 0},
                                {0, -1, 4, 3, -1, 1},
                                {1, -2, 5, 1, 4, 3},
                                {-3, 3, 2, 0, 2, 1}});
    const Tensor valid = tensor({{-3, 0}, {4, 3}});
    const Tensor same = tensor({{0, -1, -1, -1}, {0, -3, 0, 1}, {-1, 4, 3, -1}, {-2, 5, 1, 4}});
    CHECK(identical(true_convolution(a, b, "full"), full.to(dtype)));
    CHECK(identical(true_convolution(a, b, "valid"), valid.to(dtype)));
    CHECK(identical(true_convolution(a, b, "same"), same.to(dtype)));
  }
}

TEST_CASE("conv_transpose2d is the input gradient of conv2d") {
  // By its definition: every input pixel paints the kernel, scaled, onto the output.
  const Tensor x = tensor({{1, 2}, {3, 4}}).to(DType::f64).reshape({1, 1, 2, 2});
  const Tensor w = tensor({{1, 10}, {100, 1000}}).to(DType::f64).reshape({1, 1, 2, 2});
  const Tensor painted = tensor({{1, 10, 2, 20}, {100, 1000, 200, 2000}, {3, 30, 4, 40}, {300, 3000, 400, 4000}});
  CHECK(identical(conv_transpose2d(x, w, {}, {.stride = 2}).reshape({4, 4}), painted.to(DType::f64)));
  const Tensor overlapped = tensor({{1, 12, 20}, {103, 1234, 2040}, {300, 3400, 4000}});
  CHECK(identical(conv_transpose2d(x, w).reshape({3, 3}), overlapped.to(DType::f64)));
  CHECK(identical(conv_transpose2d(x, w, {}, {.padding = 1}).reshape({}), tensor(1234.0).to(DType::f64)));
  const Tensor extended = conv_transpose2d(x, w, tensor({5.0}).to(DType::f64), {.stride = 2, .output_padding = 1});
  CHECK(extended.shape() == Shape{1, 1, 5, 5});
  CHECK(identical(extended.slice(2, 0, 4).slice(3, 0, 4).reshape({4, 4}), painted.to(DType::f64) + 5));
  CHECK(extended.select(2, 4).reshape({5}).to_vector<double>() == std::vector<double>(5, 5.0));
}

TEST_CASE("conv1d is conv2d on one line") {
  const Tensor x = random({2, 4, 9}, 1), w = random({6, 2, 3}, 2), b = random({6}, 3);
  const Tensor line = conv1d(x, w, b, {.stride = 2, .padding = 1, .dilation = 2, .groups = 2});
  const Tensor image = conv2d(unsqueeze(x, 2), unsqueeze(w, 2), b,
                              {.stride = {1, 2}, .padding = {0, 1}, .dilation = {1, 2}, .groups = 2});
  CHECK(identical(line, squeeze(image, 2)));
  CHECK(line.is_channels_last());
}

TEST_CASE("one image without a batch is convolved like a batch of one") {
  const Tensor x = random({2, 5, 4}, 1), w = random({3, 2, 3, 2}, 2), b = random({3}, 3);
  const auto batch = [](const Tensor& t) { return unsqueeze(t, 0); };
  CHECK(identical(conv2d(x, w, b, {.padding = 1}), squeeze(conv2d(batch(x), w, b, {.padding = 1}), 0)));
  const Tensor turned = w.transpose(0, 1);
  CHECK(identical(conv_transpose2d(x, turned, b), squeeze(conv_transpose2d(batch(x), turned, b), 0)));
  const Tensor line = random({2, 6}, 4), taps = random({3, 2, 3}, 5);
  CHECK(identical(conv1d(line, taps, b), squeeze(conv1d(batch(line), taps, b), 0)));
  const Tensor columns = im2col(x, 2);
  CHECK(identical(columns, squeeze(im2col(batch(x), 2), 0)));
  CHECK(identical(col2im(columns, {5, 4}, 2), squeeze(col2im(batch(columns), {5, 4}, 2), 0)));
}

TEST_CASE("im2col and a product are a convolution") {
  const Tensor x = random({2, 3, 6, 5}, 1), w = random({4, 3, 3, 2}, 2);
  const Tensor columns = im2col(x, {3, 2}, {.dilation = {1, 2}, .padding = {1, 0}, .stride = {2, 1}});
  const Tensor y = conv2d(x, w, {}, {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}});
  CHECK(deviation(matmul(w.reshape({4, -1}), columns).reshape(y.shape()), y.to_vector<double>()) < 1e-12);
  // Each element of the image is in as many columns as windows cover it.
  const Tensor counted = col2im(im2col(ones({1, 1, 3, 3}), 2), 3, 2);
  CHECK(identical(counted.reshape({3, 3}), tensor({{1., 2., 1.}, {2., 4., 2.}, {1., 2., 1.}})));
}

TEST_CASE("a convolution of nothing is nothing, and the weight's gradient 0") {
  const Tensor x = zeros({0, 2, 5, 5}, {.requires_grad = true}), w = ones({3, 2, 3, 3}, {.requires_grad = true});
  const Tensor y = conv2d(x, w);
  CHECK(y.shape() == Shape{0, 3, 3, 3});
  y.sum().backward();
  CHECK(identical(w.grad(), zeros({3, 2, 3, 3})));
  CHECK(x.grad().shape() == x.shape());
}

TEST_CASE("a gradient that nobody needs is not computed") {
  const Tensor x = random({2, 2, 5, 5}, 1), w = random({3, 2, 3, 3}, 2).requires_grad_();
  conv2d(x, w).sum().backward();
  CHECK(w.grad().defined());
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("in deterministic mode convolutions are the same to the bit for any number of threads") {
  const int threads = num_threads();
  set_deterministic(true);
  for (const Case& c : cases()) {
    INFO(c.label);
    Shape shape = c.x;
    shape[0] = 11;  // pieces of different sizes
    const Tensor x = random(shape, 1, DType::f32).requires_grad_();
    const Tensor w = random(c.weight, 2, DType::f32).requires_grad_();
    Tensors results[2];
    for (int i = 0; i < 2; ++i) {
      set_num_threads(i + 1);
      const Tensor y = conv2d(x, w, {}, c.options);
      results[i] = grad({y}, {x, w}, {.grad_outputs = {random(y.shape(), 4, DType::f32)}});
      results[i].push_back(y);
    }
    for (std::size_t i = 0; i < 3; ++i) CHECK(identical(results[0][i], results[1][i]));
    Case batch = c;
    batch.x = shape;
    compare(batch, DType::f32, 5e-5);
  }
  set_deterministic(false);
  set_num_threads(threads);
}

TEST_CASE("convolutions work from several threads at once") {
  const Tensor x = random({2, 8, 9, 9}, 1, DType::f32), w = random({16, 8, 3, 3}, 2, DType::f32);
  const Tensor expected = conv2d(x, w);
  double deviations[2] = {1, 1};
  std::vector<std::thread> threads;
  for (double& result : deviations) {
    threads.emplace_back([&] { result = deviation(conv2d(x, w), expected.to_vector<double>()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double d : deviations) CHECK(d < 1e-6);
}
