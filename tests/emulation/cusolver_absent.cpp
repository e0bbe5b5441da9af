// Without LAPACK the emulation has no cuSOLVER.

#include <reel/kernels/cuda/linalg/cusolver.h>
#include <reel/tensor/core/error.h>

#include "emulation.h"

namespace emulation {
void set_cusolver(bool) {}
}  // namespace emulation

namespace reel::kernels::cuda::linalg {

const Cusolver& Cusolver::get() { throw DeviceError("cuda: " + problem()); }

const std::string& Cusolver::problem() {
  static const std::string absent = "the emulation has no LAPACK to emulate cuSOLVER with";
  return absent;
}

}  // namespace reel::kernels::cuda::linalg
