// Making tensors.

#include <limits>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"
#include "support/requirement.h"

using namespace reel;
using doctest::Contains;
using namespace reel::testing;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

}  // namespace

TEST_CASE("zeros, ones, full") {
  CHECK(zeros({2}).to_vector<float>() == std::vector<float>{0, 0});
  CHECK(ones({}).item() == 1);
  CHECK(full({2}, 7, {.dtype = DType::u8}).dtype() == DType::u8);
  CHECK(full({2}, true, {.dtype = DType::boolean}).to_vector<bool>() == std::vector<bool>{true, true});
  CHECK(ones({2}, {.requires_grad = true}).requires_grad());
  CHECK_THROWS_WITH_AS(full({2}, 0.5, {.dtype = DType::i64}), Contains("full: expected a number that dtype"),
                       DTypeError);
  CHECK_THROWS_AS(ones({2}, {.dtype = DType::i64, .requires_grad = true}), DTypeError);
  CHECK_THROWS_AS(zeros({2}, {.device = Device::cuda(99)}), DeviceError);
}

TEST_CASE("options are a tensor's dtype and device") {
  const Tensor x = ones({2}, {.dtype = DType::f64, .device = Device::cpu(), .requires_grad = true});
  const Tensor y = zeros({3, 4}, x.options());
  CHECK(y.shape() == Shape{3, 4});
  CHECK(y.dtype() == DType::f64);
  CHECK(y.device() == Device::cpu());
  CHECK_FALSE(y.requires_grad());
  CHECK_THROWS_AS(Tensor().options(), ValueError);
}

TEST_CASE("full_like and its kin keep shape, dtype and layout") {
  const Tensor x = ones({1, 2, 2, 2}, {.dtype = DType::f64}).channels_last();
  for (const Tensor& like : {empty_like(x), zeros_like(x), ones_like(x), full_like(x, 3)}) {
    CHECK(like.shape() == x.shape());
    CHECK(like.dtype() == DType::f64);
    CHECK(like.is_channels_last());
  }
  CHECK_THROWS_AS(full_like(tensor({1}), 1.5), DTypeError);
  CHECK_THROWS_AS(zeros_like(Tensor()), ValueError);
}

TEST_CASE("arange") {
  CHECK(arange(3).dtype() == DType::i64);
  CHECK(numbers(arange(3)) == Numbers{0, 1, 2});
  CHECK(numbers(arange(2, 8, 3)) == Numbers{2, 5});
  CHECK(numbers(arange(5, 0, -2)) == Numbers{5, 3, 1});
  CHECK(arange(1.0).dtype() == DType::f32);
  CHECK(arange(0, 1, 0.25).to_vector<float>() == std::vector<float>{0, 0.25, 0.5, 0.75});
  CHECK(arange(0, 3, 1, {.dtype = DType::f64}).to_vector<double>() == std::vector<double>{0, 1, 2});
  CHECK(numbers(arange(3, 0, -1, {.dtype = DType::u8})) == Numbers{3, 2, 1});
  CHECK(arange(0).numel() == 0);
  CHECK_THROWS_WITH_AS(arange(0, 3, 0), Contains("arange: expected a step other than 0, got 0"), ValueError);
  CHECK_THROWS_WITH_AS(arange(0, -3), Contains("arange: expected a step that leads from 0 to -3, got 1"), ValueError);
  CHECK_THROWS_AS(arange(0, 300, 1, {.dtype = DType::u8}), DTypeError);
  CHECK_THROWS_AS(arange(0.5, 3, 1, {.dtype = DType::i64}), DTypeError);
  CHECK_THROWS_WITH_AS(arange(0, 3, 1, {.dtype = DType::boolean}), Contains("arange: expected dtype"), DTypeError);
}

