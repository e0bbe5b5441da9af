#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>
#include <reel/tensor/host_device.h>

/// Batch, group and layer normalisation: y = (x - mean) * rstd * weight + bias.
namespace reel::kernels {

/// Memory [samples, rows, groups, depth, inner], of f32 or f64. Each (sample, group) has a mean and a variance, over
/// rows, depth and inner; each of the groups * depth channels has a weight and a bias.
///
///                        samples  rows   groups  depth  inner
///   batch norm, NCHW        1      N       C       1     H W
///   batch norm, NHWC        1    N H W     C       1      1
///   group norm, NCHW        N      1       G      C/G    H W
///   group norm, NHWC        N     H W      G      C/G     1
///   layer norm              N      1       1       n      1
struct NormLayout {
  std::int64_t samples, rows, groups, depth, inner;

  std::int64_t channels() const { return groups * depth; }
  /// The elements of a row.
  std::int64_t width() const { return groups * depth * inner; }
  /// The elements behind one mean.
  std::int64_t count() const { return rows * depth * inner; }
  std::int64_t statistics() const { return samples * groups; }
};

/// Mean, variance and 1 / sqrt(variance + eps) of x.
struct NormMomentsArgs {
  DType dtype;
  NormLayout layout;
  const void* x;
  double eps;
  void* mean;      // [samples, groups]
  void* variance;  // with divisor count
  void* rstd;      // 1 / sqrt(variance + eps)
};

/// The normalisation by given statistics.
struct NormApplyArgs {
  DType dtype;
  NormLayout layout;
  const void* x;
  const void* mean;
  const void* rstd;
  const void* weight;  // [channels], or null: 1
  const void* bias;    // [channels], or null: 0
  void* y;
};

/// The gradients of `apply` after `moments`: the statistics, too, depend on x. With g = weight * grad, h = (x - mean) *
/// rstd and M the mean over what one statistic is made of:
///   x_grad = rstd * (g - M(g) - h * M(g h)),  weight_grad = sum(grad * h),  bias_grad = sum(grad).
struct NormGradArgs {
  DType dtype;
  NormLayout layout;
  const void* grad;
  const void* x;
  const void* mean;
  const void* rstd;
  const void* weight;  // or null
  void* x_grad;
  void* weight_grad;  // [channels], or null: not wanted
  void* bias_grad;    // [channels], or null: not wanted
};

/// What all elements of a statistic share: x_grad = rstd * g + (slope * (x - mean) + offset).
template <class T> struct NormGradLine {
  T slope, offset;

  /// From the sums of g and of g * (x - mean) over the `count` elements.
  REEL_HD NormGradLine(T sum, T product, T rstd, std::int64_t count) {
    const T share = rstd / static_cast<T>(count);
    slope = -product * rstd * rstd * share;
    offset = -sum * share;
  }
};

namespace cpu {
void norm_moments(const NormMomentsArgs& args);
void norm_apply(const NormApplyArgs& args);
void norm_grad(const NormGradArgs& args);
}  // namespace cpu
namespace cuda {
void norm_moments(const NormMomentsArgs& args);
void norm_apply(const NormApplyArgs& args);
void norm_grad(const NormGradArgs& args);
}  // namespace cuda

/// The statistics, accurate to the last digits of the dtype whatever the mean.
inline constexpr KernelTable<void(const NormMomentsArgs&)> norm_moments{&cpu::norm_moments, &cuda::norm_moments};
/// y = (x - mean) * rstd * weight + bias.
inline constexpr KernelTable<void(const NormApplyArgs&)> norm_apply{&cpu::norm_apply, &cuda::norm_apply};
/// The gradients of x, weight and bias.
inline constexpr KernelTable<void(const NormGradArgs&)> norm_grad{&cpu::norm_grad, &cuda::norm_grad};

}  // namespace reel::kernels
