#pragma once

#include <cstdint>

#include <reel/kernels/cuda/launch.h>

namespace reel::kernels::cuda::sorting {

/// Pairs of a key and where it came from, in two arrays.
template <class Key> struct Pairs {
  Key* key;
  std::uint32_t* from;
};

/// Memory for n pairs.
template <class Key> class PairScratch {
 public:
  explicit PairScratch(std::int64_t n) : key_(n), from_(n) {}
  Pairs<Key> get() const { return {key_.data(), from_.data()}; }

 private:
  Scratch<Key> key_;
  Scratch<std::uint32_t> from_;
};

/// Throws a ValueError for more positions than a pair can hold.
void check_sortable(std::int64_t n);

/// Rows of n pairs as source and sink of `sort_tiles`, which leaves `kept` of each tile.
template <class Key> struct PairRows {
  Pairs<Key> pairs;
  std::int64_t n, kept;

  __device__ void operator()(std::int64_t row, std::int64_t i, Key& key, std::uint32_t& from) const {
    key = pairs.key[row * n + i];
    from = pairs.from[row * n + i];
  }
  __device__ void operator()(std::int64_t row, std::int64_t tile, std::int64_t i, Key key, std::uint32_t from) const {
    pairs.key[row * n + tile * kept + i] = key;
    pairs.from[row * n + tile * kept + i] = from;
  }
};

/// Sorts each of `rows` rows of n pairs, which are numbered by `from`, by their keys, of which the lowest `bits` bits
/// differ; equal ones keep their order. Returns where the result is: in one of the two memories given, the first of
/// which holds the pairs. Key is u32 or u64.
template <class Key>
Pairs<Key> sort_pairs(Pairs<Key> pairs, Pairs<Key> spare, std::int64_t rows, std::int64_t n, int bits);

}  // namespace reel::kernels::cuda::sorting
