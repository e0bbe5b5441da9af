// What programs written for libtorch say of tensors, and a PyTorch user's first attempts: it compiles and means the
// same.

#include <iostream>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>

#include "support/default_device.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Bools = std::vector<bool>;

}  // namespace

TEST_CASE("an integer is a shape, a list of dimensions, or a slice of them") {
  CHECK(ones(3).shape() == Shape{3});
  CHECK(zeros(2L).shape() == Shape{2});
  CHECK(full(4, 7).to_vector<float>() == Floats(4, 7));
  CHECK(randn(3).shape() == Shape{3});
  CHECK(randint(10, 5).shape() == Shape{5});
  const Tensor x = arange(6).to(DType::f32).view({2, 3});
  CHECK(x.view(-1).shape() == Shape{6});
  CHECK(x.reshape(6).shape() == Shape{6});
  CHECK(sum(x, 0).to_vector<float>() == Floats{3, 5, 7});
  CHECK(x.sum(1).to_vector<float>() == Floats{3, 12});
  CHECK(x.sum(1, true).shape() == Shape{2, 1});
  CHECK(x.mean(-1).to_vector<float>() == Floats{1, 4});
  CHECK(x.amax(1).to_vector<float>() == Floats{2, 5});
  CHECK(flip(x, -1).to_vector<float>() == Floats{2, 1, 0, 5, 4, 3});
  CHECK(x.var(1).to_vector<float>() == Floats{1, 1});
  CHECK(x.norm(1, 1).to_vector<float>() == Floats{3, 12});
  CHECK(roll(x[0], 1).to_vector<float>() == Floats{2, 0, 1});
}

TEST_CASE("a dtype or a device alone is an option") {
  CHECK(zeros({3}, DType::i64).dtype() == DType::i64);
  CHECK(ones(3, DType::f64).dtype() == DType::f64);
  CHECK(full({1}, 3, DType::i32).dtype() == DType::i32);
  CHECK(empty({2}, DType::f16).dtype() == DType::f16);
  CHECK(eye(2, DType::f64).dtype() == DType::f64);
  CHECK(arange(3, DType::f64).dtype() == DType::f64);
  CHECK(arange(3, Device::cpu()).dtype() == DType::i64);
  CHECK(arange(2.5, Device::cpu()).dtype() == DType::f32);
  CHECK(arange(3, {.dtype = DType::f32}).dtype() == DType::f32);
  CHECK(rand({2}, DType::f64).dtype() == DType::f64);
  CHECK(randn({3}, Device::cpu()).device() == Device::cpu());
}

TEST_CASE("randint with one bound") {
  const Tensor x = randint(10, {1000});
  CHECK(x.dtype() == DType::i64);
  CHECK(x.min().item() == 0);
  CHECK(x.max().item() == 9);
  CHECK_THROWS_AS(randint(0, {3}), ValueError);
}

TEST_CASE("shapes, dtypes and devices print themselves") {
  const Tensor x = zeros({2, 3}, DType::i64).cpu();
  std::ostringstream out;
  out << x.shape() << ' ' << x.sizes() << ' ' << x.strides() << ' ' << x.dtype() << ' ' << x.device();
  CHECK(out.str() == "[2, 3] [2, 3] [3, 1] i64 cpu");
}

TEST_CASE("operators on masks and integers") {
  const Tensor x = tensor({1.0F, 2.0F, 3.0F});
  CHECK((1 < x).to_vector<bool>() == Bools{false, true, true});
  CHECK((2 >= x).to_vector<bool>() == Bools{true, true, false});
  CHECK((2 == x).to_vector<bool>() == Bools{false, true, false});
  CHECK((2 != x).to_vector<bool>() == Bools{true, false, true});
  CHECK((2 > x).to_vector<bool>() == Bools{true, false, false});
  CHECK((3 <= x).to_vector<bool>() == Bools{false, false, true});
  const Tensor low = x<3, high = x> 1;
  CHECK((low & high).to_vector<bool>() == Bools{false, true, false});
  CHECK((low | high).to_vector<bool>() == Bools{true, true, true});
  CHECK((low ^ high).to_vector<bool>() == Bools{true, false, true});
  CHECK((!low).to_vector<bool>() == Bools{false, false, true});
  CHECK((~low).to_vector<bool>() == Bools{false, false, true});
  const Tensor i = tensor({12, -7}), j = tensor({10, 3});
  CHECK((i & j).to_vector<std::int64_t>() == Ints{12 & 10, -7 & 3});
  CHECK((i | j).to_vector<std::int64_t>() == Ints{12 | 10, -7 | 3});
  CHECK((i ^ j).to_vector<std::int64_t>() == Ints{12 ^ 10, -7 ^ 3});
  CHECK((~i).to_vector<std::int64_t>() == Ints{~12, 6});
  CHECK((!i).to_vector<bool>() == Bools{false, false});
  CHECK((i % 5).to_vector<std::int64_t>() == Ints{2, 3});  // as in Python, the sign of the divisor
  CHECK((i % j).to_vector<std::int64_t>() == Ints{2, 2});
  CHECK_THROWS_AS(x & x, DTypeError);
}

