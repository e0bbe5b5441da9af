// Sums of very many elements of f32 and of half floats: their errors must not grow with the number of elements. The
// values are constants that f32 rounds badly, so that errors add up, and results are known from arithmetic in double.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"

using namespace reel;

namespace {

constexpr float kValue = 0.479f;
constexpr double kExact = static_cast<double>(kValue);

/// What some hundred additions, which a piece may have, lose at most.
constexpr double kTolerance = 2e-6;

/// Whether all elements of x are `expected`.
void check_all(const Tensor& x, double expected, double tolerance = kTolerance) {
  CHECK(amin(x).item() == doctest::Approx(expected).epsilon(tolerance));
  CHECK(amax(x).item() == doctest::Approx(expected).epsilon(tolerance));
}

/// 0, -0.3, 0, -0.3 ... along the first dimension of [n, columns].
Tensor two_exponents(std::int64_t n, std::int64_t columns) {
  return (tensor({0.0F, -0.3F}).view({1, 2, 1}) * ones({n / 2, 1, columns})).view({n, columns});
}
/// The sum of their exponentials.
double sum_of_exponentials(std::int64_t n) {
  return static_cast<double>(n / 2) * (1 + std::exp(static_cast<double>(-0.3F)));
}

Tensor zero_index(const Shape& shape) { return zeros({}, {.dtype = DType::i64}).expand(shape); }

}  // namespace

TEST_CASE("reductions of many elements") {
  constexpr std::int64_t n = 1 << 23;
  const Tensor x = full({n, 2}, kValue);
  SUBCASE("columns") {
    check_all(mean(x, {0}), kExact);
    check_all(norm(x, 1, {0}), n * kExact);
    check_all(norm(x, 2, {0}), std::sqrt(static_cast<double>(n)) * kExact);
  }
  SUBCASE("rows") {
    check_all(mean(x), kExact);
    check_all(norm(x), std::sqrt(2.0 * n) * kExact);
    check_all(sum(x.view({2, n}), {1}), n * kExact);
  }
  SUBCASE("a bias's gradient is a sum over rows") {
    const Tensor bias = zeros({2}).requires_grad_();
    mse_loss(x + bias, zeros({}).expand(x.shape())).backward();
    check_all(bias.grad(), kExact);
  }
  SUBCASE("log-sum-exp") {
    check_all(logsumexp(two_exponents(n, 2), {0}), std::log(sum_of_exponentials(n)));
    check_all(logsumexp(two_exponents(n, 1), {0}), std::log(sum_of_exponentials(n)));
  }
}

TEST_CASE("softmax and cross-entropy of many classes") {
  constexpr std::int64_t n = 1 << 21;
  const double total = sum_of_exponentials(n);
  for (const std::int64_t columns : {1, 3}) {
    CAPTURE(columns);
    const Tensor x = two_exponents(n, columns).requires_grad_();
    const Tensor y = softmax(x, 0), log_y = log_softmax(x, 0);
    check_all(y.detach()[0], 1 / total);
    check_all(log_y.detach()[0], -std::log(total));
    // A gradient g of all outputs makes y (g - sum(g y)) = 0 but for the rounding of the sum, which is g here.
    y.backward(full(y.shape(), kValue));
    CHECK(amax(abs(x.grad())).item() < 2 * kTolerance * kExact / total);
    zero_grad({x});
    log_y.backward(full(y.shape(), kValue));
    CHECK(amax(abs(x.grad()[0] - (kExact - n * kExact / total))).item() < kTolerance);
  }
  const Tensor logits = two_exponents(n, 1).view({1, n}), label = zeros({1}, {.dtype = DType::i64});
  check_all(cross_entropy(logits, label), std::log(total));
  check_all(cross_entropy(logits, label, {.label_smoothing = 1}), std::log(total) + static_cast<double>(0.3F) / 2);
}

TEST_CASE("products with long sums") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());  // a GPU's are cuBLAS's
  constexpr std::int64_t n = 1 << 24;
  const Tensor x = full({n}, kValue), one = ones({n});
  check_all(matmul(x, one), n * kExact);
  check_all(matmul(x.view({2, n / 2}), one.narrow(0, 0, n / 2)), n / 2 * kExact);
  check_all(matmul(one.narrow(0, 0, n / 4), x.view({n / 4, 4})), n / 4 * kExact);
}

TEST_CASE("products of matrices with long sums") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  constexpr std::int64_t n = 1 << 24;
  constexpr double tolerance = 1e-5;  // of the pieces, which libraries add up
  const Tensor x = full({n, 2}, kValue), weight = ones({2, 2}).requires_grad_();
  check_all(matmul(x.view({2, n}), ones({n, 2})), n * kExact, tolerance);
  matmul(x, weight).backward(ones({}).expand({n, 2}));
  check_all(weight.grad(), n * kExact, tolerance);
}

TEST_CASE("long sums of products that are strided, batched and added to a bias") {
  constexpr std::int64_t n = (1 << 16) + 5;
  manual_seed(2);
  const auto check = [](const auto& product, const Tensor& a, const Tensor& b) {
    CHECK(allclose(product(a, b).to(DType::f64), product(a.to(DType::f64), b.to(DType::f64)), 0, 1e-2));
  };
  const Tensor a = randn({3, 4, n}), b = randn({3, n, 5});
  check([](const Tensor& p, const Tensor& q) { return matmul(p, q); }, a, b);
  check([](const Tensor& p, const Tensor& q) { return matmul(p.transpose(1, 2), q.transpose(1, 2)); },
        a.transpose(1, 2).contiguous(), b.transpose(1, 2).contiguous());
  check([](const Tensor& p, const Tensor& q) { return linear(p, q, full({5}, 1e3).to(p.dtype())); }, a[0], t(b[0]));
}

