// In builds with LAPACK.

#include <reel/kernels/linalg.h>

namespace reel::kernels {

bool lapack_available() { return true; }

}  // namespace reel::kernels