TEST_CASE("x[tensor] gathers, and nothing that is assigned gets lost") {
  const Tensor x = tensor({10.0F, 20.0F, 30.0F});
  CHECK(x[tensor({2, 0})].to_vector<float>() == Floats{30, 10});
  CHECK(x[x > 15].to_vector<float>() == Floats{20, 30});
  x[0] = 1;  // a view
  x.index({Slice(1, None)}) = 2;
  CHECK(x.to_vector<float>() == Floats{1, 2, 2});
  // A gathered copy is no view: assigning to it would do nothing.
  CHECK_THROWS_WITH_AS((x[x > 1] = 0), doctest::Contains("index_put_"), ValueError);
  CHECK_THROWS_AS((x.index({x > 1}) = 0), ValueError);
  CHECK_THROWS_AS(((x + 1) = x), ValueError);
  x.index_put_({x > 1}, 0);
  CHECK(x.to_vector<float>() == Floats{1, 0, 0});
  std::vector<float> memory(2);
  from_blob(memory.data(), {2}, {.device = Device::cpu()}) = 4;  // the caller's memory
  CHECK(memory == Floats{4, 4});
}

TEST_CASE("slices with None") {
  const Tensor x = arange(5);
  CHECK(x.index({Slice(None, 2)}).to_vector<std::int64_t>() == Ints{0, 1});
  CHECK(x.index({Slice(3, None)}).to_vector<std::int64_t>() == Ints{3, 4});
  CHECK(x.index({Slice(None, None, 2)}).to_vector<std::int64_t>() == Ints{0, 2, 4});
  CHECK(x.index({Slice(-2)}).to_vector<std::int64_t>() == Ints{3, 4});
  CHECK(x.index({Slice(std::nullopt, std::optional<std::int64_t>(1))}).to_vector<std::int64_t>() == Ints{0});
}

TEST_CASE("strides and paddings by position") {
  const Tensor image = arange(16).to(DType::f32).view({1, 1, 4, 4}), kernel = ones({1, 1, 3, 3});
  CHECK(max_pool2d(image, 2, 2).view(-1).to_vector<float>() == Floats{5, 7, 13, 15});
  CHECK(max_pool2d(image, 3, 2, 1).shape() == Shape{1, 1, 2, 2});
  CHECK(max_pool2d(image, 2, {1, 1}).shape() == Shape{1, 1, 5, 5});  // options: stride 1, padding 1
  CHECK(avg_pool2d(image, 2, 2).view(-1).to_vector<float>() == Floats{2.5, 4.5, 10.5, 12.5});
  CHECK(conv2d(image, kernel, {}, 2, 1).shape() == Shape{1, 1, 2, 2});
  CHECK(conv2d(image, kernel, {}, 1).shape() == Shape{1, 1, 2, 2});
}

TEST_CASE("where of two numbers") {
  const Tensor mask = tensor({true, false});
  CHECK(where(mask, 1.0, 0.5).to_vector<float>() == Floats{1, 0.5});
  CHECK(where(mask, 1.0, 0.5).dtype() == DType::f32);
  CHECK(where(mask, 7, -7).to_vector<std::int64_t>() == Ints{7, -7});
  CHECK(where(mask, 7, -7).dtype() == DType::i64);
  CHECK_THROWS_AS(where(ones(2), 1, 0), DTypeError);
}

TEST_CASE("the accuracy idiom: the mean of booleans is the share that is true") {
  const Tensor predicted = tensor({1, 2, 3, 4}), labels = tensor({1, 2, 0, 4});
  const Tensor accuracy = (predicted == labels).mean();
  CHECK(accuracy.dtype() == DType::f32);
  CHECK(accuracy.item() == 0.75);
  CHECK(predicted.eq(labels).sum().item<std::int64_t>() == 3);
  CHECK((labels.view({2, 2}) > 0).mean(1).to_vector<float>() == Floats{1, 0.5});
  CHECK_THROWS_AS(predicted.mean(), DTypeError);
}

TEST_CASE("vectors give tensors of their own type") {
  CHECK(tensor(std::vector<int>{1, 2}).dtype() == DType::i32);
  CHECK(tensor(std::vector<std::int64_t>{1, 2}).dtype() == DType::i64);
  CHECK(tensor(std::vector<double>{1, 2}, {2, 1}).shape() == Shape{2, 1});
  CHECK(tensor(std::vector<Half>{Half(0.5F)}).dtype() == DType::f16);
  static_assert(!HasDType<std::size_t>, "tensor(std::vector<std::size_t>) is an error that says what to do");
}

TEST_CASE("the largest and smallest element of all") {
  const Tensor x = tensor({3.0F, 1.0F, 2.0F}).requires_grad_();
  CHECK(max(x).item() == 3);
  CHECK(min(x).item() == 1);
  max(x).backward();
  CHECK(x.grad().to_vector<float>() == Floats{1, 0, 0});
}

TEST_CASE("a user's std stays the standard library's under `using namespace reel`") {
  const std::vector<int> standard{1};
  CHECK(stddev(tensor({1.0F, 3.0F}), 0, 0).item() == 1);
  CHECK(standard.size() == 1);
}
