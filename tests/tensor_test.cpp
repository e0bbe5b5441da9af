// The tensor itself: shapes, layouts, shared storage, versions, in-place changes, conversions.

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

#include "support/default_device.h"

using namespace reel;
using doctest::Contains;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers numbers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

bool aligned(const Tensor& x, std::uintptr_t to) { return reinterpret_cast<std::uintptr_t>(x.data()) % to == 0; }

}  // namespace

TEST_CASE("a handle") {
  const Tensor none;
  CHECK(!none.defined());
  CHECK_THROWS_AS(none.shape(), ValueError);
  CHECK_THROWS_AS(none.item(), ValueError);
  CHECK_THROWS_AS(none.clone(), ValueError);
  Tensor x = zeros({2, 3});
  const Tensor same = x;
  CHECK(same.is_same(x));
  x = ones({1});
  CHECK(same.shape() == Shape{2, 3});
  CHECK(same.size(-1) == 3);
  CHECK_THROWS_WITH_AS(same.size(2), Contains("size: dimension 2 is out of range for rank 2"), IndexError);
  CHECK_THROWS_WITH_AS(same.data_ptr<double>(), Contains("data_ptr: expected the type of dtype f32, got that of f64"),
                       DTypeError);
}

TEST_CASE("shapes are checked: rank, sign, 64 bits") {
  CHECK_THROWS_WITH_AS(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("rank 9 exceeds the highest rank, 8"), ShapeError);
  CHECK_THROWS_WITH_AS(zeros({2, -1}), Contains("zeros: expected sizes of at least 0, got shape [2, -1]"), ShapeError);
  const std::int64_t huge = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS(
      empty({huge, huge}),
      Contains("empty: expected a shape whose bytes can be counted in 64 bits, got [1099511627776, 1099511627776]"),
      ShapeError);
  CHECK_THROWS_WITH_AS(empty({huge, huge, huge}), Contains("can be counted in 64 bits"), ShapeError);
  CHECK_THROWS_WITH_AS(empty({std::int64_t{1} << 61}, {.dtype = DType::f64}), Contains("can be counted in 64 bits"),
                       ShapeError);
  CHECK_THROWS_AS(empty({std::int64_t{1} << 60}), OutOfMemoryError);
  CHECK_THROWS_AS(ones({1}).expand({huge, huge}), ShapeError);
  CHECK(zeros({3, 0, 2}).numel() == 0);
  CHECK(zeros({}).numel() == 1);
}

TEST_CASE("memory is aligned") {
  for (const std::int64_t n : {1, 3, 100, 1000, 1024, 5000, 100000, 1000000}) {
    CHECK(aligned(empty({n}), n >= 1024 ? 64 : 16));
  }
}

TEST_CASE("layouts") {
  const Tensor x = arange(24).view({1, 2, 3, 4});
  CHECK(x.strides() == Strides{24, 12, 4, 1});
  const Tensor last = x.channels_last();
  CHECK(last.strides() == Strides{24, 1, 8, 2});
  CHECK(last.is_channels_last());
  CHECK(!last.is_contiguous());
  CHECK(numbers(last) == numbers(x));
  CHECK(last.clone().is_channels_last());
  CHECK(last.contiguous().is_contiguous());
  CHECK(last.to(DType::f64).is_channels_last());
  CHECK(zeros_like(last).is_channels_last());
  CHECK(x.contiguous().is_same(x));
  CHECK(last.channels_last().is_same(last));
  CHECK_THROWS_WITH_AS(ones({2}).channels_last(), Contains("channels_last: expected rank 3 to 5"), ShapeError);
  CHECK(ones({2, 1}).t().is_contiguous());  // a dimension of size 1 is never stepped along
  CHECK(is_dense({2, 3}, {1, 2}));
  CHECK(!is_dense({2, 3}, {6, 2}));
  CHECK(!is_dense({2, 3}, {0, 1}));
}

TEST_CASE("detach shares memory and version, clone neither") {
  const Tensor x = zeros({2}, {.requires_grad = true});
  const Tensor detached = x.detach(), copy = x.clone();
  const std::uint32_t version = x.version(), copied = copy.version();
  CHECK(!detached.requires_grad());
  CHECK(copy.requires_grad());
  detached.fill_(4);
  CHECK(x.to_vector<float>() == std::vector<float>{4, 4});
  CHECK(copy.to_vector<float>() == std::vector<float>{0, 0});
  CHECK(x.version() == version + 1);
  CHECK(copy.version() == copied);
}

