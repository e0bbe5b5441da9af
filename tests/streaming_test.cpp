// Results that are too large for the cache, and copies between layouts, which take loops of their own.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/kernels/cpu/non_temporal_stores.h>
#include <reel/reel.h>

#include "support/default_device.h"

using namespace reel;
using reel::testing::DefaultDeviceGuard;

namespace {

constexpr std::int64_t kLarge = static_cast<std::int64_t>(kernels::cpu::kNonTemporalBytes) / 4;  // elements of f32

/// How many elements differ from `expected(i)`.
template <class F> std::int64_t count_wrong(const Tensor& x, F&& expected) {
  const float* data = x.data_ptr<float>();
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) wrong += data[i] != static_cast<float>(expected(i));
  return wrong;
}

}  // namespace

TEST_CASE("non_temporal_copy copies any bytes to any place") {
  std::vector<unsigned char> from(1000), to(1100);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<unsigned char>(i * 7 + 1);
  for (const std::size_t bytes : {0, 1, 15, 63, 64, 65, 127, 128, 500, 900}) {
    for (std::size_t at = 0; at < 70; ++at) {
      std::fill(to.begin(), to.end(), static_cast<unsigned char>(0));
      kernels::cpu::non_temporal_copy(to.data() + at, from.data() + at % 9, bytes);
      kernels::cpu::non_temporal_fence();
      bool right = std::equal(from.begin() + static_cast<int>(at % 9), from.begin() + static_cast<int>(at % 9 + bytes),
                              to.begin() + static_cast<int>(at));
      for (std::size_t i = 0; i < to.size(); ++i) right = right && (to[i] == 0 || (i >= at && i < at + bytes));
      CHECK(right);
    }
  }
}

TEST_CASE("elementwise results beyond the cache are right, wherever they begin") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const Tensor x = arange(kLarge + 37).to(DType::f32);
  for (const std::int64_t offset : {0, 1, 37}) {
    const Tensor from = x.slice(0, offset, offset + kLarge);
    CHECK(count_wrong(from * 2, [&](std::int64_t i) { return 2 * (i + offset); }) == 0);
    const Tensor into = zeros({kLarge + 64}).slice(0, offset, offset + kLarge);
    into.copy_(from);
    CHECK(count_wrong(into, [&](std::int64_t i) { return i + offset; }) == 0);
    into.add_(from);
    CHECK(count_wrong(into, [&](std::int64_t i) { return 2 * (i + offset); }) == 0);
  }
  const Tensor rows = x.slice(0, 0, kLarge).reshape({-1, 4096}), row = arange(4096).to(DType::f32);
  CHECK(count_wrong(rows - row, [](std::int64_t i) { return i / 4096 * 4096; }) == 0);
  const Tensor above = rows > 100;
  CHECK(above.to(DType::i64).sum().item<std::int64_t>() == kLarge - 101);
}

TEST_CASE("softmax beyond the cache makes weights of their logarithms, row by row") {
  const DefaultDeviceGuard cpu(Device::cpu());
  for (const std::int64_t n : {1031, 4096}) {  // the first is no whole number of pieces
    const std::int64_t count = kLarge / n + 3;
    const Tensor weights = remainder(arange(count * n), 7).to(DType::f32).reshape({count, n}) + 1;
    const Tensor shifts = arange(count).to(DType::f32).reshape({count, 1});
    const Tensor expected = weights / sum(weights, {1}, true);
    const Tensor y = softmax(log(weights) + remainder(shifts, 50), 1);
    CHECK(amax(abs(y / expected - 1)).item<float>() < 1e-5F);
    CHECK(amax(abs(log_softmax(log(weights) + remainder(shifts, 50), 1) - log(expected))).item<float>() < 2e-5F);
  }
  Tensor x = zeros({4099, 1031});  // NaN spoils its own row and no other
  x[5][1030].fill_(std::numeric_limits<float>::quiet_NaN());
  const Tensor wrong = softmax(x, 1) != 1.0F / 1031;
  CHECK(wrong.to(DType::i64).sum().item<std::int64_t>() == 1031);
  CHECK(wrong[5].to(DType::i64).sum().item<std::int64_t>() == 1031);
}

TEST_CASE("layer norm beyond the cache takes each row's own mean and variance") {
  const DefaultDeviceGuard cpu(Device::cpu());
  for (const std::int64_t n : {1031, 4096}) {
    const std::int64_t count = kLarge / n + 3;
    const Tensor permuted = remainder(arange(n) * 7, n).to(DType::f32);  // 0 to n - 1, whose variance is (n^2 - 1) / 12
    const Tensor column = arange(n).to(DType::f32) / n, row = remainder(arange(count), 50).to(DType::f32);
    const double deviation = std::sqrt((static_cast<double>(n * n) - 1) / 12);
    const Tensor expected = (permuted - (n - 1) / 2.0) / deviation * (column + 1) - column;
    const Tensor y =
        layer_norm(permuted * (row + 1).reshape({count, 1}) + row.reshape({count, 1}), {n}, column + 1, -column);
    CHECK(amax(abs(y - expected)).item<float>() < 1e-5F);
  }
}

TEST_CASE("transposed copies are right for all sizes and dtypes") {
  const DefaultDeviceGuard cpu(Device::cpu());
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::u8}) {
    for (const auto& size : {std::pair{8, 8}, {16, 16}, {17, 15}, {33, 130}, {130, 33}, {64, 257}, {9, 700}}) {
      const std::int64_t n = size.first, m = size.second;
      for (const std::int64_t planes : {1, 3}) {
        INFO(to_string(dtype) << " " << n << " x " << m);
        const Tensor x = remainder(arange(planes * n * m), 200).to(dtype).reshape({planes, n, m});
        const Tensor y = x.transpose(1, 2).contiguous();
        std::int64_t wrong = 0;
        const auto a = x.to(DType::f64).to_vector<double>(), b = y.to(DType::f64).to_vector<double>();
        for (std::int64_t p = 0; p < planes; ++p) {
          for (std::int64_t i = 0; i < n; ++i) {
            for (std::int64_t j = 0; j < m; ++j) {
              wrong +=
                  a[static_cast<std::size_t>((p * n + i) * m + j)] != b[static_cast<std::size_t>((p * m + j) * n + i)];
            }
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
  constexpr std::int64_t n = 2050, m = kLarge / 2000;
  const Tensor y = arange(n * m).to(DType::f32).reshape({n, m}).t().contiguous();
  CHECK(count_wrong(y, [](std::int64_t i) { return i % n * m + i / n; }) == 0);
}
