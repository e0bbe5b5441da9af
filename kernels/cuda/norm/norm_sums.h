#pragma once

#include <cstdint>

#include <reel/kernels/cuda/norm/norm_tiles.h>
#include <reel/kernels/norm.h>

/// The sums behind the gradients of normalisations, in two stages: those of pieces, and their union.
namespace reel::kernels::cuda {

template <class T> struct GradInputs {
  const T* grad;
  const T* x;
  const T* mean;
  const T* rstd;
  const T* weight;  // or null
  const T* bias;    // or null; for the ReLU only
  bool relu;        // whether one is behind the normalisation, which then has one weight for each run or column

  __device__ T scale(std::int64_t statistic, std::int64_t channel) const {
    return rstd[statistic] * (weight ? weight[channel] : T(1));
  }
  __device__ T shift(std::int64_t channel) const { return bias ? bias[channel] : T(0); }
  /// What the ReLU passes on of a gradient: nothing, where `norm_apply` found nothing positive.
  __device__ T passed(T value, T d, T scale, T shift) const { return !relu || d * scale + shift > T(0) ? value : T(0); }
};

/// What pieces leave: the sums of grad and of grad * (x - mean).
template <class T> struct PartialSums {
  T* grad;
  T* product;
};

/// What becomes of the sums; what is null is not wanted.
template <class T> struct SumResults {
  T* slope;   // [statistics]: those of NormGradLine
  T* offset;  // [statistics]
  T* weight_grad;
  T* bias_grad;
};

/// Takes the sums in memory of this layout. With `own` each element of `inner` has a weight of its own, which counts in
/// the sums, and the gradients of weight and bias must not be wanted.
template <class T>
void find_sums(const NormLayout& layout, bool own, const GradInputs<T>& inputs, const SumResults<T>& results);

/// The second stage. A weight or rstd that is null, or in sums already, is 1.
template <class T> void join_sums(const Parts& parts, const PartialSums<T>& sums, const T* weight, const T* rstd,
                                  std::int64_t count, const SumResults<T>& results);

}  // namespace reel::kernels::cuda
