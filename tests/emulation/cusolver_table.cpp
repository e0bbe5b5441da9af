// The backend's table of cuSOLVER's functions, filled with the emulation's.

#include <atomic>

#include <reel/kernels/cuda/linalg/cusolver.h>
#include <reel/tensor/core/error.h>

#include "emulation.h"

namespace emulation {
namespace {
std::atomic<bool> is_installed{true};
}
void set_cusolver(bool installed) { is_installed = installed; }
}  // namespace emulation

namespace reel::kernels::cuda::linalg {

const Cusolver& Cusolver::get() {
  if (!problem().empty()) throw DeviceError("cuda: " + problem());
  static const Cusolver table{&cusolverDnCreate,
                              &cusolverDnCreateParams,
                              &cusolverDnSetStream,
                              &cusolverDnXpotrf_bufferSize,
                              &cusolverDnXpotrf,
                              &cusolverDnXgetrf_bufferSize,
                              &cusolverDnXgetrf,
                              &cusolverDnXgetrs,
                              &cusolverDnXgeqrf_bufferSize,
                              &cusolverDnXgeqrf,
                              &cusolverDnSorgqr_bufferSize,
                              &cusolverDnDorgqr_bufferSize,
                              &cusolverDnSorgqr,
                              &cusolverDnDorgqr,
                              &cusolverDnXgesvd_bufferSize,
                              &cusolverDnXgesvd,
                              &cusolverDnXsyevd_bufferSize,
                              &cusolverDnXsyevd,
                              &cublasCreate,
                              &cublasSetStream,
                              &cublasStrsm,
                              &cublasDtrsm};
  return table;
}

const std::string& Cusolver::problem() {
  static const std::string none, absent = "the emulation was told to have no cuSOLVER";
  return emulation::is_installed ? none : absent;
}

}  // namespace reel::kernels::cuda::linalg
