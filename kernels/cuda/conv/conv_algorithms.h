#pragma once

#include <reel/kernels/algorithm.h>
#include <reel/kernels/conv.h>

/// The algorithms of the GPU's convolutions, and the choice between them.
namespace reel::kernels::cuda::convolution {

/// What cuDNN may be chosen for.
struct CudnnSupport {
  bool available = false;  // whether it is installed
  bool benchmark = false;  // whether it is timed beside products ($REEL_CUDNN_BENCHMARK, and not `deterministic()`)
};
CudnnSupport cudnn_support();

/// The algorithm for a convolution or gradient with a result in `dtype` and factors in `factors`. `tf32` says whether
/// factors in f32 may be rounded to TF32.
ConvAlgorithm choose(ConvOp op, DType dtype, DType factors, const ConvShape& shape, const CudnnSupport& cudnn,
                     bool tf32);

/// False, with nothing done, where cuDNN turns out to have no plan for the convolution, or one that is slower than
/// products or needs more memory than there is: only the attempt tells.
bool run_cudnn(const ConvArgs& args);
bool run_cudnn(const ConvInputGradArgs& args);
bool run_cudnn(const ConvWeightGradArgs& args);

/// What takes cuDNN's place.
void run_without_cudnn(const ConvArgs& args);
void run_without_cudnn(const ConvInputGradArgs& args);
void run_without_cudnn(const ConvWeightGradArgs& args);

/// All dtypes; but of gradients that add rows, or chunks, up in their result not half floats, whose sums would be
/// rounded each time.
void run_im2col(const ConvArgs& args);
void run_im2col(const ConvInputGradArgs& args);
void run_im2col(const ConvWeightGradArgs& args);

}  // namespace reel::kernels::cuda::convolution
