// Matrix products of panels.

#include <algorithm>

#include <reel/kernels/cpu/panel_product.h>
#include <reel/kernels/vector_math.h>

// 32 registers of 64 bytes hold the sums of up to 14 rows of a panel, 16 registers of 32 bytes those of three. Every
// height adds in the same order, so how rows are cut changes no result.
namespace reel::kernels::cpu::panel {
namespace {

/// Products whose sums, R rows of a panel, stay in registers.
template <class T, int R> struct MicroKernel {
  static constexpr std::int64_t kLanes = panel::kLanes<T>;

  REEL_VECTOR_CLONES static void product(const T* a, std::int64_t panel, const T* b, std::int64_t k, bool accumulate,
                                         T* c) {
    T sums[R][kLanes];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma omp simd
      for (int j = 0; j < kLanes; ++j) sums[r][j] = accumulate ? c[r * kLanes + j] : T(0);
    }
    for (; k > 0; k -= kLanes, a += panel) {
      const std::int64_t n = k < kLanes ? k : kLanes;
      for (std::int64_t i = 0; i < n; ++i, b += kLanes) {
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
          const T factor = a[r * kLanes + i];
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

  REEL_VECTOR_CLONES static void transposed_product(const T* a, const T* b, std::int64_t k, bool accumulate, T* c) {
    T sums[R][kLanes] = {};
    for (; k > 0; --k, a += kLanes, b += kLanes) {
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r) {
        const T factor = a[r];
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

/// Calls `f(MicroKernel<T, R>(), first row)` for blocks of nearly even heights that cover `rows`, or one more.
template <class T, class F> void for_each_height(std::int64_t rows, F&& f) {
  const std::int64_t most = has_wide_vectors() ? 14 : 3;
  const std::int64_t blocks = (rows + most - 1) / most;
  const std::int64_t height = most == 3 ? 3 : padded_rows((rows + blocks - 1) / blocks);
  for (std::int64_t row = 0; row < rows; row += height) {
    switch (const std::int64_t left = std::min(height, rows - row); left <= 3 ? left : padded_rows(left)) {
      case 1:
        f(MicroKernel<T, 1>(), row);
        break;
      case 2:
        f(MicroKernel<T, 2>(), row);
        break;
      case 3:
        f(MicroKernel<T, 3>(), row);
        break;
      case 4:
        f(MicroKernel<T, 4>(), row);
        break;
      case 6:
        f(MicroKernel<T, 6>(), row);
        break;
      case 8:
        f(MicroKernel<T, 8>(), row);
        break;
      case 10:
        f(MicroKernel<T, 10>(), row);
        break;
      case 12:
        f(MicroKernel<T, 12>(), row);
        break;
      default:
        f(MicroKernel<T, 14>(), row);
    }
  }
}

}  // namespace

template <class T>
void product(const T* a, std::int64_t panel, const T* b, std::int64_t rows, std::int64_t k, bool accumulate, T* c) {
  for_each_height<T>(rows, [&](auto height, std::int64_t row) {
    height.product(a + row * kLanes<T>, panel, b, k, accumulate, c + row * kLanes<T>);
  });
}

template <class T> void transposed_product(const T* a, const T* b, std::int64_t k, bool accumulate, T* c) {
  for_each_height<T>(kLanes<T>, [&](auto height, std::int64_t row) {
    height.transposed_product(a + row, b, k, accumulate, c + row * kLanes<T>);
  });
}

template void product(const float*, std::int64_t, const float*, std::int64_t, std::int64_t, bool, float*);
template void product(const double*, std::int64_t, const double*, std::int64_t, std::int64_t, bool, double*);
template void transposed_product(const float*, const float*, std::int64_t, bool, float*);
template void transposed_product(const double*, const double*, std::int64_t, bool, double*);

}  // namespace reel::kernels::cpu::panel
