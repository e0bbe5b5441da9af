// Winograd's convolution against the definition, its promises about threads, and the switch.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/conv/winograd/winograd.h>
#include <reel/kernels/threads.h>
#include <reel/kernels/winograd.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"

using namespace reel;
using kernels::ConvOp;
using kernels::ConvShape;

namespace {

/// Restores what these tests set.
struct Settings {
  const reel::testing::DefaultDeviceGuard cpu{Device::cpu()};
  int threads = num_threads();
  bool deterministic = reel::deterministic(), winograd = reel::winograd();
  ~Settings() {
    set_num_threads(threads);
    set_deterministic(deterministic);
    set_winograd(winograd);
  }
};

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

Floats random(std::int64_t count, std::uint64_t seed) {
  Generator generator(seed);
  return randn({count}, {}, generator).to_vector<float>();
}

/// As much padding below and to the right as the output's size asks for.
ConvShape shape(std::int64_t batch, std::int64_t channels, std::int64_t out_channels, Size2d in, Size2d out,
                Size2d padding, std::int64_t kernel = 3) {
  return {.batch = batch,
          .channels = channels,
          .height = in.height,
          .width = in.width,
          .out_channels = out_channels,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .out_height = out.height,
          .out_width = out.width,
          .stride_h = 1,
          .stride_w = 1,
          .dilation_h = 1,
          .dilation_w = 1,
          .pad_top = padding.height,
          .pad_left = padding.width,
          .groups = 1};
}

/// Images of `in` by `in` pixels with the same padding on all sides.
ConvShape square(std::int64_t batch, std::int64_t channels, std::int64_t out_channels, std::int64_t in,
                 std::int64_t padding, std::int64_t kernel = 3) {
  const std::int64_t out = in + 2 * padding - kernel + 1;
  return shape(batch, channels, out_channels, in, out, padding, kernel);
}

/// What a convolution and its gradients work on and return.
template <class Vector> struct Values { Vector y, x_grad, weight_grad; };

struct Operands {
  Floats x, weight, bias, y_grad;

  explicit Operands(const ConvShape& s)
      : x(random(s.x_size(), 1)),
        weight(random(s.weight_size(), 2)),
        bias(random(s.out_channels, 3)),
        y_grad(random(s.y_size(), 4)) {}
};

Values<Doubles> by_definition(const ConvShape& s, const Operands& in) {
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  Values<Doubles> r{Doubles(size(s.y_size())), Doubles(size(s.x_size())), Doubles(size(s.weight_size()))};
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t i = 0; i < s.out_height; ++i)
      for (std::int64_t j = 0; j < s.out_width; ++j)
        for (std::int64_t o = 0; o < s.out_channels; ++o) {
          const std::size_t at_y = size(((n * s.out_height + i) * s.out_width + j) * s.out_channels + o);
          r.y[at_y] += in.bias[size(o)];
          for (std::int64_t tap = 0; tap < s.kernel_height * s.kernel_width; ++tap) {
            const std::int64_t h = i + tap / s.kernel_width - s.pad_top, w = j + tap % s.kernel_width - s.pad_left;
            if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
            for (std::int64_t c = 0; c < s.channels; ++c) {
              const std::size_t at_x = size(((n * s.height + h) * s.width + w) * s.channels + c);
              const std::size_t at_w = size((o * s.channels + c) * s.kernel_height * s.kernel_width + tap);
              r.y[at_y] += double{in.weight[at_w]} * in.x[at_x];
              r.x_grad[at_x] += double{in.weight[at_w]} * in.y_grad[at_y];
              r.weight_grad[at_w] += double{in.x[at_x]} * in.y_grad[at_y];
            }
          }
        }
  return r;
}

