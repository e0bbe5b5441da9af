// Embedding and interpolation: values by hand.

#include <cmath>

#include <doctest/doctest.h>

#include <reel/kernels/threads.h>
#include <reel/ops/ops.h>

using namespace reel;

using Doubles = std::vector<double>;

TEST_CASE("embedding reads rows, and its gradient adds up what each row was read for") {
  const Tensor weight = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}).requires_grad_();
  const Tensor y = embedding(tensor({{2, 0}, {2, 1}}), weight);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.to_vector<double>() == Doubles{5, 6, 1, 2, 5, 6, 3, 4});
  y.backward(tensor({{{1.0, 10.0}, {2.0, 20.0}}, {{3.0, 30.0}, {4.0, 40.0}}}));
  CHECK(weight.grad().to_vector<double>() == Doubles{2, 20, 4, 40, 4, 40});
}

TEST_CASE("the padding row of an embedding is read but gets no gradient") {
  const Tensor weight = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_();
  const Tensor y = embedding(tensor({0, 1, 0}), weight, 0);
  CHECK(y.to_vector<double>() == Doubles{1, 2, 3, 4, 1, 2});
  y.backward(ones({3, 2}));
  CHECK(weight.grad().to_vector<double>() == Doubles{0, 0, 1, 1});
  embedding(tensor({0, 1}), weight, -1).backward(ones({2, 2}));  // from the end
  CHECK(weight.grad().to_vector<double>() == Doubles{1, 1, 1, 1});
}

TEST_CASE("the gradient of an embedding is the same for any number of threads") {
  Generator generator(1);
  const Tensor index = randint(0, 500, {4000}, {.dtype = DType::i64}, generator);
  const Tensor upper = randn({4000, 96}, {}, generator);
  const auto gradient = [&] {
    const Tensor weight = zeros({500, 96}, {.requires_grad = true});
    embedding(index, weight).backward(upper);
    return weight.grad().to_vector<float>();
  };
  const std::vector<float> parallel = gradient();
  const ThreadLimit limit(1);
  CHECK(gradient() == parallel);
}

TEST_CASE("interpolate: nearest repeats or skips pixels") {
  const Tensor x = tensor({{{{1.0, 2.0, 3.0}}}});
  CHECK(interpolate(x, {1, 6}).to_vector<double>() == Doubles{1, 1, 2, 2, 3, 3});
  CHECK(interpolate(x, {1, 2}).to_vector<double>() == Doubles{1, 2});  // floor(i * 3 / 2)
  CHECK(interpolate(x, {2, 3}).to_vector<double>() == Doubles{1, 2, 3, 1, 2, 3});
}

TEST_CASE("interpolate: bilinear mixes neighbours, with and without aligned corners") {
  const Tensor x = tensor({{{{0.0, 4.0}}}});
  const InterpolateOptions bilinear{.mode = InterpolateMode::bilinear};
  const InterpolateOptions aligned{.mode = InterpolateMode::bilinear, .align_corners = true};
  // Places (i + 1/2) / 2 - 1/2 = -1/4 (so 0), 1/4, 3/4, 5/4 (past the last pixel: that pixel).
  CHECK(interpolate(x, {1, 4}, bilinear).to_vector<double>() == Doubles{0, 1, 3, 4});
  CHECK(interpolate(x, {1, 5}, aligned).to_vector<double>() == Doubles{0, 1, 2, 3, 4});
  const Tensor square = tensor({{{{0.0, 2.0}, {4.0, 6.0}}}});
  CHECK(interpolate(square, 3, aligned).to_vector<double>() == Doubles{0, 1, 2, 2, 3, 4, 4, 5, 6});
}

TEST_CASE("interpolate keeps channels-last memory") {
  const Tensor x = arange(24).to(DType::f32).reshape({1, 2, 3, 4});
  const Tensor last = interpolate(x.channels_last(), {5, 2}, {.mode = InterpolateMode::bilinear});
  CHECK(last.is_channels_last());
  const Tensor pixel = ones({2, 3, 1, 1}).channels_last();  // also of one pixel, where both layouts are the same memory
  CHECK(interpolate(pixel, {2, 2}).is_channels_last());
  CHECK(last.to_vector<float>() == interpolate(x, {5, 2}, {.mode = InterpolateMode::bilinear}).to_vector<float>());
}

TEST_CASE("interpolate: what has no weight does not reach a pixel, infinite or NaN as it may be") {
  for (const InterpolateMode mode : {InterpolateMode::nearest, InterpolateMode::bilinear}) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (const double odd : {INFINITY, -INFINITY, NAN}) {
        Tensor image = ones({1, 2, 3, 3}, {.dtype = dtype});
        image[0][0][1][1] = odd;
        for (const Tensor& x : {image, image.channels_last()}) {
          // Resized to its own size, and doubled with aligned corners, where every other pixel is one of the image.
          const Tensor leaf = x.detach().requires_grad_();
          const Tensor same = interpolate(leaf, 3, {.mode = mode});
          CHECK(isclose(same, x, 0, 0, true).all().item<bool>());
          same.backward(x);
          CHECK(isclose(leaf.grad(), x, 0, 0, true).all().item<bool>());
          if (mode == InterpolateMode::nearest) continue;
          const Tensor wide = interpolate(x, 5, {.mode = mode, .align_corners = true});
          const Tensor finite = logical_not(logical_or(isnan(wide), isinf(wide)));
          CHECK(sum(finite).item<int>() == 50 - 9);  // the odd pixel and those between it and its neighbours
        }
      }
    }
  }
}
