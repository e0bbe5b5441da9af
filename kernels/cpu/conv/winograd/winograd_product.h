#pragma once

#include <cstdint>

/// The matrix products of Winograd's convolution. All operands lie in panels of 32 channels: a matrix of `rows` by
/// `channels` is [panels][rows][32], so that a kernel's addresses are one pointer and constants.
namespace reel::kernels::cpu::winograd {

/// How many rows of a panel products may touch where `rows` are asked for: panels have room for them.
constexpr std::int64_t padded_rows(std::int64_t rows) { return rows + rows % 2; }

/// c[rows][32] = a b for a [rows, k], whose panels lie `panel` floats apart, and one panel b [k][32]. With `accumulate`
/// the sums begin with what is in c, as if a and b had gone on.
void product(const float* a, std::int64_t panel, const float* b, std::int64_t rows, std::int64_t k, bool accumulate,
             float* c);

/// c[32][32] = a^T b, or with `accumulate` added to c, for two panels [k][32].
void transposed_product(const float* a, const float* b, std::int64_t k, bool accumulate, float* c);

}  // namespace reel::kernels::cpu::winograd
