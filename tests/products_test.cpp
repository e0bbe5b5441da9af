// Products against a triple loop in double precision.

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/kernels/gemm.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include <array>
#include <cmath>
#include <limits>
#include <thread>

#include "support/default_device.h"

using namespace reel;

namespace {

Tensor random(const Shape& shape, std::uint64_t seed, DType dtype = DType::f32) {
  Generator generator(seed);
  if (kHalf.contains(dtype)) return randn(shape, {}, generator).to(dtype);
  if (is_floating(dtype)) return randn(shape, {.dtype = dtype}, generator);
  return randint(dtype == DType::u8 ? 0 : -9, 10, shape, {.dtype = dtype}, generator);
}

/// c[i][j] = sum of a[i][p] * b[p][j], for row-major values.
std::vector<double> triple_loop(const std::vector<double>& a, const std::vector<double>& b, std::size_t m,
                                std::size_t n, std::size_t k) {
  std::vector<double> c(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t p = 0; p < k; ++p) c[i * n + j] += a[i * k + p] * b[p * n + j];
    }
  }
  return c;
}

void check_close(const Tensor& got, const std::vector<double>& expected, std::int64_t k) {
  const std::vector<double> values = got.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  const double unit = is_floating(got.dtype()) ? got.dtype() == DType::f64 ? 2.3e-16 : 1.2e-7 : 0;
  const double rounding = got.dtype() == DType::f16 ? 0x1p-11 : got.dtype() == DType::bf16 ? 0x1p-8 : 0;  // of the sum
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    worst = std::max(worst, std::abs(values[i] - expected[i]) - rounding * std::abs(expected[i]));
  }
  CHECK(worst <= unit * 8 * std::sqrt(double(k) + 1) * 4);
}

void check_product(const Tensor& a, const Tensor& b) {
  INFO(a.shape() << " " << a.strides() << " @ " << b.shape() << " " << b.strides() << " " << to_string(a.dtype()));
  const std::int64_t m = a.size(0), n = b.size(1), k = a.size(1);
  const auto expected =
      triple_loop(a.to_vector<double>(), b.to_vector<double>(), std::size_t(m), std::size_t(n), std::size_t(k));
  const Tensor c = matmul(a, b);
  CHECK(c.shape() == Shape{m, n});
  check_close(c, expected, k);
}

/// The same matrix in other layouts.
Tensors layouts(const Tensor& x) {
  const std::int64_t rows = x.size(0), cols = x.size(1);
  const Tensor wide = zeros({rows + 1, cols + 5}, {.dtype = x.dtype()});
  wide.narrow(0, 1, rows).narrow(1, 2, cols).copy_(x);
  const Tensor sparse = zeros({rows, 2 * cols}, {.dtype = x.dtype()});
  sparse.slice(1, 0, 2 * cols, 2).copy_(x);
  return {x, x.t().contiguous().t(), wide.narrow(0, 1, rows).narrow(1, 2, cols), sparse.slice(1, 0, 2 * cols, 2)};
}

struct Restore {
  int threads = num_threads();
  bool mode = deterministic();
  ~Restore() {
    set_num_threads(threads);
    set_deterministic(mode);
  }
};

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<double>() == b.to_vector<double>();
}

bool close(const Tensor& a, const Tensor& b, double tolerance = 1e-5) {
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  return a.shape() == b.shape() && std::equal(x.begin(), x.end(), y.begin(), [&](double p, double q) {
           return std::abs(p - q) <= tolerance * (1 + std::abs(q));
         });
}

}  // namespace

