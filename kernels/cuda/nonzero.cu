// Positions as numbers: row-major ones from coordinates and back, and those where a mask holds.

#include <reel/kernels/indexing.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/reduce/scan.h>

namespace reel::kernels::cuda {
namespace {

__device__ std::int64_t thread_number() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

__global__ void __launch_bounds__(kThreads) write_linear(LinearIndexArgs args) {
  const std::int64_t i = thread_number();
  if (i < args.n) args.out[i] = linear_position(args, i);
}

/// The sizes of a shape.
struct Sizes {
  int rank;
  Divisor<std::int64_t> size[kMaxRank];
};

__global__ void __launch_bounds__(kThreads)
    write_coordinates(const std::int64_t* positions, std::int64_t n, Sizes shape, std::int64_t* out) {
  const std::int64_t i = thread_number();
  if (i >= n) return;
  std::int64_t rest = positions[i];
  for (int d = shape.rank - 1; d >= 0; --d) {
    out[i * shape.rank + d] = rest % shape.size[d];
    rest = rest / shape.size[d];
  }
}

// --- masks: each warp has some runs of 32 elements

constexpr int kRuns = 16;
constexpr std::int64_t kWarpTile = kRuns * kWarp, kTile = kRuns * kThreads;

/// Bit l of word r: whether the mask holds for element l of run r. Returns how often it does.
__device__ unsigned find_true(const bool* mask, std::int64_t first, std::int64_t n, unsigned (&found)[kRuns]) {
  const unsigned lane = threadIdx.x % kWarp;
  unsigned count = 0;
  for (int run = 0; run < kRuns; ++run) {
    const std::int64_t i = first + run * kWarp + lane;
    found[run] = __ballot_sync(kFullMask, static_cast<int>(i < n && mask[i]));
    count += static_cast<unsigned>(__popc(found[run]));
  }
  return count;
}

__device__ std::int64_t first_of_warp() { return blockIdx.x * kTile + threadIdx.x / kWarp * kWarpTile; }

/// How often the mask holds in each block's tile.
__global__ void __launch_bounds__(kThreads) count_true(const bool* mask, std::int64_t n, std::int64_t* counts) {
  unsigned found[kRuns];
  const unsigned count = find_true(mask, first_of_warp(), n, found);
  const unsigned total = block_sum(threadIdx.x % kWarp == 0 ? count : 0u);
  if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

__global__ void __launch_bounds__(kThreads)
    write_true(const bool* mask, std::int64_t n, const std::int64_t* before, std::int64_t* positions) {
  const unsigned lane = threadIdx.x % kWarp;
  const std::int64_t first = first_of_warp();
  unsigned found[kRuns], total;
  const unsigned count = find_true(mask, first, n, found);
  const unsigned in_tile = __shfl_sync(kFullMask, reduction::block_scan(lane == 0 ? count : 0u, total), 0);
  std::int64_t* out = positions + before[blockIdx.x] + in_tile;
  for (int run = 0; run < kRuns; ++run) {
    if (found[run] >> lane & 1) out[__popc(found[run] & ((1u << lane) - 1))] = first + run * kWarp + lane;
    out += __popc(found[run]);
  }
}

/// How many are true before each tile, and in all.
void scan_true(const bool* mask, std::int64_t n, std::int64_t* before, std::int64_t* total) {
  const unsigned tiles = blocks_for(n, kTile);
  launch(count_true, tiles, kThreads, 0, mask, n, before);
  reduction::launch_scan(before, 1, tiles, total);
}

}  // namespace

void linear_index(const LinearIndexArgs& args) {
  if (args.n > 0) launch(write_linear, blocks_for(args.n, kThreads), kThreads, 0, args);
}

std::int64_t count_nonzero(const bool* mask, std::int64_t n) {
  if (n == 0) return 0;
  const Scratch<std::int64_t> before(blocks_for(n, kTile)), total(1);
  scan_true(mask, n, before.get(), total.get());
  std::int64_t count = 0;
  read_back(&count, total.get(), sizeof count);
  return count;
}

void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions) {
  if (n == 0) return;
  const Scratch<std::int64_t> before(blocks_for(n, kTile)), total(1);
  scan_true(mask, n, before.get(), total.get());
  launch(write_true, blocks_for(n, kTile), kThreads, 0, mask, n, before.get(), positions);
}

void unravel(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out) {
  if (n == 0 || shape.empty()) return;
  Sizes sizes{shape.size(), {}};
  for (int d = 0; d < shape.size(); ++d) sizes.size[d] = Divisor<std::int64_t>(shape[d]);
  launch(write_coordinates, blocks_for(n, kThreads), kThreads, 0, positions, n, sizes, out);
}

}  // namespace reel::kernels::cuda
