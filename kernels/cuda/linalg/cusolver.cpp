// Loads cuSOLVER and cuBLAS.

#include <reel/kernels/cuda/linalg/cusolver.h>

#include <reel/kernels/cuda/runtime/library.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda::linalg {
namespace {

struct Loaded {
  Cusolver functions{};
  std::string problem;

  Loaded() {
    // cuSOLVER cannot be loaded without cuBLAS, and finds it where it has been loaded from.
    const std::string blas_name = "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR);
    Library blas{blas_name.c_str()};
    blas.load(functions.blas_create, "cublasCreate_v2");
    blas.load(functions.blas_set_stream, "cublasSetStream_v2");
    blas.load(functions.strsm, "cublasStrsm_v2");
    blas.load(functions.dtrsm, "cublasDtrsm_v2");
    problem = blas.problem();
    if (problem.empty()) load_solver();
  }

  void load_solver() {
    const std::string name = "libcusolver.so." + std::to_string(CUSOLVER_VER_MAJOR);
    Library solver{name.c_str()};
    solver.load(functions.create, "cusolverDnCreate");
    solver.load(functions.create_params, "cusolverDnCreateParams");
    solver.load(functions.set_stream, "cusolverDnSetStream");
    solver.load(functions.potrf_size, "cusolverDnXpotrf_bufferSize");
    solver.load(functions.potrf, "cusolverDnXpotrf");
    solver.load(functions.getrf_size, "cusolverDnXgetrf_bufferSize");
    solver.load(functions.getrf, "cusolverDnXgetrf");
    solver.load(functions.getrs, "cusolverDnXgetrs");
    solver.load(functions.geqrf_size, "cusolverDnXgeqrf_bufferSize");
    solver.load(functions.geqrf, "cusolverDnXgeqrf");
    solver.load(functions.sorgqr_size, "cusolverDnSorgqr_bufferSize");
    solver.load(functions.dorgqr_size, "cusolverDnDorgqr_bufferSize");
    solver.load(functions.sorgqr, "cusolverDnSorgqr");
    solver.load(functions.dorgqr, "cusolverDnDorgqr");
    solver.load(functions.gesvd_size, "cusolverDnXgesvd_bufferSize");
    solver.load(functions.gesvd, "cusolverDnXgesvd");
    solver.load(functions.syevd_size, "cusolverDnXsyevd_bufferSize");
    solver.load(functions.syevd, "cusolverDnXsyevd");
    problem = solver.problem();
  }
};

const Loaded& loaded() {
  static const auto* instance = new Loaded;
  return *instance;
}

}  // namespace

const Cusolver& Cusolver::get() {
  if (!problem().empty()) throw DeviceError("cuda: " + problem());
  return loaded().functions;
}

const std::string& Cusolver::problem() { return loaded().problem; }

}  // namespace reel::kernels::cuda::linalg
