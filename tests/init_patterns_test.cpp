// Initialisers with a pattern: trunc_normal_, dirac_, sparse_.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/nn/init.h>
#include <reel/ops/ops.h>

using namespace reel;
namespace init = nn::init;

TEST_CASE("trunc_normal_ has the moments of the truncated normal distribution") {
  const auto density = [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * M_PI); };
  const auto below = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2)); };
  struct Case {
    double mean, std, a, b;
  };
  for (const Case& c : {Case{0, 1, -2, 2}, Case{1, 0.5, 0.9, 3}, Case{0, 1, 4, 5}}) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      INFO("[" << c.a << ", " << c.b << "], " << to_string(dtype));
      Generator generator(3);
      const Tensor t = empty({200'000}, {.dtype = dtype, .requires_grad = true});
      CHECK(init::trunc_normal_(t, c.mean, c.std, c.a, c.b, generator).is_same(t));
      CHECK(t.is_leaf());
      // Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1, 13.10.1.
      const double p = (c.a - c.mean) / c.std, q = (c.b - c.mean) / c.std, mass = below(q) - below(p);
      const double shift = (density(p) - density(q)) / mass;
      const double variance = 1 + (p * density(p) - q * density(q)) / mass - shift * shift;
      const Tensor x = t.detach();
      CHECK(x.min().item() >= c.a - 1e-6);
      CHECK(x.max().item() <= c.b + 1e-6);
      CHECK(x.min().item() < c.a + 0.05 * c.std);
      CHECK(x.mean().item() == doctest::Approx(c.mean + c.std * shift).epsilon(0.01).scale(c.std));
      CHECK(x.std().item() == doctest::Approx(c.std * std::sqrt(variance)).epsilon(0.02));
    }
  }
  CHECK_THROWS_AS(init::trunc_normal_(zeros({2}), 0, 0), ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(zeros({2}), 0, 1, 2, 2), ValueError);
  CHECK_THROWS_AS(init::trunc_normal_(zeros({2}, DType::i64)), DTypeError);
}

TEST_CASE("a convolution with dirac_ keeps its input") {
  const Tensor image = randn({2, 3, 5, 6}), signal = randn({2, 3, 7});
  CHECK(allclose(conv2d(image, init::dirac_(ones({3, 3, 3, 5})), {}, {.padding = {1, 2}}), image));
  CHECK(allclose(conv1d(signal, init::dirac_(ones({3, 3, 3})), {}, {.padding = 1}), signal));
  // More outputs than inputs: the rest is 0. Groups repeat the pattern.
  const Tensor wide = conv2d(image, init::dirac_(ones({5, 3, 1, 1})));
  CHECK(allclose(wide.narrow(1, 0, 3), image));
  CHECK(equal(wide.narrow(1, 3, 2).contiguous(), zeros({2, 2, 5, 6})));
  const Tensor grouped = conv2d(randn({1, 4, 2, 2}), init::dirac_(ones({4, 2, 1, 1}), 2), {}, {.groups = 2});
  CHECK(grouped.numel() == 16);
  const Tensor four = randn({1, 4, 3, 3});
  CHECK(allclose(conv2d(four, init::dirac_(ones({4, 2, 3, 3}), 2), {}, {.padding = 1, .groups = 2}), four));
  CHECK_THROWS_AS(init::dirac_(ones({3, 3})), ShapeError);
  CHECK_THROWS_AS(init::dirac_(ones({3, 3, 1}), 2), ValueError);
}

TEST_CASE("sparse_ has so many zeros in each column") {
  Generator generator(3);
  const Tensor t = init::sparse_(ones({40, 300}), 0.11, 0.5, generator), zero = t == 0;
  CHECK(equal(sum(zero, 0), full({300}, 5, {.dtype = DType::i64})));       // ceil(4.4)
  CHECK(sum(zero, 1).max().item<int>() > sum(zero, 1).min().item<int>());  // not always the same rows
  CHECK(masked_select(t, ~zero).std().item() == doctest::Approx(0.5).epsilon(0.03));
  CHECK(equal(init::sparse_(ones({3, 2}), 1), zeros({3, 2})));
  CHECK_THROWS_AS(init::sparse_(ones({3}), 0.5), ShapeError);
  CHECK_THROWS_AS(init::sparse_(ones({3, 2}), 1.5), ValueError);
}
