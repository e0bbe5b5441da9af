#include <reel/kernels/cpu/conv_parts.h>

namespace reel::kernels::cpu {

bool conv2d_direct(const Conv2dArgs&) { return false; }
bool conv2d_input_grad_direct(const Conv2dInputGradArgs&) { return false; }
bool conv2d_weight_grad_direct(const Conv2dWeightGradArgs&) { return false; }
bool direct_uses_avx512() { return false; }

}  // namespace reel::kernels::cpu
