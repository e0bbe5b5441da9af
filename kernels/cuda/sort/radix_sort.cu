// Radix sort of pairs of a key and a position.
//
// Each pass moves pairs to where their digit belongs, from the lowest digit on, and keeps the order that the former
// passes have made among equal digits. What fits into a block is sorted there at once.

#include <reel/kernels/cuda/sort/radix_sort.h>

#include <limits>
#include <string>
#include <utility>

#include <reel/kernels/cuda/block.h>
#include <reel/kernels/cuda/reduce/scan.h>
#include <reel/kernels/cuda/sort/tile_sort.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda::sorting {
namespace {

constexpr int kDigitBits = 8;
constexpr unsigned kDigits = 1u << kDigitBits;  // also the threads of a block: one for each digit
constexpr unsigned kWarps = kDigits / kWarp;
constexpr unsigned kPerThread = 16;
constexpr unsigned kTile = kDigits * kPerThread;  // pairs of a block
constexpr unsigned kWarpTile = kWarp * kPerThread;

template <class Key> __device__ unsigned digit_of(Key key, int shift) {
  return static_cast<unsigned>(key >> shift) & (kDigits - 1);
}

/// A row in tiles, one for each block.
struct Tiles {
  std::int64_t n;
  unsigned count;

  __device__ std::int64_t row() const { return blockIdx.x / count; }
  __device__ unsigned tile() const { return blockIdx.x % count; }
  __device__ std::int64_t begin() const { return row() * n + std::int64_t{tile()} * kTile; }
  __device__ unsigned size() const {
    const std::int64_t left = n - std::int64_t{tile()} * kTile;
    return left < kTile ? static_cast<unsigned>(left) : kTile;
  }
  /// Where the number of times that a digit is in the block's tile is kept: [row, digit, tile].
  __device__ std::int64_t slot(unsigned digit) const { return (row() * kDigits + digit) * count + tile(); }
};

/// The lanes before this one.
__device__ unsigned lanes_below() { return (1u << threadIdx.x % kWarp) - 1; }

/// The lanes of the warp that have the same digit.
__device__ unsigned same_digit(unsigned digit) {
  unsigned lanes = kFullMask;
  for (int bit = 0; bit < kDigitBits; ++bit) {
    const unsigned set = __ballot_sync(kFullMask, static_cast<int>(digit >> bit & 1));
    lanes &= digit >> bit & 1 ? set : ~set;
  }
  return lanes;
}

/// How often each digit is in each tile. Lanes with the same digit add as one: often nearly all have.
template <class Key> __global__ void __launch_bounds__(kDigits)
    count_digits(const Key* keys, Tiles tiles, int shift, unsigned* counts) {
  __shared__ unsigned count[kDigits];
  count[threadIdx.x] = 0;
  __syncthreads();
  const std::int64_t begin = tiles.begin();
  for (unsigned i = threadIdx.x; i < kTile; i += kDigits) {
    const bool inside = i < tiles.size();
    const unsigned digit = inside ? digit_of(keys[begin + i], shift) : 0;
    const unsigned lanes = same_digit(digit) & __ballot_sync(kFullMask, static_cast<int>(inside));
    if (inside && (lanes & lanes_below()) == 0) atomicAdd(&count[digit], static_cast<unsigned>(__popc(lanes)));
  }
  __syncthreads();
  counts[tiles.slot(threadIdx.x)] = count[threadIdx.x];
}

/// Moves a tile's pairs. They are first put in order in shared memory, so that the pairs of a digit leave for their
/// place side by side.
template <class Key> __global__ void __launch_bounds__(kDigits)
    move_pairs(Pairs<Key> from, Pairs<Key> to, Tiles tiles, int shift, const unsigned* counts, const unsigned* totals) {
  __shared__ unsigned warp_count[kWarps][kDigits];
  __shared__ unsigned place[kDigits];  // of a digit's first pair in the row, less that in the tile
  __shared__ Key exchange[kTile];
  const unsigned thread = threadIdx.x, lane = thread % kWarp, warp = thread / kWarp;
  const unsigned size = tiles.size();
  const std::int64_t begin = tiles.begin(), row = tiles.row();
  for (unsigned w = 0; w < kWarps; ++w) warp_count[w][thread] = 0;
  __syncthreads();

  // Where each pair stands among those of its digit that the warp has. What is beyond the end comes last everywhere.
  Key key[kPerThread];
  unsigned rank[kPerThread];
  const unsigned first = warp * kWarpTile + lane;
  for (unsigned i = 0; i < kPerThread; ++i) {
    const unsigned at = first + i * kWarp;
    key[i] = at < size ? from.key[begin + at] : std::numeric_limits<Key>::max();
  }
  for (unsigned i = 0; i < kPerThread; ++i) {
    const unsigned digit = digit_of(key[i], shift), lanes = same_digit(digit);
    const unsigned before = static_cast<unsigned>(__popc(lanes & lanes_below()));
    const unsigned former = warp_count[warp][digit];
    rank[i] = former + before;
    __syncwarp();
    if (before == 0) warp_count[warp][digit] = former + static_cast<unsigned>(__popc(lanes));
    __syncwarp();
  }
  __syncthreads();

  // Each thread sums up for one digit: first those of the warps before, then those of the digits before.
  unsigned sum = 0, total;
  for (unsigned w = 0; w < kWarps; ++w) {
    const unsigned count = warp_count[w][thread];
    warp_count[w][thread] = sum;
    sum += count;
  }
  const unsigned in_tile = reduction::block_scan(sum, total);
  const unsigned in_row = reduction::block_scan(totals[row * kDigits + thread], total) + counts[tiles.slot(thread)];
  for (unsigned w = 0; w < kWarps; ++w) warp_count[w][thread] += in_tile;
  place[thread] = in_row - in_tile;
  __syncthreads();

  for (unsigned i = 0; i < kPerThread; ++i) {
    rank[i] += warp_count[warp][digit_of(key[i], shift)];
    exchange[rank[i]] = key[i];
  }
  __syncthreads();
  unsigned target[kPerThread];
  for (unsigned i = 0; i < kPerThread; ++i) {
    const unsigned at = thread + i * kDigits;
    if (at >= size) continue;
    const Key moved = exchange[at];
    target[i] = place[digit_of(moved, shift)] + at;
    to.key[row * tiles.n + target[i]] = moved;
  }
  __syncthreads();
  for (unsigned i = 0; i < kPerThread; ++i) {
    const unsigned at = first + i * kWarp;
    if (at < size) exchange[rank[i]] = from.from[begin + at];
  }
  __syncthreads();
  for (unsigned i = 0; i < kPerThread; ++i) {
    const unsigned at = thread + i * kDigits;
    if (at < size) to.from[row * tiles.n + target[i]] = static_cast<std::uint32_t>(exchange[at]);
  }
}

}  // namespace

