// The positions of the true elements of a mask on the GPU.

#include <reel/kernels/indexing.h>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/reduce/scan.h>

namespace reel::kernels::cuda {
namespace {

/// A warp has this many rows of 32 elements, one element per lane.
constexpr int kRows = 16;
constexpr std::int64_t kWarpTile = kRows * kWarp, kBlockTile = kRows * kThreads;

/// Sets bit l of found[r] if element l of row r is true. Returns the number of true elements.
__device__ unsigned find_true(const bool* mask, std::int64_t first, std::int64_t n, unsigned (&found)[kRows]) {
  const unsigned lane = threadIdx.x % kWarp;
  unsigned count = 0;
  for (int row = 0; row < kRows; ++row) {
    const std::int64_t i = first + row * kWarp + lane;
    found[row] = __ballot_sync(kFullMask, static_cast<int>(i < n && mask[i]));
    count += static_cast<unsigned>(__popc(found[row]));
  }
  return count;
}

__device__ std::int64_t first_of_warp() { return blockIdx.x * kBlockTile + threadIdx.x / kWarp * kWarpTile; }

/// The number of true elements in each block's tile.
__global__ void __launch_bounds__(kThreads) count_true(const bool* mask, std::int64_t n, std::int64_t* counts) {
  unsigned found[kRows];
  const unsigned count = find_true(mask, first_of_warp(), n, found);
  const unsigned total = block_sum(threadIdx.x % kWarp == 0 ? count : 0u);
  if (threadIdx.x == 0) counts[blockIdx.x] = total;
}

__global__ void __launch_bounds__(kThreads)
    write_true(const bool* mask, std::int64_t n, const std::int64_t* before, std::int64_t* positions) {
  const unsigned lane = threadIdx.x % kWarp;
  const std::int64_t first = first_of_warp();
  unsigned found[kRows], total;
  const unsigned count = find_true(mask, first, n, found);
  const unsigned in_tile = __shfl_sync(kFullMask, reduction::block_scan(lane == 0 ? count : 0u, total), 0);
  std::int64_t* out = positions + before[blockIdx.x] + in_tile;
  for (int row = 0; row < kRows; ++row) {
    if (found[row] >> lane & 1) out[__popc(found[row] & ((1u << lane) - 1))] = first + row * kWarp + lane;
    out += __popc(found[row]);
  }
}

/// The number of true elements before each tile, and in total.
void scan_true(const bool* mask, std::int64_t n, std::int64_t* before, std::int64_t* total) {
  const unsigned tiles = blocks_for(n, kBlockTile);
  launch(count_true, tiles, kThreads, 0, mask, n, before);
  reduction::launch_scan(before, 1, tiles, total);
}

}  // namespace

std::int64_t count_nonzero(const bool* mask, std::int64_t n) {
  if (n == 0) return 0;
  const Scratch<std::int64_t> before(blocks_for(n, kBlockTile)), total(1);
  scan_true(mask, n, before.data(), total.data());
  std::int64_t count = 0;
  read_back(&count, total.data(), sizeof count);
  return count;
}

void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions) {
  if (n == 0) return;
  const Scratch<std::int64_t> before(blocks_for(n, kBlockTile)), total(1);
  scan_true(mask, n, before.data(), total.data());
  launch(write_true, blocks_for(n, kBlockTile), kThreads, 0, mask, n, before.data(), positions);
}

}  // namespace reel::kernels::cuda
