// Rounding: every conversion rounds once, and no rounding reaches an excluded bound.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>
#include <reel/nn/init.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/error.h>

using namespace reel;

namespace {

/// A binary floating format: its digits, the exponent of its smallest normal number, its largest number.
struct Format {
  DType dtype;
  int digits, least_exponent;
  double largest;
};
const Format kF16{DType::f16, 11, -14, 65504}, kBf16{DType::bf16, 8, -126, 0x1.fep127},
    kF32{DType::f32, 24, -126, 0x1.fffffep127}, kF64{DType::f64, 53, -1022, 0x1.fffffffffffffp1023};

double overflowed(double magnitude, const Format& format) {
  return magnitude > format.largest ? std::numeric_limits<double>::infinity() : magnitude;
}

/// x rounded to the nearest even, by arithmetic that is exact in f64.
double rounded(double x, const Format& format) {
  const int exponent = std::max(x == 0 ? 0 : std::ilogb(x), format.least_exponent);
  const double unit = std::ldexp(1.0, exponent - format.digits + 1);
  return std::copysign(overflowed(std::abs(std::nearbyint(x / unit) * unit), format), x);
}
double rounded(std::int64_t x, const Format& format) {
  const std::uint64_t magnitude = x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
  const int shift = std::max(static_cast<int>(std::bit_width(magnitude)) - format.digits, 0);
  std::uint64_t digits = magnitude >> shift;
  const std::uint64_t rest = magnitude - (digits << shift), half = shift > 0 ? std::uint64_t{1} << (shift - 1) : 1;
  if (rest > half || (rest == half && digits % 2 == 1)) ++digits;
  return std::copysign(overflowed(std::ldexp(static_cast<double>(digits), shift), format), static_cast<double>(x));
}

/// Every number of a 16-bit format, and the midpoint to the next one with its neighbours in f64.
std::vector<double> around_midpoints(const Format& format) {
  std::vector<double> values;
  for (std::uint16_t bits = 0; bits < (format.dtype == DType::f16 ? 0x7c00 : 0x7f80); ++bits) {
    double at = 0, next = 0;
    if (format.dtype == DType::f16) {
      at = std::ldexp(bits < 0x400 ? bits : 0x400 + bits % 0x400, bits < 0x400 ? -24 : bits / 0x400 - 25);
      next = std::ldexp(1.0, bits < 0x400 ? -24 : bits / 0x400 - 25);
    } else {
      at = std::ldexp(bits < 0x80 ? bits : 0x80 + bits % 0x80, bits < 0x80 ? -133 : bits / 0x80 - 134);
      next = std::ldexp(1.0, bits < 0x80 ? -133 : bits / 0x80 - 134);
    }
    const double middle = at + next / 2;
    for (const double x : {at, middle, std::nextafter(middle, 0), std::nextafter(middle, INFINITY), middle * (1 + 1e-9),
                           middle * (1 - 1e-9)}) {
      values.push_back(bits % 2 ? x : -x);
    }
  }
  return values;
}

/// Powers of two, the first midpoints behind them in each format, and the integers next to those.
std::vector<std::int64_t> integers_around_midpoints() {
  std::vector<std::int64_t> values{0};
  for (int exponent = 1; exponent < 63; ++exponent) {
    for (const Format& format : {kF16, kBf16, kF32, kF64}) {
      const std::int64_t unit = std::int64_t{1} << std::max(exponent - format.digits + 1, 1);
      for (const std::int64_t odd : {1, 3}) {
        const std::int64_t middle = (std::int64_t{1} << exponent) + odd * (unit / 2);
        for (const std::int64_t x : {middle - 1, middle, middle + 1}) values.push_back(x), values.push_back(-x);
      }
    }
  }
  values.push_back(std::numeric_limits<std::int64_t>::min());
  values.push_back(std::numeric_limits<std::int64_t>::max());
  return values;
}

/// Checks conversions of all values, contiguous and strided, and of some as numbers.
template <class T> void check_conversions(const std::vector<T>& values, const Format& format) {
  const auto n = static_cast<std::int64_t>(values.size());
  const Tensor x = tensor(values);
  const std::vector<double> dense = x.to(format.dtype).to_vector<double>();
  const std::vector<double> strided = stack({x, x}, 1).select(1, 1).to(format.dtype).to_vector<double>();
  const Tensor copied = empty({n}, {.dtype = format.dtype});
  copied.copy_(x);
  CHECK(copied.to_vector<double>() == dense);
  CHECK(strided == dense);
  int wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double want = rounded(values[i], format);
    if (dense[i] == want) continue;
    if (++wrong < 5) FAIL_CHECK(to_string(format.dtype) << " of " << values[i] << ": " << dense[i] << ", not " << want);
  }
  CHECK(wrong == 0);
  for (std::size_t i = 0; i < values.size(); i += values.size() / 500 + 1) {
    const double want = rounded(values[i], format);
    CHECK(full({}, values[i], {.dtype = format.dtype}).to(DType::f64).item() == want);
    CHECK(tensor({values[i], values[i]}, {.dtype = format.dtype})[1].to(DType::f64).item() == want);
  }
}

}  // namespace