Values<Floats> by_winograd(const ConvShape& s, const Operands& in) {
  REQUIRE(kernels::cpu::winograd::serves(s));
  const float unwritten = std::numeric_limits<float>::quiet_NaN();
  Values<Floats> r{Floats(static_cast<std::size_t>(s.y_size()), unwritten), Floats(in.x.size(), unwritten),
                   Floats(in.weight.size(), unwritten)};
  REQUIRE(kernels::cpu::winograd::run(kernels::ConvArgs{.dtype = DType::f32,
                                                        .shape = s,
                                                        .x = in.x.data(),
                                                        .weight = in.weight.data(),
                                                        .bias = in.bias.data(),
                                                        .y = r.y.data()}));
  REQUIRE(kernels::cpu::winograd::run(kernels::ConvInputGradArgs{.dtype = DType::f32,
                                                                 .shape = s,
                                                                 .y_grad = in.y_grad.data(),
                                                                 .weight = in.weight.data(),
                                                                 .x_grad = r.x_grad.data()}));
  REQUIRE(kernels::cpu::winograd::run(kernels::ConvWeightGradArgs{.dtype = DType::f32,
                                                                  .shape = s,
                                                                  .y_grad = in.y_grad.data(),
                                                                  .x = in.x.data(),
                                                                  .weight_grad = r.weight_grad.data()}));
  return r;
}

/// The largest difference, relative to the largest value expected.
template <class A, class B> double deviation(const A& got, const B& expected) {
  REQUIRE(got.size() == expected.size());
  double difference = 0, scale = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double d = std::abs(double{got[i]} - expected[i]);
    difference = d <= difference ? difference : d;  // a NaN stays
    scale = std::max(scale, std::abs(double{expected[i]}));
  }
  return difference / std::max(scale, 1e-30);
}

void compare(const ConvShape& s) {
  INFO("kernel " << s.kernel_height << ", batch " << s.batch << ", channels " << s.channels << " to " << s.out_channels
                 << ", image " << s.height << " x " << s.width << " to " << s.out_height << " x " << s.out_width
                 << ", padding " << s.pad_top << ", " << s.pad_left);
  const Operands in(s);
  const Values<Doubles> expected = by_definition(s, in);
  const Values<Floats> got = by_winograd(s, in);
  CHECK(deviation(got.y, expected.y) < 1e-5);
  CHECK(deviation(got.x_grad, expected.x_grad) < 1e-5);
  CHECK(deviation(got.weight_grad, expected.weight_grad) < 1e-5);
}

/// y and both gradients of the public operation.
Tensors results(const Tensor& x, const Tensor& weight) {
  const Tensor y = conv2d(x, weight, {}, {.padding = weight.size(2) / 2});
  Tensors all = grad({y}, {x, weight}, {.grad_outputs = {ones_like(y)}});
  all.push_back(y);
  return all;
}

bool identical(const Tensors& a, const Tensors& b) {
  return std::ranges::equal(
      a, b, [](const Tensor& s, const Tensor& t) { return s.to_vector<float>() == t.to_vector<float>(); });
}

}  // namespace

TEST_CASE("Winograd's convolution is what the definition says for images of every size and padding") {
  const Settings settings;
  for (std::int64_t in = 1; in <= 13; ++in) {
    for (std::int64_t padding = 0; padding <= 2; ++padding) {
      if (in + 2 * padding >= 3) compare(square(1 + in % 5, 3, 5, in, padding));
    }
    for (std::int64_t padding = 0; padding <= 4; ++padding) {
      if (in + 2 * padding >= 5) compare(square(1 + in % 5, 3, 5, in, padding, 5));
    }
  }
  compare(shape(2, 4, 3, {9, 14}, {9, 14}, 1));
  compare(shape(2, 4, 3, {7, 3}, {6, 5}, {0, 2}));    // padding 0 and 1, 2 and 2
  compare(shape(1, 4, 3, {5, 6}, {7, 5}, {2, 0}));    // 2 and 2, 0 and 1
  compare(shape(1, 4, 3, {6, 5}, {5, 4}, {1, 0}));    // 1 and 0, 0 and 1
  compare(shape(1, 2, 2, {3, 4}, {9, 11}, {5, 3}));   // more than a kernel's width
  compare(shape(1, 2, 2, {12, 11}, {3, 2}, {0, 1}));  // pixels that nobody sees
  compare(shape(2, 4, 3, {9, 14}, {9, 14}, 2, 5));
  compare(shape(2, 4, 3, {7, 3}, {8, 5}, {1, 4}, 5));  // padding 1 and 4, 4 and 2
  compare(shape(1, 2, 2, {3, 4}, {9, 11}, {7, 6}, 5));
  compare(shape(1, 2, 2, {12, 11}, {3, 2}, {0, 1}, 5));
}

