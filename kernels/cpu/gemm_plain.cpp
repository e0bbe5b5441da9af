// The f32 and bf16 products of builds without oneDNN.

#include <reel/kernels/cpu/gemm_parts.h>

namespace reel::kernels::cpu {

void gemm_f32(const GemmArgs& args) { gemm_blas<float>(args); }
void gemm_bf16(const GemmArgs& args) { gemm_widened(args); }
bool multiplies_bf16() { return false; }

}  // namespace reel::kernels::cpu
