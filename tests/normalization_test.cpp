// Normalisations against their formulas in double precision.

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include <algorithm>
#include <cmath>

using namespace reel;

namespace {

Tensor random(const Shape& shape, std::uint64_t seed, double mean = 0, DType dtype = DType::f32) {
  Generator generator(seed);
  return (randn(shape, {.dtype = DType::f64}, generator) + mean).to(dtype);
}

double worst_difference(const Tensor& got, const std::vector<double>& expected) {
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) worst = std::max(worst, std::abs(values[i] - expected[i]));
  return worst;
}

struct Reference {
  std::vector<double> y, dx, dw, db;  // forward, and the gradients for the given one of y
  std::vector<double> mean, var;
};

/// Normalisation of row-major [n, groups, depth, inner], with statistics of each group (and sample).
Reference reference(const Tensor& x, const Tensor& w, const Tensor& b, const Tensor& dy, std::size_t n,
                    std::size_t groups, std::size_t depth, std::size_t inner, bool over_batch, double eps = 1e-5) {
  const auto xs = x.to_vector<double>(), ws = w.to_vector<double>(), bs = b.to_vector<double>(),
             gs = dy.to_vector<double>();
  Reference r{xs, xs, std::vector<double>(groups * depth), std::vector<double>(groups * depth), {}, {}};
  const std::size_t samples = over_batch ? 1 : n, rows = over_batch ? n : 1;
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t g = 0; g < groups; ++g) {
      const auto each = [&](auto body) {
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t d = 0; d < depth; ++d) {
            for (std::size_t i = 0; i < inner; ++i) {
              body((((s * rows + row) * groups + g) * depth + d) * inner + i, g * depth + d);
            }
          }
        }
      };
      double mean = 0, var = 0, count = 0, m1 = 0, m2 = 0;
      each([&](std::size_t i, std::size_t) { mean += xs[i], count += 1; });
      mean /= count;
      each([&](std::size_t i, std::size_t) { var += (xs[i] - mean) * (xs[i] - mean); });
      var /= count;
      const double rstd = 1 / std::sqrt(var + eps);
      each([&](std::size_t i, std::size_t c) {
        const double h = (xs[i] - mean) * rstd;
        r.y[i] = h * ws[c] + bs[c];
        r.dw[c] += gs[i] * h;
        r.db[c] += gs[i];
        m1 += ws[c] * gs[i] / count;
        m2 += ws[c] * gs[i] * h / count;
      });
      each([&](std::size_t i, std::size_t c) { r.dx[i] = rstd * (ws[c] * gs[i] - m1 - (xs[i] - mean) * rstd * m2); });
      r.mean.push_back(mean);
      r.var.push_back(var);
    }
  }
  return r;
}

struct Case {
  Shape shape;
  std::int64_t groups;  // 0: batch norm
};

const Case cases[] = {{{7, 3}, 0},           {{300, 130}, 0},     {{5, 3, 11}, 0},       {{4, 6, 9, 9}, 0},
                      {{3, 5, 2, 2}, 0},     {{70, 40, 5, 5}, 0}, {{2, 300, 12, 12}, 0}, {{4000, 2}, 0},
                      {{2, 6, 9, 9}, 3},     {{3, 8, 2, 2}, 2},   {{5, 6}, 2},           {{2, 64, 10, 10}, 32},
                      {{2, 128, 12, 12}, 2}, {{3, 4, 7}, 1},      {{2, 4, 100}, 4}};

Tensor call(const Case& c, const Tensor& x, const Tensor& w, const Tensor& b, double eps = 1e-5) {
  return c.groups ? group_norm(x, c.groups, w, b, eps) : batch_norm(x, {}, {}, w, b, true, 0.1, eps);
}

/// Factors whose squares are out of range; 1e-5 is nothing beside the variance of what they scale.
std::vector<double> far_scales(DType dtype) {
  const int e = dtype == DType::f32 ? 100 : 1000;
  return {std::exp2(e), std::exp2(-e)};
}

}  // namespace

