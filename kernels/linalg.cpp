// Where the matrices of a GPU are decomposed.

#include <reel/kernels/linalg.h>

namespace reel::kernels {
namespace {

// On a GPU each matrix is a call of its own, of several launches: many small ones are done sooner by LAPACK's threads,
// copies included. (An estimate; no GPU has measured it.)
constexpr std::int64_t kMany = 16, kSmall = 64;

}  // namespace

Device decomposition_device(Device device, std::int64_t batch, std::int64_t n) {
  if (device.is_cpu() || !cuda::has_cusolver()) return Device::cpu();
  const bool small = batch > kMany && n < kSmall;
  return small && lapack_available() ? Device::cpu() : device;
}

}  // namespace reel::kernels
