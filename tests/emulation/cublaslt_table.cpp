// The backend's table of cuBLASLt's functions, filled with the emulation's.

#include <reel/kernels/cuda/gemm/cublaslt.h>

namespace reel::kernels::cuda::product {

const CublasLt& CublasLt::get() {
  static const CublasLt table{&cublasLtCreate,
                              &cublasLtMatmulDescCreate,
                              &cublasLtMatmulDescDestroy,
                              &cublasLtMatmulDescSetAttribute,
                              &cublasLtMatrixLayoutCreate,
                              &cublasLtMatrixLayoutDestroy,
                              &cublasLtMatrixLayoutSetAttribute,
                              &cublasLtMatmulPreferenceCreate,
                              &cublasLtMatmulPreferenceDestroy,
                              &cublasLtMatmulPreferenceSetAttribute,
                              &cublasLtMatmulAlgoGetHeuristic,
                              &cublasLtMatmul};
  return table;
}

const std::string& CublasLt::problem() {
  static const std::string none;
  return none;
}

}  // namespace reel::kernels::cuda::product