TEST_CASE("batch and group norm equal the formula in every layout") {
  for (const Case& c : cases) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const bool channels_last : {false, true}) {
        if (channels_last && c.shape.size() < 3) continue;
        for (const double mean : {0.0, 100.0}) {
          INFO(c.shape << ", groups " << c.groups << ", " << to_string(dtype) << (channels_last ? " NHWC" : " NCHW")
                       << ", mean " << mean);
          const std::int64_t channels = c.shape[1];
          const Tensor values = random(c.shape, 1, mean, dtype), dy = random(c.shape, 2, 0, dtype);
          const Tensor x = (channels_last ? values.channels_last() : values).clone().requires_grad_();
          const Tensor w = random({channels}, 3, 1, dtype).requires_grad_(),
                       b = random({channels}, 4, 0, dtype).requires_grad_();
          const std::size_t groups = std::size_t(c.groups ? c.groups : channels),
                            inner = std::size_t(values.numel() / c.shape[0] / channels);
          const Reference r = reference(values, w, b, dy, std::size_t(c.shape[0]), groups,
                                        std::size_t(channels) / groups, inner, c.groups == 0);
          const Tensor y = call(c, x, w, b);
          CHECK(y.strides() == x.strides());
          y.backward(dy);
          const double unit = dtype == DType::f32 ? 1e-6 * (1 + mean / 10) : 1e-14 * (1 + mean);
          const double sums = std::sqrt(double(values.numel()) / double(channels));
          CHECK(worst_difference(y, r.y) < 20 * unit);
          CHECK(worst_difference(x.grad(), r.dx) < 50 * unit);
          CHECK(worst_difference(w.grad(), r.dw) < 20 * unit * sums);
          CHECK(worst_difference(b.grad(), r.db) < 20 * unit * sums);
        }
      }
    }
  }
}

TEST_CASE("batch and group norm of values whose squares are out of range") {
  for (const Case& c : cases) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const bool channels_last : {false, true}) {
        if (channels_last && c.shape.size() < 3) continue;
        for (const double scale : far_scales(dtype)) {
          INFO(c.shape << ", groups " << c.groups << ", " << to_string(dtype) << (channels_last ? " NHWC" : " NCHW")
                       << ", scale " << scale);
          const std::int64_t channels = c.shape[1];
          const Tensor values = random(c.shape, 1, 1, dtype), dy = random(c.shape, 2, 0, dtype);
          const Tensor far = values * scale;
          const Tensor x = (channels_last ? far.channels_last() : far).clone().requires_grad_();
          const Tensor w = random({channels}, 3, 1, dtype).requires_grad_(),
                       b = random({channels}, 4, 0, dtype).requires_grad_();
          const std::size_t groups = std::size_t(c.groups ? c.groups : channels),
                            inner = std::size_t(values.numel() / c.shape[0] / channels);
          const Reference r = reference(values, w, b, dy, std::size_t(c.shape[0]), groups,
                                        std::size_t(channels) / groups, inner, c.groups == 0, 0);
          const Tensor y = call(c, x, w, b, scale > 1 ? 1e-5 : 0);
          y.backward(dy);
          const double unit = dtype == DType::f32 ? 2e-6 : 2e-14;
          const double sums = std::sqrt(double(values.numel()) / double(channels));
          CHECK(worst_difference(y, r.y) < 20 * unit);
          CHECK(worst_difference(x.grad() * scale, r.dx) < 50 * unit);
          CHECK(worst_difference(w.grad(), r.dw) < 20 * unit * sums);
          CHECK(worst_difference(b.grad(), r.db) < 20 * unit * sums);
        }
      }
    }
  }
}

