// The matrix products of Winograd's convolution.

#include <algorithm>

#include <reel/kernels/cpu/conv/winograd/winograd_product.h>
#include <reel/kernels/cpu/conv/winograd/winograd_transform.h>
#include <reel/kernels/vector_math.h>

// 32 registers of 16 floats hold the sums of up to 14 rows by 32 columns, 16 registers of 8 floats those of three.
// Every height adds in the same order, so how rows are cut changes no result.
namespace reel::kernels::cpu::winograd {
namespace {

/// Products whose sums, R rows by 32 columns, stay in registers.
template <int R> struct MicroKernel {
  REEL_VECTOR_CLONES static void product(const float* a, std::int64_t panel, const float* b, std::int64_t k,
                                         bool accumulate, float* c) {
    float sums[R][kLanes];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma omp simd
      for (int j = 0; j < kLanes; ++j) sums[r][j] = accumulate ? c[r * kLanes + j] : 0.0F;
    }
    for (; k > 0; k -= kLanes, a += panel) {
      const std::int64_t n = k < kLanes ? k : kLanes;
      for (std::int64_t i = 0; i < n; ++i, b += kLanes) {
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
          const float factor = a[r * kLanes + i];
#pragma omp simd
          for (int j = 0; j < kLanes; ++j) sums[r][j] += factor * b[j];
        }
      }
    }
    for (int r = 0; r < R; ++r) {
#pragma omp simd
      for (int j = 0; j < kLanes; ++j) c[r * kLanes + j] = sums[r][j];
    }
  }

  REEL_VECTOR_CLONES static void transposed_product(const float* a, const float* b, std::int64_t k, bool accumulate,
                                                    float* c) {
    float sums[R][kLanes] = {};
    for (; k > 0; --k, a += kLanes, b += kLanes) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const float factor = a[r];
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) sums[r][j] += factor * b[j];
      }
    }
    for (int r = 0; r < R; ++r) {
      if (accumulate) {
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) c[r * kLanes + j] += sums[r][j];
      } else {
#pragma omp simd
        for (int j = 0; j < kLanes; ++j) c[r * kLanes + j] = sums[r][j];
      }
    }
  }
};

/// Calls `f(MicroKernel<R>(), first row)` for blocks of nearly even heights that cover `rows`, or one more.
template <class F> void for_each_height(std::int64_t rows, F&& f) {
  const std::int64_t most = has_wide_vectors() ? 14 : 3;
  const std::int64_t blocks = (rows + most - 1) / most;
  const std::int64_t height = most == 3 ? 3 : padded_rows((rows + blocks - 1) / blocks);
  for (std::int64_t row = 0; row < rows; row += height) {
    switch (const std::int64_t left = std::min(height, rows - row); left <= 3 ? left : padded_rows(left)) {
      case 1:
        f(MicroKernel<1>(), row);
        break;
      case 2:
        f(MicroKernel<2>(), row);
        break;
      case 3:
        f(MicroKernel<3>(), row);
        break;
      case 4:
        f(MicroKernel<4>(), row);
        break;
      case 6:
        f(MicroKernel<6>(), row);
        break;
      case 8:
        f(MicroKernel<8>(), row);
        break;
      case 10:
        f(MicroKernel<10>(), row);
        break;
      case 12:
        f(MicroKernel<12>(), row);
        break;
      default:
        f(MicroKernel<14>(), row);
    }
  }
}

}  // namespace

void product(const float* a, std::int64_t panel, const float* b, std::int64_t rows, std::int64_t k, bool accumulate,
             float* c) {
  for_each_height(rows, [&](auto height, std::int64_t row) {
    height.product(a + row * kLanes, panel, b, k, accumulate, c + row * kLanes);
  });
}

void transposed_product(const float* a, const float* b, std::int64_t k, bool accumulate, float* c) {
  for_each_height(kLanes, [&](auto height, std::int64_t row) {
    height.transposed_product(a + row, b, k, accumulate, c + row * kLanes);
  });
}

}  // namespace reel::kernels::cpu::winograd
