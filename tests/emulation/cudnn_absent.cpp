// The emulation has no cuDNN: convolutions run as products.

#include <reel/kernels/cuda/conv/conv_algorithms.h>

namespace reel::kernels::cuda::convolution {

CudnnSupport cudnn_support() { return {}; }

bool run_cudnn(const Conv2dArgs&) { return false; }
bool run_cudnn(const Conv2dInputGradArgs&) { return false; }
bool run_cudnn(const Conv2dWeightGradArgs&) { return false; }

}  // namespace reel::kernels::cuda::convolution