TEST_CASE("batch norm with a ReLU is relu(batch_norm), bit for bit, in every layout") {
  for (const Case& c : cases) {
    if (c.groups) continue;
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const bool channels_last : {false, true}) {
        if (channels_last && c.shape.size() < 3) continue;
        for (const bool training : {true, false}) {
          INFO(c.shape << ", " << to_string(dtype) << (channels_last ? " NHWC" : " NCHW")
                       << (training ? ", training" : ", evaluation"));
          const std::int64_t channels = c.shape[1];
          const Tensor values = random(c.shape, 1, 0.5, dtype), dy = random(c.shape, 2, 0, dtype);
          const auto results = [&](auto&& normalized) {
            const Tensor x = (channels_last ? values.channels_last() : values).clone().requires_grad_();
            const Tensor w = random({channels}, 3, 1, dtype).requires_grad_(),
                         b = random({channels}, 4, 0, dtype).requires_grad_();
            const Tensor mean = random({channels}, 5, 0, dtype), var = abs(random({channels}, 6, 9, dtype));
            const Tensor y = normalized(x, mean, var, w, b);
            y.backward(dy);
            std::vector<std::vector<double>> all;
            for (const Tensor& t : {y, x.grad(), w.grad(), b.grad(), mean, var}) all.push_back(t.to_vector<double>());
            return all;
          };
          const auto fused = results([&](const Tensor& x, const Tensor& mean, const Tensor& var, const Tensor& w,
                                         const Tensor& b) { return batch_norm_relu(x, mean, var, w, b, training); });
          const auto apart = results([&](const Tensor& x, const Tensor& mean, const Tensor& var, const Tensor& w,
                                         const Tensor& b) { return relu(batch_norm(x, mean, var, w, b, training)); });
          for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{5}})
            CHECK(fused[i] == apart[i]);
          for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {  // evaluation may sum in another order
            const double worst = worst_difference(tensor(fused[i]), apart[i]);
            CHECK(worst <= (training ? 0 : dtype == DType::f32 ? 1e-3 : 1e-11));
          }
          CHECK(std::count(fused[0].begin(), fused[0].end(), 0.0) > 0);
        }
      }
    }
  }
}

TEST_CASE("batch norm with a ReLU keeps NaN") {
  const Tensor x = tensor({{1.0, std::nan("")}, {2.0, 3.0}, {-3.0, 1.0}});
  const auto y = batch_norm_relu(x, {}, {}, {}, {}, true).to_vector<double>();
  CHECK(!std::isnan(y[0]));
  CHECK(y[4] == 0);
  CHECK((std::isnan(y[1]) && std::isnan(y[3]) && std::isnan(y[5])));
}

TEST_CASE("layer norm equals the formula") {
  const std::pair<std::int64_t, std::int64_t> sizes[] = {{1, 5}, {7, 1}, {33, 64}, {300, 100}, {5, 20000}};
  for (const auto& size : sizes) {
    const std::int64_t rows = size.first, n = size.second;
    for (const DType dtype : {DType::f32, DType::f64}) {
      INFO(rows << " x " << n << " " << to_string(dtype));
      const Tensor x = random({rows, n}, 1, 3, dtype).requires_grad_(), dy = random({rows, n}, 2, 0, dtype);
      const Tensor w = random({n}, 3, 1, dtype).requires_grad_(), b = random({n}, 4, 0, dtype).requires_grad_();
      const Reference r = reference(x, w, b, dy, std::size_t(rows), 1, std::size_t(n), 1, false);
      const Tensor y = layer_norm(x, {n}, w, b);
      y.backward(dy);
      const double unit = dtype == DType::f32 ? 2e-6 : 1e-14;
      CHECK(worst_difference(y, r.y) < 10 * unit);
      // A row of one element has no variance: rstd is 316, and so is the scale of the differences.
      CHECK(worst_difference(x.grad(), r.dx) < (n == 1 ? 1000 : 20) * unit);
      CHECK(worst_difference(w.grad(), r.dw) < 10 * unit * std::sqrt(double(rows)));
      CHECK(worst_difference(b.grad(), r.db) < 10 * unit * std::sqrt(double(rows)));
    }
  }
}