TEST_CASE("matmul equals the triple loop for all sizes") {
  const std::int64_t sizes[][3] = {{1, 1, 1},      {2, 3, 4},       {1, 17, 33},   {17, 1, 33},   {33, 9, 1},
                                   {5, 7, 0},      {0, 3, 2},       {3, 0, 2},     {31, 10, 64},  {64, 64, 64},
                                   {65, 67, 71},   {100, 100, 100}, {1, 300, 500}, {300, 1, 500}, {1, 1, 40000},
                                   {128, 10, 500}, {200, 130, 90}};
  for (const auto& size : sizes) {
    const std::int64_t m = size[0], n = size[1], k = size[2];
    for (DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i64, DType::i32}) {
      check_product(random({m, k}, 1, dtype), random({k, n}, 2, dtype));
    }
  }
}

TEST_CASE("matmul takes transposed, padded and strided matrices") {
  const std::int64_t sizes[][3] = {{3, 4, 5}, {1, 6, 7}, {6, 1, 7}, {1, 1, 9}, {70, 80, 90}};
  for (const auto& size : sizes) {
    const std::int64_t m = size[0], n = size[1], k = size[2];
    for (DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i32}) {
      for (const Tensor& a : layouts(random({m, k}, 1, dtype))) {
        for (const Tensor& b : layouts(random({k, n}, 2, dtype))) check_product(a, b);
      }
    }
  }
  check_product(random({3, 1}, 1).expand({3, 4}), random({4, 5}, 2));
  check_product(random({1, 4}, 1).expand({3, 4}), random({1, 5}, 2).expand({4, 5}));
  check_product(random({1}, 1).expand({80, 90}), random({90, 1}, 2).expand({90, 70}));
}

TEST_CASE("a batch may be one product, repeated") {
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const Tensor a = random({1, 80, 70}, 1, dtype), b = random({1, 70, 90}, 2, dtype);
    // cuBLAS may add a batch's products in another order than one product.
    CHECK(close(matmul(a.expand({3, 80, 70}), b.expand({3, 70, 90})), matmul(a, b).expand({3, 80, 90}),
                dtype == DType::bf16 ? 0x1p-7 : 1e-5));
  }
}

TEST_CASE("a product of nothing is zero, with the bias where there is one") {
  CHECK(same(matmul(ones({2, 0}), ones({0, 3})), zeros({2, 3})));
  CHECK(same(linear(ones({2, 0}), ones({3, 0}), tensor({1.0, 2.0, 3.0})), tensor({{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}})));
  CHECK(dot(ones({0}), ones({0})).item() == 0);
}

TEST_CASE("batches broadcast without copies of the factors") {
  const std::pair<Shape, Shape> cases[] = {
      {{3, 4, 5}, {3, 5, 6}},       {{3, 4, 5}, {5, 6}},          {{4, 5}, {3, 5, 6}},        {{2, 1, 4, 5}, {3, 5, 6}},
      {{2, 3, 4, 5}, {2, 3, 5, 6}}, {{1, 3, 4, 5}, {2, 1, 5, 6}}, {{5}, {3, 5, 6}},           {{3, 4, 5}, {5}},
      {{6, 70, 80}, {6, 80, 90}},   {{6, 70, 80}, {1, 80, 90}},   {{1, 70, 80}, {6, 80, 90}}, {{4, 1, 8}, {4, 8, 9}}};
  for (const auto& shapes : cases) {
    const Shape &sa = shapes.first, &sb = shapes.second;
    for (DType dtype : {DType::f32, DType::f64, DType::i64}) {
      INFO(sa << " @ " << sb << " " << to_string(dtype));
      const Tensor a = random(sa, 1, dtype), b = random(sb, 2, dtype);
      const Tensor got = matmul(a, b);
      // Each product of the batch alone.
      Tensor ea = sa.size() == 1 ? a.unsqueeze(0) : a, eb = sb.size() == 1 ? b.unsqueeze(1) : b;
      Shape batch;
      const int rank = std::max(ea.dim(), eb.dim()) - 2;
      for (int d = 0; d < rank; ++d) {
        const int da = d - rank + ea.dim() - 2, db = d - rank + eb.dim() - 2;
        batch.push_back(std::max(da < 0 ? 1 : ea.shape()[da], db < 0 ? 1 : eb.shape()[db]));
      }
      Shape fa = batch, fb = batch;
      for (int i : {-2, -1}) fa.push_back(ea.size(i)), fb.push_back(eb.size(i));
      const Tensor x = ea.expand(fa).reshape({-1, ea.size(-2), ea.size(-1)}),
                   y = eb.expand(fb).reshape({-1, eb.size(-2), eb.size(-1)});
      std::vector<double> expected;
      for (std::int64_t i = 0; i < x.size(0); ++i) {
        const auto c = triple_loop(x[i].to_vector<double>(), y[i].to_vector<double>(), std::size_t(x.size(1)),
                                   std::size_t(y.size(2)), std::size_t(x.size(2)));
        expected.insert(expected.end(), c.begin(), c.end());
      }
      check_close(got, expected, x.size(2));
    }
  }
}