TEST_CASE("conversions to half floats round once") {
  CHECK(tensor(std::vector<double>{1.00048828125000022204}).to(DType::f16).to(DType::f64).item() == 1.0009765625);
  for (const Format& format : {kF16, kBf16}) check_conversions(around_midpoints(format), format);
  const Tensor odd = tensor(std::vector<double>{NAN, INFINITY, -INFINITY, -0.0, 1e300});
  for (const DType half : {DType::f16, DType::bf16}) {
    const std::vector<double> got = odd.to(half).to_vector<double>();
    CHECK(std::isnan(got[0]));
    CHECK(got[1] == INFINITY);
    CHECK(got[2] == -INFINITY);
    CHECK((got[3] == 0 && std::signbit(got[3])));
    CHECK(got[4] == INFINITY);
  }
}

TEST_CASE("conversions of integers round once") {
  const std::vector<std::int64_t> values = integers_around_midpoints();
  std::vector<std::int32_t> narrow;
  for (const std::int64_t x : values) {
    if (x == static_cast<std::int32_t>(x)) narrow.push_back(static_cast<std::int32_t>(x));
  }
  for (const Format& format : {kF16, kBf16, kF32, kF64}) {
    check_conversions(values, format);
    const std::vector<double> got = tensor(narrow).to(format.dtype).to_vector<double>();
    for (std::size_t i = 0; i < narrow.size(); ++i) CHECK(got[i] == rounded(std::int64_t{narrow[i]}, format));
  }
}

TEST_CASE("integers that differ are not close for want of digits") {
  const Tensor a = tensor(std::vector<std::int64_t>{1LL << 53, INT64_MIN, 7}), b = a + tensor({1, 0, 0});
  CHECK(isclose(a, b, 0, 0).to_vector<int>() == std::vector<int>{0, 1, 1});
  CHECK(isclose(a, b, 0, 1).to_vector<int>() == std::vector<int>{1, 1, 1});
  CHECK_FALSE(isclose(a[1], tensor(INT64_MAX), 0, 1e18).item<bool>());
}

TEST_CASE("uniform numbers stay below their bound") {
  Generator generator(5);
  const Tensor wide = empty({1 << 20});
  CHECK(all(nn::init::uniform_(wide, 1000, 1001, generator) < 1001).item<bool>());
  CHECK(all(wide >= 1000).item<bool>());
  CHECK(any(wide > 1000.999).item<bool>());
  const Tensor narrow = empty({1 << 10}, {.dtype = DType::f64});
  const double high = 1 + 0x1p-50;
  CHECK(all(nn::init::uniform_(narrow, 1, high, generator) < high).item<bool>());
  CHECK(all(narrow >= 1).item<bool>());
  // Bounds that are the same number in f32.
  CHECK(all(nn::init::uniform_(wide, 1, 1 + 1e-12, generator) == 1).item<bool>());
  CHECK(all(nn::init::uniform_(wide, 3, 3, generator) == 3).item<bool>());
  CHECK_THROWS_AS(nn::init::uniform_(wide, -3e38, 3e38), ValueError);
}

TEST_CASE("random integers in a floating dtype stay exact") {
  const std::int64_t high = (std::int64_t{1} << 24) + 1;
  const Tensor x = randint(high - 3, high, {1000}, {.dtype = DType::f32});
  CHECK(all(logical_and(x >= high - 3, x <= high - 1)).item<bool>());
  CHECK_THROWS_AS(randint(0, high + 1, {2}, {.dtype = DType::f32}), ValueError);
  CHECK_THROWS_AS(randint(-high, 0, {2}, {.dtype = DType::f32}), ValueError);
  CHECK_THROWS_AS(randint(0, INT64_MAX, {2}, {.dtype = DType::f64}), ValueError);
  CHECK(randint(INT64_MIN, INT64_MAX, {2}).dtype() == DType::i64);
}

TEST_CASE("arange stays below its end, linspace ends on it") {
  const std::vector<float> up = arange(0, 1, 0.33333333333).to_vector<float>();
  CHECK(up.size() == 4);
  CHECK(up[3] == std::nextafter(1.0F, 0.0F));
  const std::vector<float> down = arange(0, -1, -0.33333333333).to_vector<float>();
  CHECK(down.size() == 4);
  CHECK(down[3] == std::nextafter(-1.0F, 0.0F));
  const std::vector<double> wide = arange(1, 1.3, 0.1, {.dtype = DType::f64}).to_vector<double>();
  CHECK(wide.size() == 4);  // 1 + 3 * 0.1 is below 1.3, by less than half a unit
  CHECK(wide[3] == std::nextafter(1.3, 0));
  CHECK(arange(0, 1, 0.1F).numel() == 10);
  CHECK(arange(16777215, 16777219, 1, {.dtype = DType::f32}).to_vector<float>() ==
        std::vector<float>{16777215, 16777216, 16777216, 16777218});

  constexpr double largest = std::numeric_limits<double>::max();
  CHECK(linspace(-largest, largest, 3, {.dtype = DType::f64}).to_vector<double>() ==
        std::vector<double>{-largest, 0, largest});
  for (const double end : {0.1, 0.7, 1e-40, -3.3}) {
    CHECK(linspace(-1, end, 13)[12].item<float>() == static_cast<float>(end));
  }
}
