#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

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
  /// Of the runs of `inner` elements in memory, the one of a statistic in a row, and of a channel of its group.
  std::int64_t run_of(std::int64_t statistic, std::int64_t row, std::int64_t d) const {
    return ((statistic / groups * rows + row) * groups + statistic % groups) * depth + d;
  }
  /// And back: the channel and the statistic that a run belongs to.
  std::int64_t channel_of(std::int64_t run) const { return run % channels(); }
  std::int64_t statistic_of(std::int64_t run) const {
    return run / channels() / rows * groups + channel_of(run) / depth;
  }
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
  bool relu;           // y is max(y, 0) instead; NaN stays
  void* y;
};

/// The normalisation by the statistics of x itself, which are results, too.
struct NormForwardArgs {
  NormMomentsArgs moments;
  NormApplyArgs apply;
};

/// The gradients of `forward`: the statistics, too, depend on x. With g = weight * grad, h = (x - mean) * rstd and M
/// the mean over what one statistic is made of:
///   x_grad = rstd * (g - M(g) - h * M(g h)),  weight_grad = sum(grad * h),  bias_grad = sum(grad).
/// Behind a ReLU, grad counts as zero where y before it was not positive.
struct NormGradArgs {
  DType dtype;
  NormLayout layout;
  const void* grad;
  const void* x;
  const void* mean;
  const void* rstd;
  const void* weight;  // or null
  const void* bias;    // or null; read with `relu` only, which is for batch norm (samples and depth 1)
  bool relu;
  void* x_grad;
  void* weight_grad;  // [channels], or null: not wanted
  void* bias_grad;    // [channels], or null: not wanted
};

/// What all elements of a statistic share: x_grad = rstd * g + (slope * (x - mean) + offset).
template <class T> struct NormGradLine {
  T slope, offset;

  /// That of sums in double, in T.
  static NormGradLine rounded(const NormGradLine<double>& line) {
    return {static_cast<T>(line.slope), static_cast<T>(line.offset)};
  }
  REEL_HD NormGradLine(T line_slope, T line_offset) : slope(line_slope), offset(line_offset) {}
  /// From the sums of g and of g * (x - mean) over the `count` elements.
  REEL_HD NormGradLine(T sum, T product, T rstd, std::int64_t count) {
    const T share = rstd / static_cast<T>(count);
    slope = -product * rstd * rstd * share;
    offset = -sum * share;
  }
};

namespace cpu {
void norm_forward(const NormForwardArgs& args);
void norm_apply(const NormApplyArgs& args);
void norm_grad(const NormGradArgs& args);
}  // namespace cpu
namespace cuda {
void norm_forward(const NormForwardArgs& args);
void norm_apply(const NormApplyArgs& args);
void norm_grad(const NormGradArgs& args);
}  // namespace cuda

/// The statistics, accurate to the last digits of the dtype whatever the mean, and y = (x - mean) * rstd * weight +
/// bias.
inline constexpr KernelTable<void(const NormForwardArgs&)> norm_forward{&cpu::norm_forward, &cuda::norm_forward};
/// y = (x - mean) * rstd * weight + bias.
inline constexpr KernelTable<void(const NormApplyArgs&)> norm_apply{&cpu::norm_apply, &cuda::norm_apply};
/// The gradients of x, weight and bias.
inline constexpr KernelTable<void(const NormGradArgs&)> norm_grad{&cpu::norm_grad, &cuda::norm_grad};

}  // namespace reel::kernels
