// The emulation has no cuDNN: convolutions run as products.

#include <reel/kernels/cuda/conv/conv_algorithms.h>

namespace reel::kernels::cuda {

bool conv2d_cudnn(const Conv2dArgs&) { return false; }
bool conv2d_input_grad_cudnn(const Conv2dInputGradArgs&) { return false; }
bool conv2d_weight_grad_cudnn(const Conv2dWeightGradArgs&) { return false; }

}  // namespace reel::kernels::cuda