TEST_CASE("layer norm of values whose squares are out of range") {
  const std::pair<std::int64_t, std::int64_t> sizes[] = {{1, 5}, {33, 64}, {300, 100}, {5, 20000}};
  for (const auto& size : sizes) {
    const std::int64_t rows = size.first, n = size.second;
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const double scale : far_scales(dtype)) {
        for (const bool affine : {true, false}) {
          INFO(rows << " x " << n << " " << to_string(dtype) << ", scale " << scale << (affine ? ", affine" : ""));
          const Tensor values = random({rows, n}, 1, 3, dtype), dy = random({rows, n}, 2, 0, dtype);
          const Tensor x = (values * scale).requires_grad_();
          Tensor w = ones({n}, {.dtype = dtype}), b = zeros({n}, {.dtype = dtype});
          if (affine) {
            w = random({n}, 3, 1, dtype).requires_grad_();
            b = random({n}, 4, 0, dtype).requires_grad_();
          }
          const Reference r = reference(values, w, b, dy, std::size_t(rows), 1, std::size_t(n), 1, false, 0);
          const double eps = scale > 1 ? 1e-5 : 0;
          const Tensor y = affine ? layer_norm(x, {n}, w, b, eps) : layer_norm(x, {n}, {}, {}, eps);
          y.backward(dy);
          const double unit = dtype == DType::f32 ? 4e-6 : 2e-14;
          CHECK(worst_difference(y, r.y) < 10 * unit);
          CHECK(worst_difference(x.grad() * scale, r.dx) < 20 * unit);
          if (!affine) continue;
          CHECK(worst_difference(w.grad(), r.dw) < 10 * unit * std::sqrt(double(rows)));
          CHECK(worst_difference(b.grad(), r.db) < 10 * unit * std::sqrt(double(rows)));
        }
      }
    }
  }
}

TEST_CASE("layer norm of a row that mixes huge and other values") {
  // The mean is 0.5e20, the variance 1.25e40.
  const Tensor x = tensor({{1e20, -1e20, 2e20, 0.0}}, {.dtype = DType::f32});
  CHECK(worst_difference(layer_norm(x, {4}) * std::sqrt(1.25), {0.5, -1.5, 1.5, -0.5}) < 1e-6);
}

TEST_CASE("second derivatives of batch and layer norm scale as 1 / s^2") {
  // y(s x) = y(x), so the Hessian of y at s x is that at x divided by s^2. At x central differences test it.
  const Tensor values = random({3, 4, 5}, 1, 0, DType::f64), u = random({3, 4, 5}, 2, 0, DType::f64),
               dy = random({3, 4, 5}, 3, 0, DType::f64);
  const auto second = [&](double scale, bool batch) {
    const Tensor x = (values * scale).requires_grad_();
    const Tensor y = batch ? batch_norm(x, {}, {}, {}, {}, true, 0.1, 0) : layer_norm(x, {5}, {}, {}, 0);
    const Tensor slope = grad({sum(y * dy)}, {x}, {.create_graph = true})[0] * scale;
    return grad({sum(slope * u)}, {x})[0] * scale;
  };
  for (const bool batch : {false, true}) {
    const auto want = second(1, batch).to_vector<double>();
    for (const double scale : {std::exp2(600), std::exp2(-600)}) {
      CHECK(worst_difference(second(scale, batch), want) < 1e-12);
    }
  }
}

TEST_CASE("the variance of values far from zero is accurate") {
  // 1e4 + {0, 1, 2, 3}: in f32 a sum of squares would lose everything.
  std::vector<float> values(4096);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1e4f + static_cast<float>(i % 4);
  const Tensor ramp = tensor(values);
  for (const bool columns : {false, true}) {
    const Tensor x = columns ? ramp.reshape({4096, 1}) : ramp.reshape({1, 1, 4096});
    const Tensor mean = zeros({1}), var = zeros({1});
    batch_norm(x, mean, var, {}, {}, true, 1.0);
    CHECK(mean.item() == doctest::Approx(10001.5).epsilon(1e-7));
    CHECK(var.item() == doctest::Approx(1.25 * 4096 / 4095).epsilon(1e-6));
  }
}

