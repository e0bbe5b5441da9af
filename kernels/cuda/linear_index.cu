// Conversions between coordinates and linear indices on the GPU.

#include <reel/kernels/indexing.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda {
namespace {

__global__ void __launch_bounds__(kThreads) write_linear(LinearIndexArgs args) {
  const std::int64_t i = thread_position<std::int64_t>();
  if (i < args.n) args.out[i] = linear_index_at(args, i);
}

/// The sizes of a shape.
struct Sizes {
  int rank;
  Divisor<std::int64_t> size[kMaxRank];
};

__global__ void __launch_bounds__(kThreads)
    write_coordinates(const std::int64_t* positions, std::int64_t n, Sizes shape, std::int64_t* out) {
  const std::int64_t i = thread_position<std::int64_t>();
  if (i >= n) return;
  std::int64_t rest = positions[i];
  for (int d = shape.rank - 1; d >= 0; --d) {
    out[i * shape.rank + d] = rest % shape.size[d];
    rest = rest / shape.size[d];
  }
}

}  // namespace

void linear_index(const LinearIndexArgs& args) {
  if (args.n > 0) launch(write_linear, blocks_for(args.n, kThreads), kThreads, 0, args);
}

void unravel_index(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out) {
  if (n == 0 || shape.empty()) return;
  Sizes sizes{shape.size(), {}};
  for (int d = 0; d < shape.size(); ++d) sizes.size[d] = Divisor<std::int64_t>(shape[d]);
  launch(write_coordinates, blocks_for(n, kThreads), kThreads, 0, positions, n, sizes, out);
}

}  // namespace reel::kernels::cuda