TEST_CASE("matmul of permuted batches") {
  const Tensor x = random({8, 5, 3}, 1), y = random({6, 3, 5}, 2);  // [k, m, B], [n, B, k'] in memory
  const Tensor a = x.permute({2, 1, 0}), b = random({3, 8, 6}, 3).permute({0, 1, 2});
  CHECK(same(matmul(a, b), matmul(a.contiguous(), b.contiguous())));
  CHECK(close(matmul(y.permute({1, 0, 2}), random({3, 5, 2}, 4)),
              matmul(y.permute({1, 0, 2}).contiguous(), random({3, 5, 2}, 4))));
}

TEST_CASE("the kernel accumulates and adds a bias into rows of a larger matrix") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  for (DType dtype : {DType::f32, DType::f64, DType::i64}) {
    for (std::int64_t size : {1, 4, 90}) {
      const std::int64_t m = size, n = size + 2, k = size + 1;
      const Tensor a = random({m, k}, 1, dtype), b = random({k, n}, 2, dtype), c = random({m, n + 3}, 3, dtype),
                   bias = random({n}, 4, dtype);
      const Tensor before = c.clone();
      kernels::GemmArgs args{};
      args.dtype = args.factors = dtype;
      args.m = m;
      args.n = n;
      args.k = k;
      args.a = {a.data(), {false, k}};
      args.b = {b.data(), {false, n}};
      args.c = c.data();
      args.ldc = n + 3;
      args.bias = bias.data();
      args.accumulate = true;
      kernels::gemm[Device::cpu()](args);
      const Tensor expected = before.narrow(1, 0, n) + matmul(a, b) + bias;
      CHECK(close(c.narrow(1, 0, n), expected));
      CHECK(same(c.narrow(1, n, 3), before.narrow(1, n, 3)));
      kernels::gemm[Device::cpu()]([&] {
        auto plain = args;
        plain.accumulate = false;
        return plain;
      }());
      CHECK(close(c.narrow(1, 0, n), matmul(a, b) + bias));
    }
  }
}

TEST_CASE("products of whole numbers are exact, transposed, with a bias, and accumulated") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const int threads = num_threads();
  std::int64_t m = 0, n = 0, k = 0;  // sums of 1100 products of at most 81 fit f32
  SUBCASE("of odd sizes") { m = 1030, n = 1025, k = 1100; }
  SUBCASE("whose rows lie a multiple of 2 KB apart") { m = 1024, n = 512, k = 96; }
  SUBCASE("the same on one thread") {
    m = 1024, n = 512, k = 96;
    set_num_threads(1);
  }
  SUBCASE("of medium size") { m = 40, n = 48, k = 30; }
  const Tensor a = random({m, k}, 1, DType::i64), b = random({k, n}, 2, DType::i64), bias = random({n}, 3, DType::i64);
  const Tensor product = matmul(a.to(DType::f64), b.to(DType::f64)), before = random({m, n}, 4, DType::i64);
  for (const bool a_transposed : {false, true}) {
    for (const bool b_transposed : {false, true}) {
      const Tensor af = a.to(DType::f32), bf = b.to(DType::f32), biasf = bias.to(DType::f32);
      const Tensor ad = a_transposed ? af.t().contiguous() : af, bd = b_transposed ? bf.t().contiguous() : bf;
      kernels::GemmArgs args{};
      args.dtype = args.factors = DType::f32;
      args.m = m;
      args.n = n;
      args.k = k;
      args.a = {ad.data(), {a_transposed, a_transposed ? m : k}};
      args.b = {bd.data(), {b_transposed, b_transposed ? k : n}};
      args.ldc = n;
      for (const bool accumulate : {false, true}) {
        for (const bool with_bias : {false, true}) {
          const Tensor c = before.to(DType::f32);
          args.c = c.data();
          args.accumulate = accumulate;
          args.bias = with_bias ? biasf.data() : nullptr;
          kernels::gemm[Device::cpu()](args);
          Tensor expected = accumulate ? product + before.to(DType::f64) : product;
          if (with_bias) expected = expected + bias.to(DType::f64);
          CHECK(same(c, expected.to(DType::f32)));
        }
      }
    }
  }
  set_num_threads(threads);
}