TEST_CASE("item and to_vector") {
  CHECK(tensor(3).item<std::int64_t>() == 3);
  CHECK(tensor({{2.5}}).item() == 2.5);
  CHECK(tensor(2.5).item<int>() == 2);
  CHECK_THROWS_WITH_AS(ones({2}).item(), Contains("item: expected a tensor of one element, got shape [2]"), ShapeError);
  CHECK_THROWS_WITH_AS(tensor(1e30).item<std::int64_t>(), Contains("item:"), ValueError);
  CHECK_THROWS_WITH_AS(tensor(300).item<std::uint8_t>(),
                       Contains("item: expected a number that the type can hold, got 300"), ValueError);
  CHECK_THROWS_AS(tensor(std::numeric_limits<double>::quiet_NaN()).item<int>(), ValueError);
  CHECK(tensor({{1, 2}, {3, 4}}).t().to_vector<float>() == std::vector<float>{1, 3, 2, 4});
  CHECK(tensor({0, 2}).to_vector<bool>() == std::vector<bool>{false, true});
}

TEST_CASE("numbers that a dtype cannot hold are refused") {
  const Tensor x = zeros({2}, {.dtype = DType::i64}), byte = zeros({2}, {.dtype = DType::u8});
  CHECK_THROWS_WITH_AS(x.fill_(0.5), Contains("fill_: expected a number that dtype"), DTypeError);
  CHECK_THROWS_AS(x.fill_(std::numeric_limits<std::uint64_t>::max()), DTypeError);
  CHECK_THROWS_AS(x.fill_(1e19), DTypeError);
  CHECK_THROWS_AS(x.fill_(std::numeric_limits<double>::quiet_NaN()), DTypeError);
  CHECK_THROWS_AS(byte.fill_(256), DTypeError);
  CHECK_THROWS_AS(byte.fill_(-1), DTypeError);
  CHECK_THROWS_AS(zeros({2}, {.dtype = DType::i32}).fill_(std::int64_t{1} << 31), DTypeError);
  CHECK_THROWS_AS(zeros({2}, {.dtype = DType::boolean}).fill_(2), DTypeError);
  x.fill_(2.0);  // whole
  byte.fill_(255);
  CHECK(numbers(x) == Numbers{2, 2});
  CHECK(numbers(byte) == Numbers{255, 255});
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  CHECK(numbers(x.fill_(large))[0] == large);
  CHECK(full({1}, std::numeric_limits<std::uint64_t>::max()).item() == 0x1p64);
}

TEST_CASE("in-place arithmetic") {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  const std::uint32_t version = x.version();
  x += 1;
  x *= tensor({2., 10.});
  x -= tensor({{1.}, {2.}});
  x /= 2;
  CHECK(x.to_vector<float>() == std::vector<float>{1.5, 14.5, 3, 24});
  x.add_(ones({2, 2}), 3).sub_(ones({2}), 2);
  CHECK(x.to_vector<float>() == std::vector<float>{2.5, 15.5, 4, 25});
  CHECK(x.version() == version + 6);
  x.zero_();
  CHECK(x.to_vector<float>() == std::vector<float>(4, 0));
}

TEST_CASE("assigning to a temporary copies, assigning to a name does not") {
  Tensor x = zeros({2, 2});
  x[0] = tensor({1., 2.});
  x[1] = 5;
  x.select(1, 1) = ones({2});
  x.index({1, 1}) = tensor(7.);
  CHECK(x.to_vector<float>() == std::vector<float>{1, 1, 5, 7});
  const Tensor row = x[0];
  std::move(x) = 3;
  CHECK(row.to_vector<float>() == std::vector<float>{3, 3});
  const NoGradGuard guard;
  const Tensor leaf = zeros({2}, {.requires_grad = true});
  leaf[0] = 4;
  CHECK(leaf.to_vector<float>() == std::vector<float>{4, 0});
}

