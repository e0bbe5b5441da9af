// Convolution and pooling of lines and volumes against loops over their definitions, in any layout.

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f32}, generator).to(dtype);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  if (a.numel() == 0) return 0;
  const Tensor x = a.detach().to(DType::f64), y = b.detach().to(DType::f64);
  return amax(abs(x - y)).item<double>() / std::max(1.0, amax(abs(y)).item<double>());
}

struct Case {
  std::string label;
  Shape x, weight;
  Conv3dOptions options = {};
};

std::vector<Case> cases() {
  return {
      {"plain", {2, 3, 4, 5, 6}, {4, 3, 2, 3, 2}},
      {"stride and padding", {1, 2, 5, 6, 7}, {3, 2, 3, 3, 3}, {.stride = {2, 1, 3}, .padding = {1, 2, 0}}},
      {"dilation", {1, 2, 7, 5, 6}, {2, 2, 3, 2, 2}, {.padding = 1, .dilation = {2, 3, 1}}},
      {"groups", {2, 4, 3, 4, 5}, {6, 2, 2, 2, 3}, {.padding = {0, 1, 1}, .groups = 2}},
      {"depthwise", {1, 5, 4, 4, 4}, {5, 1, 3, 3, 3}, {.padding = 1, .groups = 5}},
      {"sixteen channels", {1, 16, 4, 6, 6}, {32, 16, 3, 3, 3}, {.padding = 1}},
      {"windows of one plane", {2, 3, 4, 7, 8}, {5, 3, 1, 3, 3}, {.padding = {0, 1, 1}}},
      {"one plane with padding around it",
       {1, 2, 3, 4, 4},
       {2, 2, 1, 2, 2},
       {.stride = {2, 1, 1}, .padding = {1, 0, 0}}},
      {"depth 1", {2, 3, 1, 6, 6}, {4, 3, 1, 3, 3}, {.padding = {0, 1, 1}}},
      {"1x1x1", {2, 8, 3, 4, 5}, {6, 8, 1, 1, 1}},
      {"along the depth alone", {2, 4, 6, 3, 3}, {4, 4, 3, 1, 1}, {.padding = {1, 0, 0}}},
      {"left-over planes", {1, 2, 7, 5, 5}, {2, 2, 2, 2, 2}, {.stride = 3}},
      {"128 channels, stride", {1, 128, 3, 4, 4}, {128, 128, 2, 2, 2}, {.stride = 2}},
  };
}

/// By definition: for each tap of the weight the product of its matrix with the volume that it sees.
Tensor by_definition(const Case& c, const Tensor& x, const Tensor& w, const Tensor& b) {
  const Conv3dOptions& o = c.options;
  const Size3d stride = o.stride, step = o.dilation, edge = o.padding.numbers();
  const Tensor padded = pad(x, {edge.width, edge.width, edge.height, edge.height, edge.depth, edge.depth});
  const Shape &in = padded.shape(), &k = w.shape();
  const std::int64_t d = (in[2] - step.depth * (k[2] - 1) - 1) / stride.depth + 1;
  const std::int64_t h = (in[3] - step.height * (k[3] - 1) - 1) / stride.height + 1;
  const std::int64_t v = (in[4] - step.width * (k[4] - 1) - 1) / stride.width + 1;
  const std::int64_t inputs = k[1], outputs = k[0] / o.groups;
  Tensors groups;
  for (std::int64_t g = 0; g < o.groups; ++g) {
    Tensor y = zeros({in[0], outputs, d * h * v}, x.options());
    for (std::int64_t t = 0; t < k[2] * k[3] * k[4]; ++t) {
      const std::int64_t i = t / (k[3] * k[4]), j = t / k[4] % k[3], l = t % k[4];
      const Tensor seen = padded.narrow(1, g * inputs, inputs)
                              .slice(2, i * step.depth, i * step.depth + (d - 1) * stride.depth + 1, stride.depth)
                              .slice(3, j * step.height, j * step.height + (h - 1) * stride.height + 1, stride.height)
                              .slice(4, l * step.width, l * step.width + (v - 1) * stride.width + 1, stride.width);
      const Tensor tap = w.narrow(0, g * outputs, outputs).select(4, l).select(3, j).select(2, i);
      y = y + matmul(tap, seen.reshape({in[0], inputs, d * h * v}));
    }
    groups.push_back(y);
  }
  return cat(groups, 1).reshape({in[0], k[0], d, h, v}) + b.reshape({1, -1, 1, 1, 1});
}

