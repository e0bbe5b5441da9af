// Pooling against loops over the definition, and PyTorch's conventions by hand.

#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype) {
  Generator generator(seed);
  return randn(shape, {.dtype = DType::f32}, generator).to(dtype);
}

struct Window {
  std::vector<std::int64_t> taps;  // inside the image
  std::int64_t padded;             // with the padding
};

/// PyTorch's windows along one axis, written down as its documentation has them.
std::vector<Window> windows(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                            std::int64_t dilation, bool ceil_mode) {
  const double steps =
      static_cast<double>(in + 2 * padding - dilation * (kernel - 1) - 1) / static_cast<double>(stride);
  auto count = static_cast<std::int64_t>(ceil_mode ? std::ceil(steps) : std::floor(steps)) + 1;
  if (ceil_mode && (count - 1) * stride >= in + padding) --count;
  std::vector<Window> out;
  for (std::int64_t o = 0; o < count; ++o) {
    const std::int64_t start = o * stride - padding;
    Window w{{}, std::min(start + kernel, in + padding) - start};
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t tap = start + k * dilation;
      if (tap >= 0 && tap < in) w.taps.push_back(tap);
    }
    out.push_back(w);
  }
  return out;
}

std::vector<Window> adaptive(std::int64_t in, std::int64_t out) {
  std::vector<Window> result;
  for (std::int64_t o = 0; o < out; ++o) {
    const auto start = static_cast<std::int64_t>(std::floor(static_cast<double>(o * in) / static_cast<double>(out)));
    const auto end = static_cast<std::int64_t>(std::ceil(static_cast<double>((o + 1) * in) / static_cast<double>(out)));
    Window w{{}, end - start};
    for (std::int64_t i = start; i < end; ++i) w.taps.push_back(i);
    result.push_back(w);
  }
  return result;
}

struct Expected {
  std::vector<double> max, mean, mean_without_padding, max_grad, mean_grad;
  std::vector<std::int64_t> index;
  Shape shape;
};

/// Everything by definition; gradients for an output gradient of 1, 2, 3, ... in row-major order.
Expected by_definition(const Tensor& x, const std::vector<Window>& rows, const std::vector<Window>& columns) {
  const std::vector<double> values = x.to_vector<double>();
  const std::int64_t H = x.shape()[2], W = x.shape()[3], planes = x.shape()[0] * x.shape()[1];
  Expected e;
  e.shape = {x.shape()[0], x.shape()[1], static_cast<std::int64_t>(rows.size()),
             static_cast<std::int64_t>(columns.size())};
  e.max_grad.resize(values.size());
  e.mean_grad.resize(values.size());
  double grad = 0;
  for (std::int64_t p = 0; p < planes; ++p) {
    for (const Window& r : rows) {
      for (const Window& c : columns) {
        double best = -std::numeric_limits<double>::infinity(), sum = 0;
        std::int64_t at = -1;
        grad += 1;
        const auto padded = static_cast<double>(r.padded * c.padded);
        for (const std::int64_t h : r.taps) {
          for (const std::int64_t w : c.taps) {
            const double value = values[static_cast<std::size_t>((p * H + h) * W + w)];
            sum += value;
            e.mean_grad[static_cast<std::size_t>((p * H + h) * W + w)] += grad / padded;
            if (at >= 0 && value <= best) continue;
            best = value;
            at = h * W + w;
          }
        }
        e.max.push_back(best);
        e.index.push_back(at);
        e.mean.push_back(sum / padded);
        e.mean_without_padding.push_back(sum / static_cast<double>(r.taps.size() * c.taps.size()));
        if (at >= 0) e.max_grad[static_cast<std::size_t>(p * H * W + at)] += grad;
      }
    }
  }
  return e;
}

Tensor counting(const Shape& shape, DType dtype) { return arange(1, numel(shape) + 1).to(dtype).reshape(shape); }

void check_close(const Tensor& got, const std::vector<double>& expected) {
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  const double tolerance = got.dtype() == DType::f64 ? 1e-12 : 1e-5;
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i]).epsilon(tolerance));
}

void check_equal(const Tensor& got, const std::vector<double>& expected) { CHECK(got.to_vector<double>() == expected); }

template <class F> void for_layouts(const Shape& shape, F&& f) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const bool channels_last : {false, true}) {
      INFO(std::string(to_string(dtype)) << std::string(channels_last ? " channels-last" : " row-major"));
      const Tensor x = random(shape, 5, dtype);
      f((channels_last ? x.channels_last() : x).detach().requires_grad_());
    }
  }
}

}  // namespace

