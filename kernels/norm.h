#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Batch, group and layer normalisation: y = (x - mean) * rstd * weight + bias. RMS norm is layer norm about zero:
/// where `mean` is null, the mean counts as 0 and does not depend on x. Its layout is that of layer norm (rows and
/// inner are 1), and there is no ReLU.
namespace reel::kernels {

/// How every normalisation sees its tensor: as [samples, rows, groups, depth, inner], of f32 or f64. Each (sample,
/// group) has a mean and a variance over rows, depth and inner. Each of the groups * depth channels has a weight and a
/// bias.
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
  /// The number of elements of a row.
  std::int64_t width() const { return groups * depth * inner; }
  /// The number of elements of a statistic.
  std::int64_t count() const { return rows * depth * inner; }
  std::int64_t statistics() const { return samples * groups; }
  /// The index of the run (of `inner` contiguous elements) that belongs to a statistic, a row and channel d of the
  /// group.
  std::int64_t run_of(std::int64_t statistic, std::int64_t row, std::int64_t d) const {
    return ((statistic / groups * rows + row) * groups + statistic % groups) * depth + d;
  }
  /// The inverse: the channel and the statistic of a run.
  std::int64_t channel_of(std::int64_t run) const { return run % channels(); }
  std::int64_t statistic_of(std::int64_t run) const {
    return run / channels() / rows * groups + channel_of(run) / depth;
  }
};

/// Computes mean, variance and 1 / sqrt(variance + eps) of x; without a mean, the variance about 0.
struct NormMomentsArgs {
  DType dtype;
  NormLayout layout;
  const void* x;
  double eps;
  void* mean;      // [samples, groups], or null: rms norm
  void* variance;  // biased: divided by the count
  void* rstd;      // 1 / sqrt(variance + eps)
};

/// Normalises x by given statistics.
struct NormApplyArgs {
  DType dtype;
  NormLayout layout;
  const void* x;
  const void* mean;  // or null: 0
  const void* rstd;
  const void* weight;  // [channels], or null: 1
  const void* bias;    // [channels], or null: 0
  bool relu;           // applies a ReLU to y; NaN stays NaN
  void* y;
};

/// Computes the statistics of x and normalises x by them.
struct NormForwardArgs {
  NormMomentsArgs moments;
  NormApplyArgs apply;
};

/// The gradients of `norm_forward`, where the statistics depend on x as well. With g = weight * grad,
/// h = (x - mean) * rstd and M the mean over the elements of a statistic:
///   x_grad = rstd * (g - M(g) - h * M(g h)),  weight_grad = sum(grad * h),  bias_grad = sum(grad).
/// Without a mean there is no M(g).
/// With `relu`, grad counts as zero where y before the ReLU was 0 or negative.
struct NormGradArgs {
  DType dtype;
  NormLayout layout;
  const void* grad;
  const void* x;
  const void* mean;  // or null: rms norm
  const void* rstd;
  const void* weight;  // or null
  const void* bias;    // or null; used only with `relu`, which is for batch norm (samples and depth are 1)
  bool relu;
  void* x_grad;
  void* weight_grad;  // [channels], or null: not wanted
  void* bias_grad;    // [channels], or null: not wanted
};

/// The gradients measure deviations x - mean in a unit whose reciprocal this is: 1, or rstd if it is so large or small
/// that its square, or a deviation times a gradient, may leave the range although the gradients do not.
template <class T> REEL_HD T deviation_scale(T rstd) { return rstd > T(0x1p-16) && rstd < T(0x1p+16) ? T(1) : rstd; }

/// The coefficients that all elements of a statistic share, with deviations e = (x - mean) * deviation_scale(rstd):
/// x_grad = rstd * g + (slope * e + offset).
template <class T> struct NormGradCoefficients {
  T slope, offset;

  /// Rounds coefficients in double to T.
  static NormGradCoefficients rounded(const NormGradCoefficients<double>& exact) {
    return {static_cast<T>(exact.slope), static_cast<T>(exact.offset)};
  }
  REEL_HD NormGradCoefficients(T slope_value, T offset_value) : slope(slope_value), offset(offset_value) {}
  /// From the sums of g and of g * e over `count` elements, where h = e * rest.
  REEL_HD NormGradCoefficients(T sum, T product, T rstd, T rest, std::int64_t count) {
    const T scale = rstd / static_cast<T>(count);
    slope = -product * rest * rest * scale;
    offset = -sum * scale;
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

/// The statistics, accurate to the last digits of the dtype however large the mean and the deviations are, and
/// y = (x - mean) * rstd * weight + bias.
inline constexpr KernelTable<void(const NormForwardArgs&)> norm_forward{&cpu::norm_forward, &cuda::norm_forward};
/// y = (x - mean) * rstd * weight + bias.
inline constexpr KernelTable<void(const NormApplyArgs&)> norm_apply{&cpu::norm_apply, &cuda::norm_apply};
/// The gradients of x, weight and bias.
inline constexpr KernelTable<void(const NormGradArgs&)> norm_grad{&cpu::norm_grad, &cuda::norm_grad};

}  // namespace reel::kernels