TEST_CASE("Winograd's convolution is what the definition says for any number of channels") {
  const Settings settings;
  for (const std::int64_t channels : {1, 3, 17, 32, 33, 64, 65}) {
    for (const std::int64_t out_channels : {1, 16, 31, 64, 65}) compare(square(2, channels, out_channels, 6, 1));
  }
  compare(square(5, 65, 65, 13, 1));
  compare(square(3, 130, 20, 10, 0));
  compare(square(5, 65, 65, 13, 2, 5));
  compare(square(3, 130, 20, 10, 0, 5));
  compare(square(2, 250, 240, 6, 2, 5));
  compare(square(2, 250, 240, 6, 1));  // so many weights that each panel has its own turn
}

TEST_CASE("Winograd's convolution is the same to the bit for any number of threads") {
  const Settings settings;
  // Blocks that threads share, blocks of their own, sums over pieces of the tiles, and panels shared out, at last as
  // many as there are.
  for (const ConvShape& s : {square(2, 40, 70, 7, 1), square(3, 33, 20, 50, 0), square(2, 16, 8, 124, 1),
                             square(4, 160, 130, 12, 1), square(1, 8, 8, 3, 1), square(1, 250, 240, 10, 1),
                             square(2, 40, 70, 7, 2, 5), square(2, 16, 8, 124, 2, 5), square(2, 160, 130, 12, 2, 5)}) {
    const Operands in(s);
    set_num_threads(1);
    const Values<Floats> one = by_winograd(s, in);
    for (const int threads : {2, 3, 5, 16}) {
      set_num_threads(threads);
      for (const bool deterministic : {false, true}) {
        set_deterministic(deterministic);
        const Values<Floats> some = by_winograd(s, in);
        CHECK(some.y == one.y);
        CHECK(some.x_grad == one.x_grad);
        CHECK(some.weight_grad == one.weight_grad);
      }
    }
    if (s.batch == 2) compare(s);
  }
}

namespace {

/// x [N, C, H, W], weight and the gradient of y, all of whole numbers, so that sums are exact.
struct Numbers {
  Tensor x, weight, y_grad;

  explicit Numbers(std::int64_t kernel) {
    Generator generator(5);
    const auto whole = [&](const Shape& shape) { return randint(-2, 3, shape, {.dtype = DType::f32}, generator); };
    x = whole({2, 32, 16, 16});
    weight = whole({32, 32, kernel, kernel});
    y_grad = whole({2, 32, 16, 16});
  }