TEST_CASE("deterministic products do not depend on the number of threads") {
  const Restore restore;
  set_deterministic(true);
  const std::int64_t sizes[][3] = {{64, 500, 784}, {500, 784, 64}, {64, 64, 20000}, {1, 3000, 900},
                                   {3000, 1, 900}, {1, 1, 100000}, {10, 500, 256},  {700, 300, 40}};
  for (const auto& size : sizes) {
    const std::int64_t m = size[0], n = size[1], k = size[2];
    for (DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16}) {
      INFO(m << " " << n << " " << k << " " << to_string(dtype));
      const Tensor a = random({m, k}, 1, dtype), b = random({k, n}, 2, dtype);
      set_num_threads(1);
      const Tensor one = matmul(a, b), one_t = matmul(b.t(), a.t());
      set_num_threads(2);
      CHECK(same(one, matmul(a, b)));
      CHECK(same(one_t, matmul(b.t(), a.t())));
      set_num_threads(1);
    }
  }
  const Tensor x = random({5, 100, 90}, 1), y = random({5, 90, 110}, 2);
  const Tensor one = matmul(x, y);
  set_num_threads(2);
  CHECK(same(one, matmul(x, y)));
}

TEST_CASE("products leave the caller's OpenMP settings alone") {
  const Restore restore;
  set_num_threads(1);
  const Tensor a = random({200, 200}, 1);
  const Tensor before = matmul(a, a);
  set_num_threads(2);
  CHECK(close(matmul(a, a), before, 1e-4));
  const ThreadLimit limit(1);
  CHECK(close(matmul(a, a), before, 1e-4));
}

TEST_CASE("products from several threads at once, of sizes that share primitives") {
  const Tensor a = random({150, 160}, 1), b = random({160, 170}, 2);
  const Tensor expected = matmul(a, b);
  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      bool all = true;
      for (std::int64_t rows = 150; rows > 110; --rows) {
        all = all && close(matmul(a.narrow(0, 0, rows), b), expected.narrow(0, 0, rows), 1e-4);
      }
      good[t] = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool ok : good) CHECK(ok);
}

