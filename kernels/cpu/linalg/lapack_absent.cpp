// In builds without LAPACK.

#include <reel/kernels/linalg.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels {
namespace {

[[noreturn]] void absent() {
  throw Error(
      "linalg: Reel was built without LAPACK (Debian: libopenblas-openmp-dev or liblapack-dev; configure with "
      "-DREEL_LAPACK=ON)");
}

}  // namespace

bool lapack_available() { return false; }

namespace cpu {
void lu(const LuArgs&) { absent(); }
void cholesky(const CholeskyArgs&) { absent(); }
void qr(const QrArgs&) { absent(); }
void svd(const SvdArgs&) { absent(); }
void eigh(const EighArgs&) { absent(); }
}  // namespace cpu

}  // namespace reel::kernels
