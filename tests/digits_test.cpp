// The generated digits.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include <reel/data/digits.h>
#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

using namespace reel;

TEST_CASE("digits: an image depends on the seed and its number alone") {
  const data::Digits some(300, 5);
  CHECK(some.images().shape() == Shape{300, 1, 28, 28});
  CHECK(equal(some.images(), data::Digits(300, 5).images()));
  CHECK(equal(some.labels(), data::Digits(300, 5).labels()));
  const data::Digits later(100, 5, {.first = 150});
  CHECK(equal(later.images(), some.images().narrow(0, 150, 100)));
  CHECK(equal(later.labels(), some.labels().narrow(0, 150, 100)));
  {
    const ThreadLimit one(1);
    CHECK(equal(some.images(), data::Digits(300, 5).images()));
  }
  CHECK_FALSE(equal(some.images(), data::Digits(300, 6).images()));
}

TEST_CASE("digits: all classes, drawn inside the image, no two alike") {
  const data::Digits digits(2000, 1);
  const auto* pixels = digits.images().data_ptr<std::uint8_t>();
  const auto labels = digits.labels().to_vector<int>();
  for (int label = 0; label < 10; ++label) {
    const auto count = std::count(labels.begin(), labels.end(), label);
    CHECK(count > 140);
    CHECK(count < 260);
  }
  double least = 1, most = 0, rim = 0;
  for (std::int64_t i = 0; i < digits.size(); ++i) {
    double ink = 0;
    for (int p = 0; p < 784; ++p) {
      const double value = pixels[i * 784 + p] / 255.0;
      ink += value / 784;
      if (p < 28 || p >= 756) rim += value / (56.0 * 2000);
    }
    least = std::min(least, ink);
    most = std::max(most, ink);
  }
  CHECK(least > 0.02);  // MNIST's images lie between 0.02 and 0.4
  CHECK(most < 0.45);
  CHECK(rim < 0.02);
  for (std::int64_t i = 1; i < 200; ++i) CHECK(std::memcmp(pixels, pixels + i * 784, 784) != 0);
}

TEST_CASE("digits: without distortion and noise only the ways to write a digit and the pen remain") {
  const data::Digits digits(400, 2, {.distortion = 0, .noise = 0});
  // The corners are empty, and the middle is covered in some.
  CHECK(digits.images().select(2, 0).max().item() == 0);
  CHECK(digits.images().select(2, 14).max().item() > 180);
  CHECK(data::Digits(0).size() == 0);
  CHECK_THROWS_AS(data::Digits(-1), ValueError);
  CHECK_THROWS_AS(data::Digits(1, 0, {.first = -1}), ValueError);
  CHECK_THROWS_AS(data::Digits(1, 0, {.distortion = -1}), ValueError);
  CHECK_THROWS_AS(data::Digits(1, 0, {.noise = -0.5}), ValueError);
}