TEST_CASE("a failed in-place call changes nothing") {
  const Tensor x = ones({2, 3}), whole = ones({2}, {.dtype = DType::i64});
  const Tensor leaf = ones({2, 3}, {.requires_grad = true});
  const std::uint32_t version = x.version();
  CHECK_THROWS_WITH_AS(x += ones({4}), Contains("add_: expected shapes that broadcast together, got [2, 3] and [4]"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(x[0] += ones({2, 3}),
                       Contains("add_: expected an operand that broadcasts to [3], got shape [2, 3]"), ShapeError);
  CHECK_THROWS_WITH_AS(x *= ones({3}, {.dtype = DType::f64}),
                       Contains("mul_: expected operands of one dtype, got f32 and f64"), DTypeError);
  CHECK_THROWS_WITH_AS(whole /= 2, Contains("div_: expected dtype f32, f64, f16, bf16, got i64"), DTypeError);
  CHECK_THROWS_WITH_AS(whole += 0.5, Contains("add_: expected a number that dtype"), DTypeError);
  CHECK_THROWS_WITH_AS(x.copy_(ones({2, 4})), Contains("copy_: "), ShapeError);
  CHECK_THROWS_AS(x.copy_(Tensor()), ValueError);
  CHECK_THROWS_AS(x += Tensor(), ValueError);
  CHECK_THROWS_WITH_AS(leaf += 1, Contains("in-place changes are not recorded; write y = y + x"), AutogradError);
  CHECK_THROWS_AS(x += leaf, AutogradError);
  CHECK_THROWS_AS(x.copy_(leaf), AutogradError);
  CHECK(x.to_vector<float>() == std::vector<float>(6, 1));
  CHECK(leaf.to_vector<float>() == std::vector<float>(6, 1));
  CHECK(numbers(whole) == Numbers{1, 1});
  CHECK(x.version() == version);
}

TEST_CASE("source and destination may lie in the same memory") {
  Tensor x = arange(6);
  x.slice(0, 1, 6) += x.slice(0, 0, 5);  // as if the right side were read first
  CHECK(numbers(x) == Numbers{0, 1, 3, 5, 7, 9});
  x = arange(4).view({2, 2});
  x.copy_(x.t());
  CHECK(numbers(x) == Numbers{0, 2, 1, 3});
  x.copy_(flip(x, {0}));
  CHECK(numbers(x) == Numbers{1, 3, 0, 2});
  x -= x[0];
  CHECK(numbers(x) == Numbers{0, 0, -1, -1});
  x = arange(100000);
  x.slice(0, 1, 100000).copy_(x.slice(0, 0, 99999));
  CHECK(x[99999].item<std::int64_t>() == 99998);
  CHECK(x[50001].item<std::int64_t>() == 50000);
  x += x;
  CHECK(x[3].item<std::int64_t>() == 4);
}

TEST_CASE("a tensor whose elements share memory cannot be changed in place") {
  const Tensor x = zeros({1});
  for (const Tensor& shared : {x.expand({3}), zeros({5}).unfold(0, 3, 1)}) {
    CHECK_THROWS_WITH_AS(shared.fill_(1), Contains("expected a tensor whose elements have memory of their own"),
                         ValueError);
    CHECK_THROWS_WITH_AS(shared += 1, Contains("expected a tensor whose elements have memory of their own"),
                         ValueError);
    CHECK_THROWS_WITH_AS(shared.copy_(ones({3})), Contains("expected a tensor whose elements have memory of their own"),
                         ValueError);
  }
  CHECK(x.item() == 0);
  const Tensor apart = zeros({6}).unfold(0, 2, 2);
  apart.select(1, 0).fill_(1);
  apart += 1;
  CHECK(apart.to_vector<float>() == std::vector<float>{2, 1, 2, 1, 2, 1});
}

TEST_CASE("conversions between dtypes") {
  const Tensor x = tensor({-1.5, 0., 2.75});
  CHECK(numbers(x.to(DType::i64)) == Numbers{-1, 0, 2});
  CHECK(numbers(x.to(DType::i32)) == Numbers{-1, 0, 2});
  CHECK(x.to(DType::boolean).to_vector<bool>() == std::vector<bool>{true, false, true});
  CHECK(x.to(DType::f32).is_same(x));
  CHECK(tensor({true, false}).to(DType::f64).to_vector<double>() == std::vector<double>{1, 0});
  CHECK(numbers(tensor({1, 255}).to(DType::u8)) == Numbers{1, 255});
  const Tensor leaf = tensor({1., 2.}).requires_grad_();
  sum(leaf.to(DType::f64) * 3).backward();
  CHECK(leaf.grad().dtype() == DType::f32);
  CHECK(leaf.grad().to_vector<float>() == std::vector<float>{3, 3});
  CHECK(!leaf.to(DType::i64).requires_grad());
  const Tensor zero = zeros({2});
  zero.copy_(tensor({1, 2}));
  CHECK(zero.to_vector<float>() == std::vector<float>{1, 2});
}

TEST_CASE("every half float survives the way to f32 and back") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    Half half;
    half.bits = static_cast<std::uint16_t>(bits);
    const auto wide = static_cast<float>(half);
    const bool nan = (bits & 0x7c00u) == 0x7c00u && (bits & 0x3ffu);
    if (nan ? !std::isnan(wide) || !std::isnan(static_cast<float>(Half(wide))) : Half(wide).bits != bits) {
      FAIL_CHECK("f16 " << bits);
    }
    BFloat16 brain;
    brain.bits = static_cast<std::uint16_t>(bits);
    const auto widened = static_cast<float>(brain);
    const bool is_nan = (bits & 0x7f80u) == 0x7f80u && (bits & 0x7fu);
    if (is_nan ? !std::isnan(static_cast<float>(BFloat16(widened))) : BFloat16(widened).bits != bits) {
      FAIL_CHECK("bf16 " << bits);
    }
  }
  // Values of a few bit patterns: IEEE 754, 3.6.
  const auto f16 = [](std::uint16_t bits) {
    Half half;
    half.bits = bits;
    return static_cast<float>(half);
  };
  CHECK(f16(0x3c00) == 1.0f);
  CHECK(f16(0xc000) == -2.0f);
  CHECK(f16(0x7bff) == 65504.0f);
  CHECK(f16(0x0001) == 0x1p-24f);
  CHECK(f16(0x7c00) == std::numeric_limits<float>::infinity());
}

