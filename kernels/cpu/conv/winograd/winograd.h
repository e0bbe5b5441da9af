#pragma once

#include <reel/kernels/conv.h>

/// Convolutions with 3x3 weights by Winograd's F(4x4, 3x3), with 5x5 weights by F(2x2, 5x5); `winograd_transform.h`
/// says how. Results do not depend on the number of threads.
namespace reel::kernels::cpu {

/// Whether the functions below can compute such a convolution: f32, 3x3 or 5x5, stride 1, no dilation, no groups.
bool winograd_serves(DType dtype, const Conv2dShape& shape);

// Whether they can, and were measured to be faster than oneDNN's direct convolution.
bool winograd_pays(const Conv2dArgs& args);
bool winograd_pays(const Conv2dInputGradArgs& args);
bool winograd_pays(const Conv2dWeightGradArgs& args);

void conv2d_winograd(const Conv2dArgs& args);
void conv2d_input_grad_winograd(const Conv2dInputGradArgs& args);
void conv2d_weight_grad_winograd(const Conv2dWeightGradArgs& args);

}  // namespace reel::kernels::cpu