TEST_CASE("max_pool2d and avg_pool2d are what the definition says") {
  struct Case {
    Shape x;
    Size2d kernel, stride, padding;
    std::int64_t dilation;
    bool ceil_mode;
  };
  const std::vector<Case> cases{
      {{2, 3, 8, 6}, 2, 2, 0, 1, false},
      {{2, 19, 7, 9}, 3, 2, 1, 1, false},
      {{1, 4, 7, 8}, {3, 2}, {1, 3}, {1, 0}, 1, false},
      {{2, 2, 5, 7}, 2, 2, 0, 1, true},
      {{1, 33, 6, 5}, 3, 1, 1, 1, true},
      {{1, 2, 9, 11}, 3, 2, 1, 2, false},
      {{1, 3, 10, 9}, {2, 3}, 3, 1, 3, true},
      {{1, 2, 4, 4}, 4, 4, 2, 1, false},
      {{1, 2, 5, 5}, 2, 3, 1, 1, true},
      {{1, 1, 30, 40}, 5, {1, 2}, 2, 1, false},
      {{1, 2, 3, 3}, 2, 4, 0, 1, true},
  };
  for (const Case& c : cases) {
    for_layouts(c.x, [&](const Tensor& x) {
      const Expected e =
          by_definition(x, windows(c.x[2], c.kernel.height, c.stride.height, c.padding.height, c.dilation, c.ceil_mode),
                        windows(c.x[3], c.kernel.width, c.stride.width, c.padding.width, c.dilation, c.ceil_mode));
      INFO("kernel " << c.kernel.height << " x " << c.kernel.width << " stride " << c.stride.height << " dilation "
                     << c.dilation);
      const MaxPool2dOptions options{c.stride, c.padding, c.dilation, c.ceil_mode};
      const auto [values, indices] = max_pool2d_with_indices(x, c.kernel, options);
      REQUIRE(values.shape() == e.shape);
      if (x.is_channels_last()) CHECK(values.is_channels_last());
      check_equal(values, e.max);
      CHECK(indices.to_vector<std::int64_t>() == e.index);
      const Tensor g = counting(e.shape, x.dtype());
      check_equal(grad({values}, {x}, {.grad_outputs = {g}})[0], e.max_grad);
      const Tensor plain = max_pool2d(x, c.kernel, options);
      check_equal(plain, e.max);
      check_equal(grad({plain}, {x}, {.grad_outputs = {g}})[0], e.max_grad);
      check_equal(max_pool2d(x.detach(), c.kernel, options), e.max);
      if (c.dilation > 1) return;
      const Tensor mean = avg_pool2d(x, c.kernel, {c.stride, c.padding, c.ceil_mode});
      check_close(mean, e.mean);
      check_close(grad({mean}, {x}, {.grad_outputs = {g}})[0], e.mean_grad);
      check_close(avg_pool2d(x, c.kernel, {c.stride, c.padding, c.ceil_mode, false}), e.mean_without_padding);
    });
  }
}

TEST_CASE("adaptive pooling takes PyTorch's windows") {
  for (const auto& sizes : {std::pair(Size2d(7, 10), Size2d(3, 4)), std::pair(Size2d(6, 8), Size2d(3, 2)),
                            std::pair(Size2d(3, 2), Size2d(5, 7)), std::pair(Size2d(9, 4), Size2d(1, 1))}) {
    const Size2d size = sizes.first, out = sizes.second;
    for_layouts({2, 3, size.height, size.width}, [&](const Tensor& x) {
      const Expected e = by_definition(x, adaptive(size.height, out.height), adaptive(size.width, out.width));
      const Tensor g = counting(e.shape, x.dtype());
      const Tensor largest = adaptive_max_pool2d(x, out), mean = adaptive_avg_pool2d(x, out);
      REQUIRE(largest.shape() == e.shape);
      check_equal(largest, e.max);
      check_close(mean, e.mean);
      check_equal(grad({largest}, {x}, {.grad_outputs = {g}})[0], e.max_grad);
      check_close(grad({mean}, {x}, {.grad_outputs = {g}})[0], e.mean_grad);
    });
  }
}

TEST_CASE("of equal maxima the first gets the gradient, and NaN is the largest") {
  for_layouts({1, 2, 2, 2}, [](const Tensor& x) {
    const Tensor same = ones_like(x).requires_grad_();
    max_pool2d(same, 2).sum().backward();
    CHECK(same.grad().to_vector<double>() == std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0});
    const Tensor nan = zeros_like(x);
    nan.select(2, 0).select(2, 1).fill_(std::numeric_limits<double>::quiet_NaN());
    const auto [values, indices] = max_pool2d_with_indices(nan, 2);
    CHECK(std::isnan(values.to_vector<double>()[0]));
    CHECK(indices.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 1});
    const Tensor lowest = full_like(x, -std::numeric_limits<double>::infinity());
    CHECK(std::get<1>(max_pool2d_with_indices(lowest, 2)).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 0});
  });
}

