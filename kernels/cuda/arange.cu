// Evenly spaced numbers on the GPU.

#include <reel/kernels/arange.h>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

template <class T> __global__ void write_arange(ArangeArgs args) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < args.n) static_cast<T*>(args.data)[i] = arange_element<T>(args, i);
}

}  // namespace

void arange(const ArangeArgs& args) {
  if (args.n == 0) return;
  dispatch<kNumeric>(args.dtype,
                     [&]<class T>() { launch(write_arange<T>, blocks_for(args.n, kThreads), kThreads, 0, args); });
}

}  // namespace reel::kernels::cuda
