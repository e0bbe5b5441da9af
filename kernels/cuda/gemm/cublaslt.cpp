// Loads cuBLASLt.

#include <reel/kernels/cuda/gemm/cublaslt.h>

#include <reel/kernels/cuda/runtime/library.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda::product {
namespace {

struct Loaded {
  CublasLt functions{};
  std::string problem;

  Loaded() {
    const std::string versioned = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);
    Library library{versioned.c_str(), "libcublasLt.so"};
    library.load(functions.create, "cublasLtCreate");
    library.load(functions.matmul_desc_create, "cublasLtMatmulDescCreate");
    library.load(functions.matmul_desc_destroy, "cublasLtMatmulDescDestroy");
    library.load(functions.matmul_desc_set, "cublasLtMatmulDescSetAttribute");
    library.load(functions.layout_create, "cublasLtMatrixLayoutCreate");
    library.load(functions.layout_destroy, "cublasLtMatrixLayoutDestroy");
    library.load(functions.layout_set, "cublasLtMatrixLayoutSetAttribute");
    library.load(functions.preference_create, "cublasLtMatmulPreferenceCreate");
    library.load(functions.preference_destroy, "cublasLtMatmulPreferenceDestroy");
    library.load(functions.preference_set, "cublasLtMatmulPreferenceSetAttribute");
    library.load(functions.heuristic, "cublasLtMatmulAlgoGetHeuristic");
    library.load(functions.matmul, "cublasLtMatmul");
    problem = library.problem();
  }
};

const Loaded& loaded() {
  static const auto* instance = new Loaded;
  return *instance;
}

}  // namespace

const CublasLt& CublasLt::get() {
  if (!problem().empty()) throw DeviceError("cuda: " + problem());
  return loaded().functions;
}

const std::string& CublasLt::problem() { return loaded().problem; }

}  // namespace reel::kernels::cuda::product
