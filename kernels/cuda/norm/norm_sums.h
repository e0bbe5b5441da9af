#pragma once

#include <cstdint>

#include <reel/kernels/cuda/norm/norm_tiles.h>
#include <reel/kernels/norm.h>

/// The sums for the gradients of normalisation, in two stages: partial sums of pieces, then their sums.
namespace reel::kernels::cuda::normalization {

template <class T> struct GradInputs {
  const T* grad;
  const T* x;
  const T* mean;  // or null: rms norm
  const T* rstd;
  const T* weight;  // or null
  const T* bias;    // or null; for the ReLU only
  bool relu;        // whether a ReLU follows; each run or column then has one weight

  __device__ T mean_of(std::int64_t statistic) const { return mean ? mean[statistic] : T(0); }
  __device__ T scale(std::int64_t statistic, std::int64_t channel) const {
    return rstd[statistic] * (weight ? weight[channel] : T(1));
  }
  __device__ T shift(std::int64_t channel) const { return bias ? bias[channel] : T(0); }
  __device__ T deviation_scale(std::int64_t statistic) const { return kernels::deviation_scale(rstd[statistic]); }
  /// The gradient before the ReLU, if there is one: zero where y was not positive, but not where it was NaN.
  __device__ T passed(T value, T d, T scale, T shift) const { return relu && d * scale + shift <= T(0) ? T(0) : value; }
};

/// The partial sums of the pieces: of grad and of grad * (x - mean) * deviation_scale.
template <class T> struct PartialSums {
  T* grad;
  T* product;
};

/// The results of the sums; those that are null are skipped.
template <class T> struct SumResults {
  T* slope;   // [statistics], as in NormGradCoefficients
  T* offset;  // [statistics]
  T* weight_grad;
  T* bias_grad;
};

/// Both stages. With `per_element`, each element of `inner` has its own weight, which the sums include; the gradients
/// of weight and bias must then be null.
template <class T>
void find_sums(const NormLayout& layout, bool per_element, const GradInputs<T>& inputs, const SumResults<T>& results);

/// The second stage. A weight or rstd that is null, because there is none or the sums include it, counts as 1.
template <class T> void combine_sums(const PartialLayout& partials, const PartialSums<T>& sums, const T* weight,
                                     const T* rstd, std::int64_t count, const SumResults<T>& results);

}  // namespace reel::kernels::cuda::normalization
