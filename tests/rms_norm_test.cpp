// RMS norm against its formula in double precision.

#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

using Doubles = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInf = std::numeric_limits<double>::infinity();

Tensor random(const Shape& shape, std::uint64_t seed, double mean, DType dtype) {
  Generator generator(seed);
  return (randn(shape, {.dtype = DType::f64}, generator) + mean).to(dtype);
}

double worst_difference(const Tensor& got, const Doubles& expected) {
  const Doubles values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) worst = std::max(worst, std::abs(values[i] - expected[i]));
  return worst;
}

struct Reference {
  Doubles y, dx, dw;  // forward, and the gradients for the given one of y
};

/// Of rows of n elements.
Reference reference(const Tensor& x, const Tensor& w, const Tensor& dy, std::size_t n, double eps) {
  const Doubles xs = x.to_vector<double>(), ws = w.to_vector<double>(), gs = dy.to_vector<double>();
  Reference r{xs, xs, Doubles(n)};
  for (std::size_t row = 0; row < xs.size(); row += n) {
    double squares = 0, product = 0;
    for (std::size_t i = 0; i < n; ++i) squares += xs[row + i] * xs[row + i];
    const double rstd = 1 / std::sqrt(squares / double(n) + eps);
    for (std::size_t i = 0; i < n; ++i) {
      const double h = xs[row + i] * rstd;
      r.y[row + i] = h * ws[i];
      r.dw[i] += gs[row + i] * h;
      product += gs[row + i] * ws[i] * h / double(n);
    }
    for (std::size_t i = 0; i < n; ++i) {
      r.dx[row + i] = rstd * (gs[row + i] * ws[i] - xs[row + i] * rstd * product);
    }
  }
  return r;
}

struct Size {
  std::int64_t rows, n;
};
constexpr Size sizes[] = {{1, 5}, {7, 1}, {33, 64}, {300, 100}, {5, 20000}};

}  // namespace

TEST_CASE("rms norm equals the formula") {
  for (const Size& size : sizes) {
    const std::int64_t rows = size.rows, n = size.n;
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const bool weighted : {true, false}) {
        INFO(rows << " x " << n << " " << to_string(dtype) << (weighted ? ", weight" : ""));
        const Tensor x = random({rows, n}, 1, 3, dtype).requires_grad_(), dy = random({rows, n}, 2, 0, dtype);
        const Tensor w = weighted ? random({n}, 3, 1, dtype).requires_grad_() : ones({n}, {.dtype = dtype});
        const Reference r = reference(x, w, dy, std::size_t(n), 1e-6);
        const Tensor y = rms_norm(x, {n}, weighted ? w : Tensor(), 1e-6);
        y.backward(dy);
        const double unit = dtype == DType::f32 ? 2e-6 : 1e-14;
        CHECK(worst_difference(y, r.y) < 10 * unit);
        CHECK(worst_difference(x.grad(), r.dx) < 20 * unit);
        if (weighted) CHECK(worst_difference(w.grad(), r.dw) < 10 * unit * std::sqrt(double(rows)));
      }
    }
  }
}

TEST_CASE("the epsilon of rms norm is that of the dtype") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double epsilon = dtype == DType::f32 ? 0x1p-23 : 0x1p-52, x = std::sqrt(epsilon);
    const Tensor y = rms_norm(full({2, 3}, x, {.dtype = dtype}), {3});
    CHECK(worst_difference(y, Doubles(6, 1 / std::sqrt(2.0))) < 1e-6);
  }
}

TEST_CASE("rms norm of values whose squares are out of range") {
  for (const Size& size : sizes) {
    const std::int64_t rows = size.rows, n = size.n;
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const int exponent : {dtype == DType::f32 ? 100 : 1000, dtype == DType::f32 ? -100 : -1000}) {
        INFO(rows << " x " << n << " " << to_string(dtype) << ", times 2^" << exponent);
        const double scale = std::exp2(exponent);
        const Tensor values = random({rows, n}, 1, 3, dtype), dy = random({rows, n}, 2, 0, dtype);
        const Tensor x = (values * scale).requires_grad_(), w = random({n}, 3, 1, dtype).requires_grad_();
        const Reference r = reference(values, w, dy, std::size_t(n), 0);
        const Tensor y = rms_norm(x, {n}, w, scale > 1 ? 1e-6 : 0);
        y.backward(dy);
        const double unit = dtype == DType::f32 ? 4e-6 : 2e-14;
        CHECK(worst_difference(y, r.y) < 10 * unit);
        CHECK(worst_difference(x.grad() * scale, r.dx) < 20 * unit);
        CHECK(worst_difference(w.grad(), r.dw) < 10 * unit * std::sqrt(double(rows)));
      }
    }
  }
}

TEST_CASE("second derivatives of rms norm scale as 1 / s^2") {
  // y(s x) = y(x), so the Hessian of y at s x is that at x divided by s^2. At x central differences test it.
  const Tensor values = random({3, 5}, 1, 0, DType::f64), u = random({3, 5}, 2, 0, DType::f64),
               dy = random({3, 5}, 3, 0, DType::f64);
  const auto second = [&](double scale) {
    const Tensor x = (values * scale).requires_grad_();
    const Tensor y = rms_norm(x, {5}, {}, 0);
    const Tensor slope = grad({sum(y * dy)}, {x}, {.create_graph = true})[0] * scale;
    return grad({sum(slope * u)}, {x})[0] * scale;
  };
  const Doubles want = second(1).to_vector<double>();
  for (const double scale : {std::exp2(600), std::exp2(-600)}) CHECK(worst_difference(second(scale), want) < 1e-12);
}

TEST_CASE("rms norm of NaN and infinity is the formula's") {
  for (const std::int64_t n : {4, 20000}) {
    const Tensor x = ones({3, n});
    x[0][1] = kNan;
    x[1][1] = kInf;
    const Tensor y = rms_norm(x, {n}, ones({n}));
    CHECK(std::isnan(y[0][0].item()));
    CHECK(std::isnan(y[0][1].item()));
    CHECK(y[1][0].item() == 0);  // 1 / infinity
    CHECK(std::isnan(y[1][1].item()));
    CHECK(y[2][0].item() == doctest::Approx(1));
  }
}

TEST_CASE("rms norm does not depend on the number of threads") {
  const int before = num_threads();
  const auto run = [](int threads) {
    set_num_threads(threads);
    const Tensor x = random({300, 700}, 1, 0, DType::f32).requires_grad_();
    const Tensor w = random({700}, 2, 1, DType::f32).requires_grad_();
    const Tensor y = rms_norm(x, {700}, w);
    y.backward(random({300, 700}, 3, 0, DType::f32));
    return Tensors{y, x.grad(), w.grad()};
  };
  const Tensors one = run(1), three = run(3);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(equal(one[i], three[i]));
  set_num_threads(before);
}