TEST_CASE("windows of all small sizes, some larger than the image") {
  const auto check = [&](Size2d image, Size2d kernel, Size2d stride, Size2d padding, bool ceil) {
    INFO("size " << image.height << " x " << image.width << " kernel " << kernel.height << " x " << kernel.width
                 << " stride " << stride.height << " x " << stride.width << " padding " << padding.height << " x "
                 << padding.width << " ceil " << ceil);
    const std::vector<Window> rows = windows(image.height, kernel.height, stride.height, padding.height, 1, ceil),
                              columns = windows(image.width, kernel.width, stride.width, padding.width, 1, ceil);
    const Tensor x = random({1, 2, image.height, image.width}, 7, DType::f64);
    if (rows.empty() || columns.empty()) {
      CHECK_THROWS_AS(max_pool2d(x, kernel, {stride, padding, 1, ceil}), ShapeError);
      CHECK_THROWS_AS(avg_pool2d(x, kernel, {stride, padding, ceil}), ShapeError);
      return;
    }
    const Expected e = by_definition(x, rows, columns);
    check_equal(max_pool2d(x, kernel, {stride, padding, 1, ceil}), e.max);
    check_close(avg_pool2d(x, kernel, {stride, padding, ceil}), e.mean);
    check_close(avg_pool2d(x, kernel, {stride, padding, ceil, false}), e.mean_without_padding);
  };
  for (std::int64_t in = 1; in <= 5; ++in) {
    for (std::int64_t kernel = 1; kernel <= 4; ++kernel) {
      for (std::int64_t stride = 1; stride <= 3; ++stride) {
        for (std::int64_t padding = 0; padding <= kernel / 2; ++padding) {
          for (const bool ceil : {false, true}) {
            check({in, 3}, {kernel, 2}, {stride, 1}, {padding, 0}, ceil);
            for (std::int64_t height = 1; height <= 3; ++height) {
              check({4, in}, {height, kernel}, {1, stride}, {0, padding}, ceil);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("a window larger than a small image, as in SqueezeNet and GoogLeNet") {
  const Tensor x = tensor({{{{1.0, 2.0}, {3.0, 4.0}}}}).requires_grad_();
  const Tensor largest = max_pool2d(x, 3, {.stride = 2, .ceil_mode = true});
  CHECK(largest.shape() == Shape{1, 1, 1, 1});
  CHECK(largest.item() == 4);
  const Tensor mean = avg_pool2d(x, 3, {.stride = 2, .ceil_mode = true});
  CHECK(mean.shape() == Shape{1, 1, 1, 1});
  CHECK(mean.item() == 2.5);
  (largest + mean).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{0.25, 0.25, 0.25, 1.25});
  CHECK_THROWS_AS(max_pool2d(x, 4, {.stride = 2, .ceil_mode = true}), ShapeError);  // ends outside by a stride
  CHECK_THROWS_AS(max_pool2d(x, 3, {.stride = 2}), ShapeError);
}

TEST_CASE("a window that sees padding only is an error") {
  const auto pool = [](std::int64_t height, std::int64_t width, const MaxPool2dOptions& options) {
    return [=] { max_pool2d_with_indices(ones({1, 1, height, width}), 2, options); };
  };
  const std::string got =
      "max_pool2d_with_indices: expected windows with an element of the image, got only padding in ";
  check_throws<ShapeError>(got + "window 0 along the height (size 2, kernel 2, stride 1, padding 1, dilation 3)",
                           pool(2, 2, {.stride = 1, .padding = 1, .dilation = 3}));
  check_throws<ShapeError>(got + "window 0 along the width", pool(3, 1, {.padding = 1, .dilation = {1, 2}}));
  check_throws<ShapeError>("expected an image with pixels, got 0 x 2", pool(0, 2, {.stride = 1, .padding = 1}));
  CHECK_NOTHROW(pool(3, 3, {.stride = 1, .padding = 1, .dilation = 3})());  // from -1 to 2, the last element
}

TEST_CASE("one image without a batch is pooled like a batch of one") {
  const Tensor x = random({2, 5, 6}, 3, DType::f64), batch = unsqueeze(x, 0);
  const auto [values, indices] = max_pool2d_with_indices(x, 2);
  const auto expected = max_pool2d_with_indices(batch, 2);
  CHECK(equal(values, std::get<0>(expected).squeeze(0)));
  CHECK(equal(indices, std::get<1>(expected).squeeze(0)));
  CHECK(equal(max_pool2d(x, 2), max_pool2d(batch, 2).squeeze(0)));
  CHECK(equal(avg_pool2d(x, 2), avg_pool2d(batch, 2).squeeze(0)));
  CHECK(equal(adaptive_max_pool2d(x, {2, 3}), adaptive_max_pool2d(batch, {2, 3}).squeeze(0)));
  CHECK(equal(adaptive_avg_pool2d(x, {2, 3}), adaptive_avg_pool2d(batch, {2, 3}).squeeze(0)));
}

TEST_CASE("ceil_mode adds a window only if it begins inside the image or the padding in front") {
  const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
    return max_pool2d(ones({1, 1, in, 8}), {kernel, 1},
                      {.stride = Size2d(stride, 1), .padding = Size2d(padding, 0), .ceil_mode = true})
        .shape()[2];
  };
  CHECK(size(5, 2, 2, 0) == 3);  // PyTorch: ceil(3 / 2) + 1
  CHECK(size(4, 2, 2, 0) == 2);
  CHECK(size(3, 2, 4, 0) == 1);  // a second window would begin at 4, outside
  CHECK(size(3, 2, 2, 1) == 2);  // 3 windows would begin at 3, in the padding behind
  CHECK(size(4, 2, 2, 1) == 3);
}