  /// y and the gradients of x and weight.
  Tensors results() const {
    const Tensor in = x.detach().requires_grad_(), w = weight.detach().requires_grad_();
    const Tensor y = conv2d(in, w, {}, {.padding = w.size(2) / 2});
    const Tensors grads = grad({y}, {in, w}, {.grad_outputs = {y_grad}});
    return {y, grads[0], grads[1]};
  }
};

enum class Kind { finite, infinite, nan };
Kind kind_of(float v) { return std::isnan(v) ? Kind::nan : std::isinf(v) ? Kind::infinite : Kind::finite; }

/// Whether both hold NaN and infinities at the same places, and the same numbers elsewhere, but for roundings.
bool agree(const Tensor& got, const Tensor& expected) {
  const Floats a = got.to_vector<float>();
  const Doubles b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto rounded = static_cast<float>(b[i]);
    if (kind_of(a[i]) != kind_of(rounded)) return false;
    if (kind_of(rounded) == Kind::infinite && a[i] != rounded) return false;
    if (kind_of(rounded) == Kind::finite && std::abs(a[i] - rounded) > 1e-3F + 1e-5F * std::abs(rounded)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a pixel that is NaN reaches the outputs that see it, and no others") {
  const Settings settings;
  Generator generator(1);
  const Tensor x = randn({1, 64, 28, 28}, {}, generator), weight = randn({64, 64, 3, 3}, {}, generator);
  const auto count_nan = [&](const Tensor& y) {
    const Floats values = y.to_vector<float>();
    return std::ranges::count_if(values, [](float v) { return std::isnan(v); });
  };
  CHECK(count_nan(conv2d(x, weight, {}, {.padding = 1})) == 0);
  x[0][5][13][14].fill_(std::numeric_limits<double>::quiet_NaN());
  CHECK(count_nan(conv2d(x, weight, {}, {.padding = 1})) == 9 * 64);
}

TEST_CASE("numbers that Winograd's tiles would spread are summed directly") {
  const Settings settings;
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::int64_t kernel : {3, 5}) {
    for (const double value : {nan, inf, -inf, 1e20, -1e38, 1e7}) {
      for (const int operand : {0, 1, 2}) {
        INFO("kernel " << kernel << ", value " << value << ", operand " << operand);
        Numbers numbers(kernel);
        const Tensor& t = operand == 0 ? numbers.x : operand == 1 ? numbers.weight : numbers.y_grad;
        t[1][7][kernel / 2][kernel / 2].fill_(value);  // a weight that no padding meets: whose 0 may count or not
        const Tensors got = numbers.results();
        for (Tensor* exact : {&numbers.x, &numbers.weight, &numbers.y_grad}) *exact = exact->to(DType::f64);
        const Tensors expected = numbers.results();
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(agree(got[i], expected[i]));
      }
    }
  }
}

TEST_CASE("set_winograd chooses the algorithm") {
  const Settings settings;
  Generator generator(1);
  const Tensor x = randn({4, 64, 16, 15}, {}, generator).channels_last().requires_grad_();
  for (const std::int64_t kernel : {3, 5}) {
    const Tensor weight = randn({64, 64, kernel, kernel}, {}, generator).requires_grad_();
    const auto with = [&](bool enabled) {
      set_winograd(enabled);
      CHECK(winograd() == enabled);
      return results(x, weight);
    };
    const Tensors exact = with(false), fast = with(true);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const Floats a = fast[i].to_vector<float>(), b = exact[i].to_vector<float>();
      CHECK(a != b);
      CHECK(deviation(a, b) < 1e-5);
    }
    // It keeps deterministic()'s promise by itself, and with it does not change.
    for (const bool deterministic : {false, true}) {
      set_deterministic(deterministic);
      for (const int threads : {1, 2, 3}) {
        set_num_threads(threads);
        CHECK(identical(with(true), fast));
      }
    }
  }
}

TEST_CASE("Winograd's convolution is chosen where it pays") {
  const auto pays = [](const ConvShape& s, DType dtype = DType::f32) {
    const auto is_chosen = [&](ConvOp op) {
      return kernels::cpu::convolution::choose(op, dtype, dtype, s, {}, true) == ConvAlgorithm::winograd;
    };
    CHECK(is_chosen(ConvOp::forward) == is_chosen(ConvOp::input_grad));
    CHECK(is_chosen(ConvOp::forward) == is_chosen(ConvOp::weight_grad));
    return is_chosen(ConvOp::forward);
  };
  CHECK(pays(square(8, 64, 64, 56, 1)));
  CHECK(pays(square(2, 256, 512, 28, 1)));
  CHECK(pays(square(32, 512, 512, 4, 1)));
  CHECK_FALSE(pays(square(8, 64, 64, 56, 1), DType::f64));
  CHECK_FALSE(pays(square(8, 3, 64, 56, 1)));    // a panel of three channels
  CHECK_FALSE(pays(square(1, 64, 64, 14, 1)));   // few pixels
  CHECK_FALSE(pays(square(999, 64, 64, 5, 1)));  // tiles that are mostly empty
  CHECK(pays(square(64, 32, 64, 14, 2, 5)));
  CHECK(pays(square(32, 64, 192, 28, 2, 5)));
  CHECK_FALSE(pays(square(64, 64, 64, 7, 2, 5)));
  CHECK_FALSE(pays(square(64, 24, 64, 14, 2, 5)));
  CHECK_FALSE(pays(square(8, 64, 64, 56, 3, 7)));
  ConvShape other = square(8, 64, 64, 56, 1);
  other.stride_w = 2;
  CHECK_FALSE(pays(other));
}