TEST_CASE("half floats are summed in f32 and rounded once") {
  // 4096 terms of 2^-10 are 4; added one by one, bf16 stalls at 2^-2 and f16 at 2.
  const double term = 0x1p-10;
  for (const DType dtype : {DType::f16, DType::bf16}) {
    INFO(to_string(dtype));
    const Tensor x = ones({3, 4096}).to(dtype).requires_grad_();
    const Tensor w = full({2, 4096}, term).to(dtype).requires_grad_();
    const Tensor b = tensor({1.0, 2.0}).to(dtype).requires_grad_();
    CHECK(same(matmul(x, w.t()), full({3, 2}, 4.0)));
    CHECK(same(matmul(x, w[0]), full({3}, 4.0)));
    CHECK(same(matmul(x.expand({2, 3, 4096}), w.t().expand({2, 4096, 2})), full({2, 3, 2}, 4.0)));
    CHECK(same(einsum("ik,jk->ij", {x, w}), full({3, 2}, 4.0)));
    CHECK(same(dot(x[0], w[0]), tensor(4.0)));
    CHECK(same(sum(w), tensor(8.0)));
    const Tensor y = linear(x, w, b);
    CHECK(y.dtype() == dtype);
    CHECK(same(y, tensor({{5.0, 6.0}, {5.0, 6.0}, {5.0, 6.0}})));

    const Tensor tall = ones({4096, 1}).to(dtype), grads = full({4096, 2}, term).to(dtype);
    const Tensor v = ones({2, 1}).to(dtype).requires_grad_();
    linear(tall, v, b).backward(grads);
    CHECK(same(v.grad(), full({2, 1}, 4.0)));
    CHECK(same(b.grad(), full({2}, 4.0)));
    CHECK(b.grad().dtype() == dtype);

    const Tensor image = ones({1, 1, 64, 64}).to(dtype).requires_grad_();
    const Tensor kernel = full({1, 1, 64, 64}, term).to(dtype).requires_grad_();
    CHECK(conv2d(image, kernel).item() == 4);
    const Tensor tap = ones({1, 1, 1, 2}).to(dtype).requires_grad_();
    const Tensor c = ones({1}).to(dtype).requires_grad_();
    conv2d(ones({1, 1, 64, 65}).to(dtype), tap, c).backward(full({1, 1, 64, 64}, term).to(dtype));
    CHECK(same(tap.grad(), full({1, 1, 1, 2}, 4.0)));
    CHECK(same(c.grad(), full({1}, 4.0)));
  }
}

TEST_CASE("gradients of half floats from several products are added in f32, rounding each sum") {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    INFO(to_string(dtype));
    const auto number = [&](double value) { return full({1, 1}, value).to(dtype); };
    const Tensor x = number(1).requires_grad_();
    const double large = dtype == DType::f16 ? 2048 : 256;  // from here on numbers are 2 apart
    const Tensors both{matmul(x, number(large)), matmul(x, number(3))}, seeds{number(1), number(1)};
    backward(both, seeds);
    CHECK(x.grad().dtype() == dtype);
    CHECK(x.grad().item() == large + 4);
    matmul(x, number(5)).backward(number(1));
    CHECK(x.grad().item() == large + 8);  // 9, a tie
  }
}

TEST_CASE("batches of half-precision products") {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    const Tensor a = random({3, 40, 50}, 1, dtype), b = random({3, 50, 60}, 2, dtype), w = random({60, 50}, 3, dtype);
    const Tensor products = matmul(a, b), broadcast = matmul(a, w.t()), stretched = matmul(w, b);
    for (std::int64_t i = 0; i < 3; ++i) {
      const auto check = [&](const Tensor& x, const Tensor& y, const Tensor& got) {
        check_close(got,
                    triple_loop(x.to_vector<double>(), y.to_vector<double>(), std::size_t(x.size(0)),
                                std::size_t(y.size(1)), std::size_t(x.size(1))),
                    x.size(1));
      };
      check(a[i], b[i], products[i]);
      check(a[i], w.t(), broadcast[i]);
      check(w, b[i], stretched[i]);
    }
  }
}

TEST_CASE("linear: values and gradients by hand") {
  const Tensor x = tensor({{1.0, 2.0}}).requires_grad_();
  const Tensor w = tensor({{3.0, 4.0}, {5.0, 6.0}, {7.0, 8.0}}).requires_grad_();
  const Tensor b = tensor({0.5, 1.5, 2.5}).requires_grad_();
  const Tensor y = linear(x, w, b);
  CHECK(same(y, tensor({{11.5, 18.5, 25.5}})));
  y.backward(tensor({{1.0, 10.0, 100.0}}));
  CHECK(same(x.grad(), tensor({{753.0, 864.0}})));
  CHECK(same(w.grad(), tensor({{1.0, 2.0}, {10.0, 20.0}, {100.0, 200.0}})));
  CHECK(same(b.grad(), tensor({1.0, 10.0, 100.0})));
}

