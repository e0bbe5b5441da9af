#include <reel/kernels/arange.h>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

template <class T> __global__ void write_sequence(SequenceArgs args) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < args.n) static_cast<T*>(args.data)[i] = sequence_element<T>(args, i);
}

}  // namespace

void sequence(const SequenceArgs& args) {
  if (args.n == 0) return;
  dispatch<kNumeric>(args.dtype,
                     [&]<class T>() { launch(write_sequence<T>, blocks_for(args.n, kThreads), kThreads, 0, args); });
}

}  // namespace reel::kernels::cuda
