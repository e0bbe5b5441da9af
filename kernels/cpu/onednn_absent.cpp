// The convolutions and products of builds without oneDNN: BLAS computes what oneDNN would.

#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>

namespace reel::kernels::cpu {

bool conv2d_direct(const Conv2dArgs&) { return false; }
bool conv2d_input_grad_direct(const Conv2dInputGradArgs&) { return false; }
bool conv2d_weight_grad_direct(const Conv2dWeightGradArgs&) { return false; }
bool direct_uses_avx512() { return false; }

void gemm_f32(const GemmArgs& args) { gemm_blas<float>(args); }
void gemm_bf16(const GemmArgs& args) { gemm_widened(args); }
bool multiplies_bf16() { return false; }

}  // namespace reel::kernels::cpu