TEST_CASE("einsum: values by hand") {
  const Tensor m = tensor({{1.0, 2.0}, {3.0, 4.0}}), v = tensor({10.0, 100.0});
  CHECK(einsum("ii", {m}).item() == 5);
  CHECK(same(einsum("ii->i", {m}), tensor({1.0, 4.0})));
  CHECK(same(einsum("ij->j", {m}), tensor({4.0, 6.0})));
  CHECK(same(einsum("ij", {m}), m));
  CHECK(same(einsum("ba", {m}), m.t()));  // an implicit output is in alphabetical order
  CHECK(same(einsum("ij,j->i", {m, v}), tensor({210.0, 430.0})));
  CHECK(same(einsum("ij,j->ij", {m, v}), tensor({{10.0, 200.0}, {30.0, 400.0}})));
  CHECK(same(einsum("i,j->ji", {v, tensor({1.0, 2.0})}), tensor({{10.0, 100.0}, {20.0, 200.0}})));
  CHECK(einsum("ij,jk,k->", {m, m, v}).item() == 10 * (1 + 6 + 3 + 12) + 100 * (2 + 8 + 6 + 16));
  CHECK(same(einsum("...j,j->...", {m, v}), tensor({210.0, 430.0})));
  CHECK(same(einsum("i...,i->...", {m, v}), tensor({310.0, 420.0})));
  const Tensor q = random({2, 3, 4, 5}, 1), k = random({2, 3, 6, 5}, 2);
  CHECK(close(einsum("bhid,bhjd->bhij", {q, k}), matmul(q, k.transpose(-2, -1))));
  CHECK(close(einsum("bhid,bhjd->bijh", {q, k}), matmul(q, k.transpose(-2, -1)).permute({0, 2, 3, 1})));
  const Tensor ints = tensor({{1, 2}, {3, 4}}).to(DType::i32);
  CHECK(same(einsum("ij->i", {ints}), tensor({3, 7}).to(DType::i32)));
}

TEST_CASE("products of integers wrap around") {
  const Tensor large = full({1, 1}, std::numeric_limits<std::int64_t>::max(), {.dtype = DType::i64});
  CHECK(matmul(large, full({1, 1}, 2, {.dtype = DType::i64})).item<std::int64_t>() == -2);
}

TEST_CASE("addmm without c: what c holds does not matter, its gradient is zero") {
  const Tensor c = full({2, 2}, NAN).requires_grad_(), a = tensor({{1.0, 2.0}, {3.0, 4.0}});
  const Tensor y = addmm(c, a, a, 0, 2);
  CHECK(y.to_vector<double>() == std::vector<double>{14, 20, 30, 44});
  y.sum().backward();
  CHECK(c.grad().to_vector<double>() == std::vector<double>(4, 0));
}

TEST_CASE("addmm without the product: what the factors hold does not matter, their gradients are zero") {
  const Tensor c = tensor({1.0, 2.0});
  const Tensor a = full({2, 2}, INFINITY).requires_grad_(), b = full({2, 2}, NAN).requires_grad_();
  const Tensor y = addmm(c, a, b, 3, 0);
  CHECK(y.to_vector<double>() == std::vector<double>{3, 6, 3, 6});
  y.sum().backward();
  CHECK(a.grad().to_vector<double>() == std::vector<double>(4, 0));
  CHECK(b.grad().to_vector<double>() == std::vector<double>(4, 0));
}

TEST_CASE("einsum: a letter that occurs twice in one operand stands for one size") {
  CHECK_THROWS_WITH_AS(einsum("ii->i", {ones({1, 3})}), doctest::Contains("\"i\" stands for sizes 1 and 3"),
                       ShapeError);
}
