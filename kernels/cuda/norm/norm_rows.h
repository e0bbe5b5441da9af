#pragma once

#include <reel/kernels/cuda/norm/norm_sums.h>

namespace reel::kernels::cuda {

/// Layer norm, if threads can hold its rows; else false, and nothing is done.
template <class T> bool normalize_rows(const NormForwardArgs& args);

/// All gradients of layer norm, memory [samples, groups, depth] with a weight for each element of a sample. What is
/// null is not wanted.
template <class T>
void grad_of_rows(const NormLayout& layout, const GradInputs<T>& inputs, T* x_grad, T* weight_grad, T* bias_grad);

}  // namespace reel::kernels::cuda