void check_sortable(std::int64_t n) {
  if (n > std::numeric_limits<std::uint32_t>::max()) {
    throw ValueError("cuda: more than 2^32 elements to sort: " + std::to_string(n));
  }
}

template <class Key>
Pairs<Key> sort_pairs(Pairs<Key> pairs, Pairs<Key> spare, std::int64_t rows, std::int64_t n, int bits) {
  if (rows == 0 || n == 0) return pairs;
  if (n <= kSortTile) {
    const PairRows<Key> all{pairs, n, n};
    launch_sort<Key>(SortTiles(rows, n), all, all, n);
    return pairs;
  }
  const Tiles tiles{n, blocks_for(n, kTile)};
  const Scratch<unsigned> counts(rows * kDigits * tiles.count), totals(rows * kDigits);
  const unsigned blocks = blocks_for(rows * tiles.count, 1);
  for (int shift = 0; shift < bits; shift += kDigitBits) {
    launch(count_digits<Key>, blocks, kDigits, 0, pairs.key, tiles, shift, counts.data());
    reduction::launch_scan(counts.data(), rows * kDigits, tiles.count,
                           totals.data());  // a digit's counts in the tiles of a row
    launch(move_pairs<Key>, blocks, kDigits, 0, pairs, spare, tiles, shift, counts.data(), totals.data());
    std::swap(pairs, spare);
  }
  return pairs;
}

template Pairs<std::uint32_t> sort_pairs(Pairs<std::uint32_t>, Pairs<std::uint32_t>, std::int64_t, std::int64_t, int);
template Pairs<std::uint64_t> sort_pairs(Pairs<std::uint64_t>, Pairs<std::uint64_t>, std::int64_t, std::int64_t, int);

}  // namespace reel::kernels::cuda::sorting
