// Dropout: its mask, its scale, its gradient.

#include <doctest/doctest.h>

#include <cmath>

#include <reel/kernels/random.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

using namespace reel;

namespace {

struct OwnSeed {  // other tests may draw before and after
  PhiloxState former = default_generator().state();
  explicit OwnSeed(std::uint64_t seed) { manual_seed(seed); }
  ~OwnSeed() { default_generator().set_state(former); }
};

}  // namespace

TEST_CASE("dropout keeps a share 1 - p, scaled so that the mean stays") {
  const OwnSeed seed(3);
  const std::int64_t n = 100000;
  for (const double p : {0.1, 0.5, 0.9}) {
    const std::vector<double> y = dropout(ones({n}, {.dtype = DType::f64}), p).to_vector<double>();
    std::int64_t kept = 0;
    for (const double v : y) {
      CHECK((v == 0 || v == 1 / (1 - p)));
      kept += v != 0;
    }
    const double expected = static_cast<double>(n) * (1 - p);
    CHECK(std::abs(static_cast<double>(kept) - expected) < 5 * std::sqrt(expected * p));  // five standard deviations
  }
}

TEST_CASE("dropout is the identity in evaluation and at p = 0, and zero at p = 1") {
  const Tensor x = tensor({1.0, 2.0, 3.0}).requires_grad_();
  CHECK(dropout(x, 0.5, false).is_same(x));
  CHECK(dropout(x, 0).is_same(x));
  const Tensor y = dropout(x, 1);
  CHECK(y.to_vector<float>() == std::vector<float>{0, 0, 0});
  y.backward(ones({3}));
  CHECK(x.grad().to_vector<float>() == std::vector<float>{0, 0, 0});
  CHECK(dropout(empty({0, 3})).numel() == 0);
}

TEST_CASE("the mask is Philox's: word i % 4 of counter i / 4, against p * 2^32") {
  const OwnSeed seed(11);
  const PhiloxState state = default_generator().state();
  const std::vector<float> y = dropout(ones({1003}), 0.3).to_vector<float>();
  CHECK(default_generator().state().offset == state.offset + 1);
  const auto threshold = static_cast<std::uint32_t>(std::nearbyint(0.3 * 0x1p32));
  for (std::size_t i = 0; i < y.size(); ++i) {
    const kernels::Philox random(state, i / 4);
    CHECK((y[i] != 0) == (random.word[i % 4] >= threshold));
  }
}

TEST_CASE("one seed gives one mask: for any number of threads, layout and dtype") {
  const Shape shape{3, 5, 41, 67};
  const auto draw = [&](const Tensor& x) {
    const OwnSeed seed(5);
    return dropout(x, 0.4).to(DType::f32).to_vector<float>();
  };
  const Tensor x = ones(shape);
  std::vector<float> serial;
  {
    const ThreadLimit limit(1);
    serial = draw(x);
  }
  CHECK(draw(x) == serial);
  CHECK(draw(x.channels_last()) == serial);
  const std::vector<float> wide = draw(x.to(DType::f64));
  CHECK(wide == serial);
  CHECK(dropout(x.channels_last(), 0.4).is_channels_last());
  CHECK(draw(expand(ones({1, 5, 1, 67}), shape)) == serial);
}

TEST_CASE("dropout's gradient has the mask of its forward") {
  const Tensor x = ones({257}, {.requires_grad = true});
  const Tensor y = dropout(x, 0.5);
  dropout(x, 0.5);  // another draw in between
  y.backward(ones({257}));
  CHECK(x.grad().to_vector<float>() == y.to_vector<float>());
}

TEST_CASE("dropout2d drops whole channels") {
  const OwnSeed seed(7);
  const Tensor x = ones({8, 16, 3, 3}).channels_last().requires_grad_();
  const Tensor y = dropout2d(x, 0.5);
  CHECK(y.is_channels_last());
  const std::vector<float> values = y.to_vector<float>();
  int dropped = 0;
  for (std::size_t channel = 0; channel < 128; ++channel) {
    const float first = values[channel * 9];
    CHECK((first == 0 || first == 2));
    for (std::size_t i = 0; i < 9; ++i) CHECK(values[channel * 9 + i] == first);
    dropped += first == 0;
  }
  CHECK(dropped > 30);
  CHECK(dropped < 98);
  y.backward(ones({8, 16, 3, 3}));
  CHECK(x.grad().to_vector<float>() == values);
}

TEST_CASE("what dropout drops is 0, infinite and NaN elements and gradients included") {
  const OwnSeed seed(13);
  const float odd[] = {INFINITY, -INFINITY, NAN};
  for (const float value : odd) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Tensor dense = full({4, 6, 5, 7}, value, {.dtype = dtype});
      for (const Tensor& x : {dense, dense.channels_last()}) {
        for (const double p : {0.5, 1.0}) {
          for (const bool channels : {false, true}) {
            const Tensor leaf = x.detach().requires_grad_();
            const Tensor y = channels ? dropout2d(leaf, p) : dropout(leaf, p);
            y.backward(x);
            const std::vector<double> values = y.to_vector<double>(), grads = leaf.grad().to_vector<double>();
            std::size_t dropped = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
              dropped += values[i] == 0;
              CHECK((values[i] == 0) == (grads[i] == 0));
            }
            CHECK((p == 1 ? dropped == values.size() : dropped > values.size() / 5 && dropped < values.size()));
          }
        }
      }
    }
  }
}