TEST_CASE("running statistics: unbiased variance, momentum, untouched in evaluation") {
  const Tensor x = tensor({{1.0, 10.0}, {2.0, 30.0}, {6.0, 20.0}});  // means 3, 20; unbiased variances 7, 100
  const Tensor mean = tensor({1.0, 2.0}), var = tensor({3.0, 4.0});
  const Tensor y = batch_norm(x, mean, var, {}, {}, true, 0.1);
  CHECK(mean.to_vector<double>()[0] == doctest::Approx(0.9 * 1 + 0.1 * 3));
  CHECK(mean.to_vector<double>()[1] == doctest::Approx(0.9 * 2 + 0.1 * 20));
  CHECK(var.to_vector<double>()[0] == doctest::Approx(0.9 * 3 + 0.1 * 7));
  CHECK(var.to_vector<double>()[1] == doctest::Approx(0.9 * 4 + 0.1 * 100));
  CHECK(y.to_vector<double>()[0] == doctest::Approx((1 - 3) / std::sqrt(14.0 / 3 + 1e-5)));

  const auto before = mean.to_vector<double>();
  const Tensor weight = tensor({2.0, 1.0}), bias = tensor({0.5, 0.0});
  const Tensor z = batch_norm(x, tensor({1.0, 2.0}), tensor({3.0, 4.0}), weight, bias, false);
  CHECK(z.to_vector<double>()[2] == doctest::Approx((2 - 1) / std::sqrt(3 + 1e-5) * 2 + 0.5));
  CHECK(mean.to_vector<double>() == before);
}

TEST_CASE("a batch norm that fails leaves the running statistics alone") {
  const Tensor mean = zeros({2}), var = ones({2});
  CHECK_THROWS_AS(batch_norm(ones({1, 2}), mean, var, {}, {}, true), ShapeError);
  CHECK_THROWS_AS(batch_norm(ones({4, 2}), mean, var, ones({3}), {}, true), ShapeError);
  CHECK(mean.to_vector<double>() == std::vector<double>{0, 0});
  CHECK(var.to_vector<double>() == std::vector<double>{1, 1});
}

TEST_CASE("local response norm equals the formula") {
  const std::int64_t n = 2, channels = 7, inner = 6, size = 4;
  const double alpha = 0.3, beta = 0.75, k = 2;
  const Tensor values = random({n, channels, 2, 3}, 1, 0, DType::f64);
  const auto xs = values.to_vector<double>();
  std::vector<double> expected(xs.size());
  for (std::int64_t s = 0; s < n; ++s) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t i = 0; i < inner; ++i) {
        double sum = 0;
        for (std::int64_t d = std::max<std::int64_t>(0, c - 2); d <= std::min(channels - 1, c + 1); ++d) {
          const double v = xs[std::size_t((s * channels + d) * inner + i)];
          sum += v * v;
        }
        const auto at = std::size_t((s * channels + c) * inner + i);
        expected[at] = xs[at] / std::pow(k + alpha / double(size) * sum, beta);
      }
    }
  }
  CHECK(worst_difference(local_response_norm(values, size, alpha, beta, k), expected) < 1e-14);
  CHECK(worst_difference(local_response_norm(values.channels_last(), size, alpha, beta, k), expected) < 1e-14);
}

TEST_CASE("normalisations do not depend on the number of threads") {
  const int threads = num_threads();
  const auto results = [&](int count) {
    set_num_threads(count);
    std::vector<std::vector<double>> all;
    for (const bool channels_last : {false, true}) {
      for (const std::int64_t groups : {0, 8}) {
        const Tensor values = random({16, 64, 20, 20}, 1);
        const Tensor x = (channels_last ? values.channels_last() : values).clone().requires_grad_();
        const Tensor w = random({64}, 2).requires_grad_(), b = random({64}, 3).requires_grad_();
        const Tensor y = call({x.shape(), groups}, x, w, b);
        y.backward(random(x.shape(), 4));
        for (const Tensor& t : {y, x.grad(), w.grad(), b.grad()}) all.push_back(t.to_vector<double>());
      }
    }
    const Tensor x = random({2000, 150}, 1).requires_grad_(), w = random({150}, 2).requires_grad_();
    const Tensor y = layer_norm(x, {150}, w);
    y.backward(random(x.shape(), 4));
    for (const Tensor& t : {y, x.grad(), w.grad()}) all.push_back(t.to_vector<double>());
    return all;
  };
  CHECK(results(1) == results(2));
  set_num_threads(threads);
}

TEST_CASE("running statistics that share memory are refused before anything changes") {
  const Tensor mean = zeros({3}), variance = ones({1}).expand({3});
  CHECK_THROWS_WITH_AS(batch_norm(random({4, 3}, 1), mean, variance, {}, {}, true), doctest::Contains("batch_norm: "),
                       ValueError);
  CHECK(mean.to_vector<double>() == std::vector<double>{0, 0, 0});
}