TEST_CASE("means of large windows") {
  constexpr std::int64_t size = 1500;
  const Tensor image = full({1, 2, size, size}, kValue);
  for (const Tensor& x : {image, image.channels_last()}) {
    check_all(adaptive_avg_pool2d(x, 1), kExact);
    check_all(avg_pool2d(x, size), kExact);
    check_all(avg_pool2d(x.view({1, 2, 1, size * size}), {1, size * size}), kExact);
    check_all(adaptive_avg_pool2d(x.view({1, 2, 1, size * size}), 1), kExact);
  }
}

TEST_CASE("the gradient of an image that is much enlarged") {
  constexpr std::int64_t size = 1500;
  for (const auto mode : {InterpolateMode::nearest, InterpolateMode::bilinear}) {
    const Tensor x = zeros({1, 2, 1, 1}).requires_grad_();
    const Tensor y = interpolate(x, {size, size}, {.mode = mode});
    y.backward(full(y.shape(), kValue));
    check_all(x.grad(), size * size * kExact, 2e-5);  // lines of 1500 pixels are added up in f32
  }
}

TEST_CASE("many additions to one element") {
  constexpr std::int64_t n = 1 << 20;
  constexpr double sum_of_all = n * static_cast<double>(0.1F);
  const Tensor values = full({n}, 0.1), nothing = zeros({2});
  const auto only = [](const Tensor& x) {  // the first slice is the sum, all others are 0
    check_all(x[0], sum_of_all);
    CHECK(amax(abs(x[1])).item() == 0);
  };
  SUBCASE("scatter_add") {
    only(scatter_add(nothing, 0, zero_index({n}), values));
    only(scatter_add(zeros({2, 3}), 0, zero_index({n, 3}), values.view({n, 1}).expand({n, 3})));
    only(t(scatter_add(zeros({3, 2}), 1, zero_index({3, n}), values.expand({3, n}))));
  }
  SUBCASE("in a large tensor that gets few others") {
    const Tensor index = cat({zero_index({n}), arange(0, n, 1, {.dtype = DType::i64})}, 0);
    const Tensor out = scatter_add(zeros({2 * n}), 0, index, full({2 * n}, 0.1));
    check_all(out[0], sum_of_all + static_cast<double>(0.1F));
    check_all(out.narrow(0, 1, n - 1), static_cast<double>(0.1F));
  }
  SUBCASE("counts go beyond 2^24") {
    constexpr std::int64_t many = (1 << 24) + 64;
    CHECK(scatter_add(nothing, 0, zero_index({many}), ones({}).expand({many}))[0].item() == many);
  }
  SUBCASE("index_put") {
    only(index_put(nothing, {zero_index({n})}, values, true));
    only(index_put(zeros({2, 40}), {zero_index({n / 4})}, full({}, 0.4), true));
  }
  SUBCASE("gradients of reads") {
    const auto gradient = [&](const Shape& shape, auto&& read) {
      const Tensor x = zeros(shape).requires_grad_();
      sum(read(x) * 0.1).backward();
      only(x.grad());
    };
    gradient({2}, [](const Tensor& x) { return gather(x, 0, zero_index({n})); });
    gradient({2}, [](const Tensor& x) { return index_select(x, 0, zero_index({n})); });
    gradient({2, 3}, [](const Tensor& x) { return index(x, {zero_index({n})}); });
    gradient({2, 3}, [](const Tensor& x) { return embedding(zero_index({n}), x); });
  }
}

TEST_CASE("sums by index of half floats are rounded once") {
  for (const DType half : {DType::f16, DType::bf16}) {
    CAPTURE(half);
    const Tensor one = ones({300, 3}).to(half);
    CHECK(scatter_add(zeros({2, 3}).to(half), 0, zero_index({300, 3}), one).to(DType::f32)[0][2].item() == 300);
    CHECK(index_put(zeros({2, 3}).to(half), {zero_index({300})}, one, true).to(DType::f32)[0][2].item() == 300);
    // Near 1 both have steps of more than 2^-11, which a sum that is rounded twice loses.
    const Tensor base = ones({1}).to(half), steps = full({16}, std::ldexp(1.0, -11)).to(half);
    const double rounded = (1 + std::ldexp(1.0, -7));
    CHECK(scatter_add(base, 0, zero_index({16}), steps).to(DType::f32).item() == rounded);
  }
}

TEST_CASE("sums by index do not depend on the number of threads") {
  manual_seed(1);
  const Tensor index = (pow(rand({4096, 40}), 8) * 300).to(DType::i64);
  const Tensor values = randn({4096, 40});
  const int threads = num_threads();
  const auto sums = [&] {
    return cat(
        {scatter_add(zeros({300, 40}), 0, index, values), t(scatter_add(zeros({40, 300}), 1, t(index), t(values))),
         index_put(zeros({300, 40}), {index.select(1, 0)}, values, true)},
        0);
  };
  set_num_threads(1);
  const Tensor one = sums();
  set_num_threads(3);
  const Tensor three = sums();
  set_num_threads(threads);
  CHECK(equal(one, three));
  CHECK(equal(one.narrow(0, 0, 300), one.narrow(0, 300, 300)));
}
