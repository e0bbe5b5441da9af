#pragma once

#include <algorithm>
#include <limits>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/launch.h>

/// Sorting in shared memory what a block can hold. Pairs of a key and a position are never equal, so the network's
/// order is the stable one.
namespace reel::kernels::cuda::sorting {

/// What a block sorts at most: pairs of 12 bytes in the 48 KB that every GPU gives.
inline constexpr std::int64_t kSortTile = 4096;

/// `rows` rows of n elements, each cut into tiles of `size` elements, a power of two. A block has `slots` elements of
/// neighbouring tiles.
struct SortTiles {
  std::int64_t rows, n, per_row;
  unsigned size, slots;

  SortTiles(std::int64_t row_count, std::int64_t length)
      : rows(row_count), n(length), per_row((length + kSortTile - 1) / kSortTile), size(2) {
    while (size < kSortTile && size < length) size *= 2;
    slots = std::max(size, 1024u);
  }
  std::int64_t blocks() const { return (rows * per_row * size + slots - 1) / slots; }
};

/// Bitonic sort (Batcher 1968). `source(row, i, key, from)` gives the elements; `sink(row, tile, i, key, from)` takes
/// the first `kept` of each tile in order.
template <class Key, class Source, class Sink> __global__ void __launch_bounds__(2 * kThreads)
    sort_tiles(SortTiles tiles, Source source, Sink sink, std::int64_t kept) {
  Key* const keys = dynamic_shared<Key>();
  std::uint32_t* const froms = reinterpret_cast<std::uint32_t*>(keys + tiles.slots);
  const std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * (tiles.slots / tiles.size);
  for (unsigned slot = threadIdx.x; slot < tiles.slots; slot += blockDim.x) {
    const std::int64_t tile = block + slot / tiles.size, row = tile / tiles.per_row;
    const std::int64_t i = tile % tiles.per_row * tiles.size + slot % tiles.size;
    keys[slot] = std::numeric_limits<Key>::max();  // what is beyond the end comes last
    froms[slot] = std::numeric_limits<std::uint32_t>::max();
    if (row < tiles.rows && i < tiles.n) source(row, i, keys[slot], froms[slot]);
  }
  __syncthreads();
  for (unsigned run = 2; run <= tiles.size; run *= 2) {
    for (unsigned step = run / 2; step > 0; step /= 2) {
      // With short steps a warp's pairs are among the same 64 slots as in the stage before.
      if (step >= kWarp) __syncthreads();
      else __syncwarp();
      for (unsigned pair = threadIdx.x; pair < tiles.slots / 2; pair += blockDim.x) {
        const unsigned low = 2 * pair - (pair & (step - 1)), high = low + step;
        const bool up = run == tiles.size || !(low & run);
        const Key a = keys[low], b = keys[high];
        const std::uint32_t p = froms[low], q = froms[high];
        if ((a != b ? a > b : p > q) == up) {
          keys[low] = b;
          keys[high] = a;
          froms[low] = q;
          froms[high] = p;
        }
      }
    }
  }
  __syncthreads();
  for (unsigned slot = threadIdx.x; slot < tiles.slots; slot += blockDim.x) {
    const std::int64_t tile = block + slot / tiles.size, row = tile / tiles.per_row, i = slot % tiles.size;
    if (row < tiles.rows && i < kept) sink(row, tile % tiles.per_row, i, keys[slot], froms[slot]);
  }
}

template <class Key, class Source, class Sink>
void launch_sort(const SortTiles& tiles, const Source& source, const Sink& sink, std::int64_t kept) {
  launch(sort_tiles<Key, Source, Sink>, blocks_for(tiles.blocks(), 1), 2 * kThreads,
         tiles.slots * (sizeof(Key) + sizeof(std::uint32_t)), tiles, source, sink, kept);
}

}  // namespace reel::kernels::cuda::sorting
