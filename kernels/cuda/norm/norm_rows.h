#pragma once

#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda::normalization {

/// Computes layer or rms norm if its rows fit into registers; otherwise does nothing and returns false.
template <class T> bool normalize_rows(const NormForwardArgs& args);

/// Computes the gradients of layer or rms norm in memory [samples, groups, depth], with a weight for each element of a
/// sample. Gradients that are null are skipped.
template <class T>
void grad_of_rows(const NormLayout& layout, const GradInputs<T>& inputs, T* x_grad, T* weight_grad, T* bias_grad);

}  // namespace reel::kernels::cuda::normalization