TEST_CASE("half floats round to the nearest even") {
  // Between each pair of neighbours: the midpoint goes to the even one, its neighbours in f32 to the nearer.
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
    Half low, high;
    low.bits = bits;
    high.bits = static_cast<std::uint16_t>(bits + 1);
    const float middle = (static_cast<float>(low) + static_cast<float>(high)) / 2;
    const std::uint16_t even = bits % 2 ? high.bits : low.bits;
    const bool right = Half(middle).bits == even && Half(std::nextafter(middle, 0.0f)).bits == low.bits &&
                       Half(std::nextafter(middle, 1e9f)).bits == high.bits && Half(-middle).bits == (even | 0x8000u);
    if (!right) FAIL_CHECK("f16 above " << bits);
  }
  CHECK(Half(65519.996f).bits == 0x7bff);
  CHECK(Half(65520.0f).bits == 0x7c00);
  for (std::uint16_t bits = 0x0080; bits < 0x7f7f; ++bits) {
    BFloat16 low, high;
    low.bits = bits;
    high.bits = static_cast<std::uint16_t>(bits + 1);
    const float middle = static_cast<float>(low) + (static_cast<float>(high) - static_cast<float>(low)) / 2;
    const std::uint16_t even = bits % 2 ? high.bits : low.bits;
    const bool right = BFloat16(middle).bits == even && BFloat16(std::nextafter(middle, 0.0f)).bits == low.bits &&
                       BFloat16(std::nextafter(middle, INFINITY)).bits == high.bits;
    if (!right) FAIL_CHECK("bf16 above " << bits);
  }
  CHECK(tensor({1.00048828125}).to(DType::f16).to(DType::f32).item() == 1.0);
}

TEST_CASE("large and strided copies equal element by element copies") {
  const testing::DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = arange(300 * 200).view({300, 200});
  const Tensor y = x.t().contiguous();
  bool equal = true;
  const auto* data = y.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < 200; ++i) {
    for (std::int64_t j = 0; j < 300; ++j) equal = equal && data[i * 300 + j] == j * 200 + i;
  }
  CHECK(equal);
  const Tensor z = zeros({300, 400}, {.dtype = DType::i64});
  z.slice(1, 0, 400, 2).fill_(1);
  z.slice(1, 1, 400, 2).copy_(x);
  CHECK(sum(z).item<std::int64_t>() == 60000 + 60000LL * 59999 / 2);
}

TEST_CASE("a tensor of rank 0 has no dimension to ask for; numbers in messages are as written") {
  CHECK_THROWS_AS(tensor(3.0).size(0), IndexError);
  CHECK(to_string(Scalar(1e-7)) == "1e-07");
  CHECK(to_string(Scalar(0.5)) == "0.5");
  CHECK(to_string(Scalar(1e300)) == "1e+300");
}
