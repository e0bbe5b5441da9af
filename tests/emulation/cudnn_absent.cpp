// The emulation has no cuDNN: convolutions run as products.

#include <reel/kernels/cuda/conv/conv_algorithms.h>

namespace reel::kernels::cuda::convolution {

CudnnSupport cudnn_support() { return {}; }

bool run_cudnn(const ConvArgs&) { return false; }
bool run_cudnn(const ConvInputGradArgs&) { return false; }
bool run_cudnn(const ConvWeightGradArgs&) { return false; }

}  // namespace reel::kernels::cuda::convolution
