#pragma once

#include <reel/kernels/conv.h>

/// The ways to compute a convolution; `conv.cpp` chooses.
namespace reel::kernels::cpu {

// oneDNN's primitives, of f32 or bf16 factors to f32. False, with nothing done, where it has no fast one for the shape
// or the processor, or is not in the build.
bool conv2d_direct(const Conv2dArgs& args);
bool conv2d_input_grad_direct(const Conv2dInputGradArgs& args);
bool conv2d_weight_grad_direct(const Conv2dWeightGradArgs& args);

/// Whether those use AVX-512.
bool direct_uses_avx512();

// Windows copied into rows, chunk by chunk, and matrix products. Any shape, f32, f64, and bf16 factors
// to f32.
void conv2d_im2col(const Conv2dArgs& args);
void conv2d_input_grad_im2col(const Conv2dInputGradArgs& args);
void conv2d_weight_grad_im2col(const Conv2dWeightGradArgs& args);

}  // namespace reel::kernels::cpu