void compare(const Case& c, DType dtype, double tolerance) {
  INFO(c.label << " in " << std::string(to_string(dtype)));
  const Tensor x = random(c.x, 1, dtype), w = random(c.weight, 2, dtype), b = random({c.weight[0]}, 3, dtype);
  const Tensors wide{x.to(DType::f64).requires_grad_(), w.to(DType::f64).requires_grad_(),
                     b.to(DType::f64).requires_grad_()};
  const Tensor expected = by_definition(c, wide[0], wide[1], wide[2]);
  const Tensor g = random(expected.shape(), 4, dtype);
  const Tensors expected_grads = grad({expected}, wide, {.grad_outputs = {g.to(DType::f64)}});
  for (const Tensor& volume : {x, x.channels_last()}) {
    const Tensors leaves{volume.detach().requires_grad_(), w.detach().requires_grad_(), b.detach().requires_grad_()};
    const Tensor y = conv3d(leaves[0], leaves[1], leaves[2], c.options);
    CHECK(y.is_channels_last());
    CHECK(largest_difference(y, expected) < tolerance);
    const Tensors grads = grad({y}, leaves, {.grad_outputs = {g}});
    for (std::size_t i = 0; i < 3; ++i) CHECK(largest_difference(grads[i], expected_grads[i]) < tolerance);
  }
}

/// Every window of an axis: [begin, end) of its elements in steps of the dilation.
struct Window {
  std::int64_t begin, end;
};
std::vector<Window> windows(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                            std::int64_t dilation, bool ceil_mode) {
  std::vector<Window> all;
  const std::int64_t reach = dilation * (kernel - 1) + 1;
  for (std::int64_t begin = -padding;; begin += stride) {
    const bool inside = begin + reach <= in + padding;
    if (!inside && !(ceil_mode && begin < in + padding && begin + reach < in + padding + stride)) return all;
    all.push_back({begin, begin + reach});
  }
}

/// The maxima by definition, NaN first of all.
Tensor maxima(const Tensor& x, Size3d kernel, const MaxPool3dOptions& o) {
  const Size3d stride = o.stride.value_or(kernel);
  const Shape& s = x.shape();
  const auto d = windows(s[2], kernel.depth, stride.depth, o.padding.depth, o.dilation.depth, o.ceil_mode);
  const auto h = windows(s[3], kernel.height, stride.height, o.padding.height, o.dilation.height, o.ceil_mode);
  const auto w = windows(s[4], kernel.width, stride.width, o.padding.width, o.dilation.width, o.ceil_mode);
  const std::vector<double> values = x.to_vector<double>();
  std::vector<double> out;
  for (std::int64_t image = 0; image < s[0] * s[1]; ++image) {
    for (const Window& a : d)
      for (const Window& b : h)
        for (const Window& c : w) {
          double largest = -std::numeric_limits<double>::infinity();
          for (std::int64_t i = a.begin; i < a.end; i += o.dilation.depth)
            for (std::int64_t j = b.begin; j < b.end; j += o.dilation.height)
              for (std::int64_t k = c.begin; k < c.end; k += o.dilation.width) {
                if (i < 0 || i >= s[2] || j < 0 || j >= s[3] || k < 0 || k >= s[4]) continue;
                const double value = values[static_cast<std::size_t>(((image * s[2] + i) * s[3] + j) * s[4] + k)];
                if (value > largest || std::isnan(value)) largest = value;
                if (std::isnan(largest)) break;
              }
          out.push_back(largest);
        }
  }
  const auto count = [](const auto& all) { return static_cast<std::int64_t>(all.size()); };
  return tensor(out, {s[0], s[1], count(d), count(h), count(w)});
}

}  // namespace

TEST_CASE("conv3d and its gradients are what the definition says") {
  for (const Case& c : cases()) {
    compare(c, DType::f64, 1e-12);
    compare(c, DType::f32, 2e-5);
  }
}

TEST_CASE("conv3d is the same to the bit for any number of threads in deterministic mode") {
  const int threads = num_threads();
  set_deterministic(true);
  for (const Case& c : cases()) {
    INFO(c.label);
    const Tensor x = random(c.x, 1, DType::f32).requires_grad_(), w = random(c.weight, 2, DType::f32).requires_grad_();
    Tensors results[2];
    for (int i = 0; i < 2; ++i) {
      set_num_threads(i + 1);
      const Tensor y = conv3d(x, w, {}, c.options);
      results[i] = grad({y}, {x, w}, {.grad_outputs = {random(y.shape(), 4, DType::f32)}});
      results[i].push_back(y);
    }
    for (std::size_t i = 0; i < 3; ++i) CHECK(results[0][i].to_vector<float>() == results[1][i].to_vector<float>());
  }
  set_deterministic(false);
  set_num_threads(threads);
}

