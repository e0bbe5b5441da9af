// Running sums and products, and their gradients.

#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/ops.h>

#include "support/check_reduction.h"

using namespace reel;
using namespace reel::testing;

TEST_CASE("running sums, forwards and in their gradient backwards") {
  for (const Shape& shape : {Shape{3, 5}, Shape{2, 700, 3}, Shape{3, 300}, Shape{200000}}) {
    const Tensor x = uniform(shape);
    for (const Tensor& layout : {x, strided(x)}) {
      for (int dim = 0; dim < x.dim(); ++dim) {
        INFO("shape " << to_string(shape) << ", dimension " << dim);
        const Tensor sums = cumsum(layout, dim);
        const std::int64_t n = x.size(dim);
        // Differences of neighbours are the elements; the last sum is the whole one.
        CHECK(allclose(narrow(sums, dim, 0, 1), narrow(x, dim, 0, 1)));
        CHECK(
            allclose(narrow(sums, dim, 1, n - 1) - narrow(sums, dim, 0, n - 1), narrow(x, dim, 1, n - 1), 1e-9, 1e-9));
        CHECK(allclose(select(sums, dim, n - 1), sum(x, {dim}), 1e-9, 1e-9));
        const Tensor leaf = layout.detach().clone().requires_grad_();
        sum(cumsum(leaf, dim)).backward();  // element i is in n - i sums
        CHECK(sum(leaf.grad()).item() == static_cast<double>(x.numel() / n * (n * (n + 1) / 2)));
        CHECK(select(leaf.grad(), dim, 0).contiguous().view({-1})[0].item() == static_cast<double>(n));
      }
    }
  }
  const Tensor thirds = full({1 << 20}, 1.0 / 3);
  CHECK(cumsum(thirds, 0)[(1 << 20) - 1].item() == doctest::Approx((1 << 20) / 3.0));
}

TEST_CASE("running products, and their gradients where factors are 0") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Shape& shape : {Shape{3, 5}, Shape{2, 40, 3}, Shape{3, 300}, Shape{2, 3, 150}}) {
      Tensor x = uniform(shape, 0.8, 1.25).to(dtype);
      x.view({-1})[4] = 0;
      for (const Tensor& layout : {x, strided(x)}) {
        for (int dim = 0; dim < x.dim(); ++dim) {
          INFO(to_string(dtype) << ", shape " << to_string(shape) << ", dimension " << dim);
          const Tensor factors = movedim(x, {dim}, {-1}).contiguous().view({-1, x.size(dim)});
          const Tensor products = movedim(cumprod(layout, dim), {dim}, {-1}).contiguous().view(factors.shape());
          const std::vector<double> in = factors.to_vector<double>(), out = products.to_vector<double>();
          double product = 1;
          for (std::size_t i = 0; i < in.size(); ++i) {  // rounded once, from f64
            product = (i % static_cast<std::size_t>(x.size(dim)) == 0 ? 1 : product) * in[i];
            CHECK(out[i] == (dtype == DType::f32 ? static_cast<double>(static_cast<float>(product)) : product));
          }
        }
      }
    }
  }

  // d/dx_i of the weighted sum w_1 x_1 + w_2 x_1 x_2 + ..., by hand.
  const Tensor weights = tensor({1.0, 10.0, 100.0}, {.dtype = DType::f64});
  const auto gradient = [&](const Values& x) {
    const Tensor leaf = tensor(x, {3}).requires_grad_();
    sum(cumprod(leaf, 0) * weights).backward();
    return leaf.grad().to_vector<double>();
  };
  CHECK(gradient({2, 3, 5}) == Values{1 + 30 + 1500, 20 + 1000, 600});
  CHECK(gradient({0, 3, 5}) == Values{1 + 30 + 1500, 0, 0});
  CHECK(gradient({2, 0, 5}) == Values{1, 20 + 1000, 0});
  CHECK(gradient({2, 0, 0}) == Values{1, 20, 0});
  CHECK(gradient({0, 0, 0}) == Values{1, 0, 0});
}

TEST_CASE("running products of integers wrap around") {
  const std::vector<std::int64_t> factors{3037000500, 3037000500, -3, 1'000'000'007, 5, -1};
  std::vector<std::int64_t> products;
  std::uint64_t product = 1;  // unsigned, since only there is overflow defined
  for (const std::int64_t factor : factors) {
    product *= static_cast<std::uint64_t>(factor);
    products.push_back(static_cast<std::int64_t>(product));
  }
  CHECK(products[1] == -9223372036709301616);  // 3037000500^2 is a little above 2^63
  const Tensor x = tensor(factors);
  CHECK(cumprod(x, 0).to_vector<std::int64_t>() == products);
  CHECK(cumprod(stack({x, x}, 1), 0).to_vector<std::int64_t>() ==
        stack({tensor(products), tensor(products)}, 1).to_vector<std::int64_t>());
  CHECK(cumprod(full({70}, 2, {.dtype = DType::i64}), 0)[69].item<std::int64_t>() == 0);
  // Products of narrower integers are i64.
  CHECK(cumprod(tensor(std::vector<std::int32_t>{100'000, 100'000, -100'000}), 0).to_vector<std::int64_t>() ==
        std::vector<std::int64_t>{100'000, 10'000'000'000, -1'000'000'000'000'000});
}
