#pragma once

#include <reel/kernels/conv.h>

/// The ways in which the GPU convolves.
namespace reel::kernels::cuda {

/// As products of matrices, always.
void conv2d_im2col(const Conv2dArgs& args);
void conv2d_input_grad_im2col(const Conv2dInputGradArgs& args);
void conv2d_weight_grad_im2col(const Conv2dWeightGradArgs& args);

/// Through cuDNN: false where it is not installed or has no way of doing it.
bool conv2d_cudnn(const Conv2dArgs& args);
bool conv2d_input_grad_cudnn(const Conv2dInputGradArgs& args);
bool conv2d_weight_grad_cudnn(const Conv2dWeightGradArgs& args);

}  // namespace reel::kernels::cuda