TEST_CASE("linspace") {
  CHECK(linspace(0, 1, 5).to_vector<float>() == std::vector<float>{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(3, 1, 3).to_vector<float>() == std::vector<float>{3, 2, 1});
  CHECK(linspace(2, 9, 1).item() == 2);
  CHECK(linspace(0, 1, 0).numel() == 0);
  CHECK(linspace(0, 0.7, 8, {.dtype = DType::f64})[7].item() == 0.7);
  CHECK_THROWS_AS(linspace(0, 1, -1), ValueError);
  CHECK_THROWS_AS(linspace(0, 1, 3, {.dtype = DType::i64}), DTypeError);
}

TEST_CASE("eye") {
  CHECK(eye(2).to_vector<float>() == std::vector<float>{1, 0, 0, 1});
  CHECK(eye(2, 3).to_vector<float>() == std::vector<float>{1, 0, 0, 0, 1, 0});
  CHECK(eye(3, 2).to_vector<float>() == std::vector<float>{1, 0, 0, 1, 0, 0});
  CHECK(eye(0).shape() == Shape{0, 0});
  CHECK_THROWS_AS(eye(-2), ShapeError);
}

TEST_CASE("literals and vectors") {
  CHECK(tensor({{1, 2, 3}, {4, 5, 6}}).shape() == Shape{2, 3});
  CHECK(tensor({1, 2}).dtype() == DType::i64);
  CHECK(tensor({1., 2.}).dtype() == DType::f32);
  CHECK(tensor({1, 2.5}).dtype() == DType::f32);
  CHECK(tensor({true, false}).dtype() == DType::boolean);
  CHECK(tensor(3.5).shape() == Shape{});
  CHECK(tensor({1, 2}, {.dtype = DType::f64}).to_vector<double>() == std::vector<double>{1, 2});
  CHECK(tensor(std::vector<double>{0.1, 0.2}).dtype() == DType::f64);
  CHECK(tensor(std::vector<float>{1, 2, 3, 4}, {2, 2}).shape() == Shape{2, 2});
  CHECK_THROWS_WITH_AS(tensor({{1, 2}, {3}}), Contains("tensor: expected rows of one shape"), ShapeError);
  CHECK_THROWS_AS(tensor({1, 300}, {.dtype = DType::u8}), DTypeError);
  CHECK_THROWS_WITH_AS(tensor(std::vector<float>{1, 2, 3}, {2, 2}),
                       Contains("tensor: expected 4 values for the shape [2, 2], got 3"), ShapeError);
}

TEST_CASE("from_blob shares the caller's memory and tells when it lets go") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  float memory[] = {1, 2, 3, 4};
  int deleted = 0;
  {
    Tensor row;
    {
      const Tensor x = from_blob(memory, {2, 2}, [&](void* data) { deleted += data == memory; });
      x.mul_(2);
      CHECK(memory[3] == 8);
      memory[0] = 7;
      CHECK(x[0][0].item() == 7);
      row = x[1];
    }
    CHECK(deleted == 0);
    CHECK(row.to_vector<float>() == std::vector<float>{6, 8});
  }
  CHECK(deleted == 1);
  CHECK_THROWS_WITH_AS(from_blob(nullptr, {2}), Contains("from_blob: expected memory for a tensor"), ValueError);
  CHECK(from_blob(nullptr, {0}).numel() == 0);
  // A call that fails leaves the memory to the caller.
  CHECK_THROWS_AS(from_blob(memory, {2}, [&](void*) { ++deleted; }, {.dtype = DType::i32, .requires_grad = true}),
                  DTypeError);
  CHECK_THROWS_AS(from_blob(memory, {-2}, [&](void*) { ++deleted; }), ShapeError);
  CHECK(deleted == 1);
}

TEST_CASE("a vector's values may have another dtype, device or shape") {
  const std::vector<int> values{1, 2, 3, 4};
  CHECK(tensor(values).dtype() == DType::i32);
  CHECK(tensor(values, {2, 2}, DType::i64).dtype() == DType::i64);
  CHECK(numbers(tensor(values, DType::i64)) == Numbers{1, 2, 3, 4});
  const Tensor on_cpu = tensor(values, {2, 2}, Device::cpu());
  CHECK(on_cpu.dtype() == DType::i32);
  CHECK(on_cpu.shape() == Shape{2, 2});
  CHECK(on_cpu.device() == Device::cpu());
  CHECK(tensor(values, Device::cpu()).device() == Device::cpu());
  const Tensor leaf = tensor(values, {4}, {.dtype = DType::f64, .requires_grad = true});
  CHECK(leaf.dtype() == DType::f64);
  CHECK(leaf.requires_grad());
  CHECK(leaf.is_leaf());
  CHECK(tensor(values, {4}, {.device = Device::cpu()}).dtype() == DType::f32);
  CHECK_THROWS_AS(tensor(values, {3}, DType::i64), ShapeError);
  CHECK_THROWS_AS(tensor(values, {4}, {.dtype = DType::i64, .requires_grad = true}), DTypeError);
}

TEST_CASE("the positions of triangles") {
  CHECK(equal(tril_indices(3, 3, -1), tensor({{1, 2, 2}, {0, 0, 1}})));
  CHECK(equal(triu_indices(2, 3), tensor({{0, 0, 0, 1, 1}, {0, 1, 2, 1, 2}})));
  CHECK(tril_indices(2, 2, 0, {.dtype = DType::i32}).dtype() == DType::i32);
  CHECK(triu_indices(0, 3).shape() == Shape{2, 0});
  CHECK_THROWS_AS(tril_indices(-1, 3), ValueError);
}

TEST_CASE("the length of an integer arange does not round") {
  const std::int64_t start = std::int64_t{1} << 60;
  CHECK(numbers(arange(start, start + 3)) == Numbers{start, start + 1, start + 2});
  CHECK(numbers(arange(5, 0, -2)) == Numbers{5, 3, 1});
  CHECK(arange(0, 0, -1).numel() == 0);
  CHECK_THROWS_AS(arange(0, -1, 2), ValueError);
}

TEST_CASE("a GPU is available, or there is a reason why not") {
  CHECK(cuda::is_available() == cuda::unavailable_reason().empty());
}

TEST_CASE("nothing can be made on a device that is not there" * needs_no_gpu) {
  float memory[2] = {};
  CHECK_THROWS_WITH_AS(ones({2}).to(Device::cuda()), Contains(cuda::unavailable_reason().c_str()), DeviceError);
  CHECK_THROWS_AS(from_blob(memory, {2}, {.device = Device::cuda()}), DeviceError);
}

TEST_CASE("randint_like: the range, in the dtype of the example") {
  const Tensor x = randint_like(zeros({100}, {.dtype = DType::u8}), 3, 5);
  CHECK(x.dtype() == DType::u8);
  CHECK(x.shape() == Shape{100});
  for (const std::int64_t v : numbers(x)) CHECK((v == 3 || v == 4));
}
