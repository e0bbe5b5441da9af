// The text of tensors, character by character.

#include <limits>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"

using namespace reel;

TEST_CASE("numbers get one format for the whole tensor") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(tensor({1., 2.5})) == "tensor([1.0000, 2.5000])");
  CHECK(to_string(tensor({1., 2.})) == "tensor([1., 2.])");
  CHECK(to_string(tensor({0., 0.})) == "tensor([0., 0.])");
  CHECK(to_string(tensor({-1., 10.})) == "tensor([-1., 10.])");
  CHECK(to_string(tensor({1, -20, 3})) == "tensor([  1, -20,   3])");
  CHECK(to_string(tensor({true, false})) == "tensor([ true, false])");
  CHECK(to_string(tensor({0.001, 2.})) == "tensor([1.0000e-03, 2.0000e+00])");
  CHECK(to_string(tensor({0.00001, 0.00002})) == "tensor([1.0000e-05, 2.0000e-05])");
  CHECK(to_string(tensor({1., 1e9})) == "tensor([1.0000e+00, 1.0000e+09])");
  CHECK(to_string(tensor({1., 1000.})) == "tensor([   1., 1000.])");
  CHECK(to_string(tensor({1., 2000.})) == "tensor([1.0000e+00, 2.0000e+03])");
}

TEST_CASE("what is not finite stands in line with the others") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(to_string(tensor({{1., -inf}, {nan, 3.}})) == "tensor([[  1., -inf],\n        [ nan,   3.]])");
  CHECK(to_string(tensor({0.5, inf})) == "tensor([0.5000,    inf])");
  CHECK(to_string(tensor({nan, -nan})) == "tensor([nan, nan])");
}

TEST_CASE("ranks") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(tensor(2.5)) == "tensor(2.5000)");
  CHECK(to_string(tensor(7)) == "tensor(7)");
  CHECK(to_string(tensor({{1, 2}, {3, 4}})) == "tensor([[1, 2],\n        [3, 4]])");
  CHECK(to_string(arange(8).view({2, 2, 2})) ==
        "tensor([[[0, 1],\n"
        "         [2, 3]],\n"
        "\n"
        "        [[4, 5],\n"
        "         [6, 7]]])");
  CHECK(to_string(arange(4).view({2, 1, 1, 2})) == "tensor([[[[0, 1]]],\n\n\n        [[[2, 3]]]])");
}

TEST_CASE("any memory layout") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(arange(6).view({2, 3}).t()) == "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])");
  CHECK(to_string(tensor(1).expand({2})) == "tensor([1, 1])");
}

TEST_CASE("nothing at all") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(Tensor()) == "tensor(undefined)");
  CHECK(to_string(empty({0})) == "tensor([])");
  CHECK(to_string(empty({0, 3})) == "tensor([], size=[0, 3])");
  CHECK(to_string(empty({2, 0}, {.dtype = DType::i64})) == "tensor([], size=[2, 0], dtype=i64)");
}

TEST_CASE("dtype, requires_grad and grad_fn where they say something") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(ones({2}, {.dtype = DType::f64})) == "tensor([1., 1.], dtype=f64)");
  CHECK(to_string(ones({2}, {.dtype = DType::i32})) == "tensor([1, 1], dtype=i32)");
  CHECK(to_string(full({2}, 1.5, {.dtype = DType::f16})) == "tensor([1.5000, 1.5000], dtype=f16)");
  CHECK(to_string(full({2}, 200, {.dtype = DType::u8})) == "tensor([200, 200], dtype=u8)");
  const Tensor x = ones({2}, {.requires_grad = true});
  CHECK(to_string(x) == "tensor([1., 1.], requires_grad=true)");
  CHECK(to_string(x * x) == "tensor([1., 1.], grad_fn=<mul>)");
  const NoGradGuard guard;
  CHECK(to_string(x * 2) == "tensor([2., 2.])");
}

TEST_CASE("large tensors are summarised") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
  CHECK(to_string(arange(10), {.threshold = 9, .edge_items = 1}) == "tensor([0,  ..., 9])");
  CHECK(to_string(arange(2000).view({40, 50})) ==
        "tensor([[   0,    1,    2,  ...,   47,   48,   49],\n"
        "        [  50,   51,   52,  ...,   97,   98,   99],\n"
        "        [ 100,  101,  102,  ...,  147,  148,  149],\n"
        "        ...,\n"
        "        [1850, 1851, 1852,  ..., 1897, 1898, 1899],\n"
        "        [1900, 1901, 1902,  ..., 1947, 1948, 1949],\n"
        "        [1950, 1951, 1952,  ..., 1997, 1998, 1999]])");
  // A dimension that is short enough is shown whole.
  CHECK(to_string(arange(12).view({2, 6}), {.threshold = 10, .edge_items = 2}) ==
        "tensor([[ 0,  1,  ...,  4,  5],\n        [ 6,  7,  ..., 10, 11]])");
}

TEST_CASE("long lines are broken") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(arange(6), {.line_width = 16}) == "tensor([0, 1, 2,\n        3, 4, 5])");
  CHECK(to_string(ones({3}, {.dtype = DType::f64}), {.line_width = 25}) == "tensor([1., 1., 1.],\n       dtype=f64)");
}

TEST_CASE("options and streams") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  CHECK(to_string(tensor({1.23456, 2.}), {.precision = 2}) == "tensor([1.23, 2.00])");
  CHECK_THROWS_WITH_AS(to_string(ones({2}), {.edge_items = 0}),
                       doctest::Contains("to_string: expected at least 1 edge item"), ValueError);
  std::ostringstream out;
  out << tensor({1, 2});
  CHECK(out.str() == "tensor([1, 2])");
}

TEST_CASE("printing is not recorded and changes nothing") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = ones({2}, {.requires_grad = true});
  const std::uint32_t version = x.version();
  to_string(x);
  CHECK(x.version() == version);
  CHECK(x.is_leaf());
}