TEST_CASE("conv_transpose3d is the gradient of conv3d by its input, conv_transpose1d of conv1d") {
  const Tensor x = random({2, 3, 5, 6, 4}, 1).requires_grad_(), w = random({4, 3, 2, 3, 2}, 2);
  const Tensor y = conv3d(x, w, {}, {.stride = {2, 1, 1}, .padding = {0, 1, 0}});
  const Tensor g = random(y.shape(), 3);
  const Tensor up =
      conv_transpose3d(g, w, {}, {.stride = {2, 1, 1}, .padding = {0, 1, 0}, .output_padding = {1, 0, 0}});
  CHECK(largest_difference(up, grad({y}, {x}, {.grad_outputs = {g}})[0]) < 1e-12);
  const Tensor line = random({2, 3, 9}, 1).requires_grad_(), taps = random({4, 3, 3}, 2);
  const Tensor z = conv1d(line, taps, {}, {.stride = 2, .padding = 1});
  const Tensor v = random(z.shape(), 3);
  CHECK(largest_difference(conv_transpose1d(v, taps, {}, {.stride = 2, .padding = 1}),
                           grad({z}, {line}, {.grad_outputs = {v}})[0]) < 1e-12);
}

TEST_CASE("max_pool3d and its indices are what the definition says, in both layouts") {
  const std::pair<Size3d, MaxPool3dOptions> all[] = {
      {2, {}},
      {{3, 2, 2}, {.stride = Size3d(1, 2, 1), .padding = {1, 0, 1}}},
      {2, {.stride = Size3d(1), .padding = 1, .dilation = {2, 1, 2}}},
      {3, {.stride = Size3d(2), .padding = 1, .ceil_mode = true}},
      {{1, 3, 3}, {.stride = Size3d(1, 2, 2)}},
      {{3, 1, 1}, {.stride = Size3d(2, 1, 1)}},
  };
  Tensor x = random({2, 3, 4, 5, 6}, 1);
  x[0][1][2][3][1] = std::nan("");
  x[1][0][0][0][0] = -std::numeric_limits<double>::infinity();
  for (const auto& [kernel, options] : all) {
    const Tensor expected = maxima(x, kernel, options);
    for (const Tensor& volume : {x, x.channels_last(), x.to(DType::f32)}) {
      const Tensor y = max_pool3d(volume, kernel, options);
      CHECK(allclose(y.to(DType::f64), expected.to(volume.dtype()).to(DType::f64), 0, 0, true));
      CHECK(y.is_channels_last() == volume.is_channels_last());
      const auto [values, indices] = max_pool3d_with_indices(volume, kernel, options);
      CHECK(allclose(values, y, 0, 0, true));
      const Tensor found = gather(volume.reshape({2, 3, -1}), 2, indices.reshape({2, 3, -1}));
      CHECK(allclose(found.reshape(y.shape()), y, 0, 0, true));
    }
  }
}

TEST_CASE("avg_pool3d is conv3d with equal weights, in both layouts and of any padding") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = random({2, 3, 4, 5, 6}, 1, dtype);
    const Tensor w = full({3, 1, 2, 3, 2}, 1.0 / 12, {.dtype = dtype});
    const Tensor expected = conv3d(x, w, {}, {.stride = {1, 2, 2}, .padding = {1, 1, 0}, .groups = 3});
    const Tensor inside = conv3d(ones_like(x), w, {}, {.stride = {1, 2, 2}, .padding = {1, 1, 0}, .groups = 3});
    for (const Tensor& volume : {x, x.channels_last()}) {
      const AvgPool3dOptions counted{.stride = Size3d(1, 2, 2), .padding = {1, 1, 0}};
      AvgPool3dOptions uncounted = counted;
      uncounted.count_include_pad = false;
      const Tensor y = avg_pool3d(volume, {2, 3, 2}, counted);
      CHECK(largest_difference(y, expected) < (dtype == DType::f32 ? 1e-6 : 1e-14));
      CHECK(y.is_channels_last() == volume.is_channels_last());
      CHECK(largest_difference(avg_pool3d(volume, {2, 3, 2}, uncounted), expected / inside) <
            (dtype == DType::f32 ? 1e-6 : 1e-14));
    }
  }
}

TEST_CASE("the first of equal elements gets the gradient of max_pool3d") {
  const Tensor x = ones({1, 1, 2, 2, 2}, {.requires_grad = true});
  max_pool3d(x, 2).sum().backward();
  CHECK(x.grad().to_vector<float>() == std::vector<float>{1, 0, 0, 0, 0, 0, 0, 0});
}
