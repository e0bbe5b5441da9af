#pragma once

#include <cstdint>
#include <utility>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/norm/norm_tiles.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu::normalization {

/// The loops over elements of the gradients of normalisation.
template <class T> struct NormGradLoops {
  /// The gradient before the ReLU, if there is one: zero where y was not positive, but not where it was NaN.
  template <bool kRelu> static T passed(T grad, T d, T scale, T shift) {
    if constexpr (kRelu) return d * scale + shift <= T(0) ? T(0) : grad;
    else return grad;
  }

  /// A deviation in the unit of the sums. Scales that are 1 are not multiplied with: kScaled is false then.
  template <bool kScaled> static T scaled(T d, T deviation_scale) {
    if constexpr (kScaled) return d * deviation_scale;
    else return d;
  }

  static constexpr int lanes = 64;

  /// The sums of grad and of grad * (x - mean) * deviation_scale.
  template <bool kRelu, bool kScaled>
  REEL_VECTOR_CLONES static void run_sums(const T* grad, const T* x, std::int64_t n, T mean, T scale, T shift,
                                          T deviation_scale, double* sum, double* product) {
    T sums[lanes], products[lanes];
    clear_lanes(sums);
    clear_lanes(products);
    for_lanes<lanes>(
        n, [&](std::int64_t i, int l) __attribute__((always_inline)) {
          const T d = x[i] - mean, value = passed<kRelu>(grad[i], d, scale, shift);
          sums[l] += value;
          products[l] += value * scaled<kScaled>(d, deviation_scale);
        });
    *sum += static_cast<double>(sum_lanes(sums));
    *product += static_cast<double>(sum_lanes(products));
  }

  /// The same with a weight for each element.
  template <bool kScaled> REEL_VECTOR_CLONES static void weighted_sums(const T* grad, const T* x, const T* weight,
                                                                       std::int64_t n, T mean, T deviation_scale,
                                                                       double* sum, double* product) {
    T sums[lanes], products[lanes];
    clear_lanes(sums);
    clear_lanes(products);
    for_lanes<lanes>(
        n, [&](std::int64_t i, int l) __attribute__((always_inline)) {
          const T w = weight[i] * grad[i];
          sums[l] += w;
          products[l] += w * scaled<kScaled>(x[i] - mean, deviation_scale);
        });
    *sum += static_cast<double>(sum_lanes(sums));
    *product += static_cast<double>(sum_lanes(products));
  }

  /// The same for each column of a tile, with a mean, scale and shift for each.
  template <bool kRelu, bool kScaled>
  REEL_VECTOR_CLONES static void tile_sums(const T* grad, const T* x, std::int64_t stride, std::int64_t rows,
                                           std::int64_t columns, const T* mean, const T* scale, const T* shift,
                                           const T* deviation_scale, double* sum, double* product) {
    alignas(64) T sums[kTileColumns], products[kTileColumns];
    for (std::int64_t j = 0; j < columns; ++j) sums[j] = products[j] = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t j = 0; j < columns; ++j) {
        const T d = x[r * stride + j] - mean[j], value = passed<kRelu>(grad[r * stride + j], d, scale[j], shift[j]);
        sums[j] += value;
        products[j] += value * scaled<kScaled>(d, deviation_scale[j]);
      }
    }
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) {
      sum[j] += static_cast<double>(sums[j]);
      product[j] += static_cast<double>(products[j]);
    }
  }

  template <bool kRelu, bool kScaled> REEL_VECTOR_CLONES static void run(const T* grad, const T* x, std::int64_t n,
                                                                         T mean, T scale, T shift, T deviation_scale,
                                                                         T slope, T offset, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T d = x[i] - mean;
      out[i] = scale * passed<kRelu>(grad[i], d, scale, shift) + (slope * scaled<kScaled>(d, deviation_scale) + offset);
    }
  }

  template <bool kRelu, bool kScaled>
  REEL_VECTOR_CLONES static void columns(const T* grad, const T* x, std::int64_t rows, std::int64_t width,
                                         const T* mean, const T* scale, const T* shift, const T* deviation_scale,
                                         const T* slope, const T* offset, T* out) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t at = r * width;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T d = x[at + j] - mean[j];
        out[at + j] = scale[j] * passed<kRelu>(grad[at + j], d, scale[j], shift[j]) +
                      (slope[j] * scaled<kScaled>(d, deviation_scale[j]) + offset[j]);
      }
    }
  }

  /// The parameters of the rows of layer norm that are processed together; the slope is that of (x - mean) * rstd.
  template <int N> struct RowParameters { T mean[N], rstd[N], slope[N], offset[N]; };

  /// N rows of layer norm, `stride` apart: computes their x_grad and adds to the sums for weight and bias. Several rows
  /// at once save loads and stores of these sums.
  template <int N> REEL_VECTOR_CLONES static void weighted_rows(const T* grad, const T* x, const T* weight,
                                                                std::int64_t n, std::int64_t stride,
                                                                const RowParameters<N>& rows, T* out, T* weight_sum,
                                                                T* bias_sum) {
    [&]<int... R>(std::integer_sequence<int, R...>) __attribute__((always_inline)) {
      const T mean[N] = {rows.mean[R]...}, rstd[N] = {rows.rstd[R]...};
      const T slope[N] = {rows.slope[R]...}, offset[N] = {rows.offset[R]...};
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) {
        const T g[N] = {grad[R * stride + i]...}, h[N] = {((x[R * stride + i] - mean[R]) * rstd[R])...};
        weight_sum[i] += (... + (g[R] * h[R]));
        bias_sum[i] += (... + g[R]);
        ((out[R * stride + i] = rstd[R] * (weight[i] * g[R]) + (slope[R] * h[R] + offset[R])), ...);
      }
    }
    (std::make_integer_sequence<int, N>());
  }
};

}  // namespace reel::kernels::cpu::normalization
