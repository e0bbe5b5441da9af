#pragma once

#include <bit>
#include <cstdint>
#include <vector>

/// Which sums by an index are long.
namespace reel::kernels::cpu {

/// Whether some position occurs often in an index of n entries, some 1000 times, in one of `lanes` neighbouring lanes.
/// Looks at one of every 64 entries, which takes a hundredth of the time of the sums; which one varies irregularly, so
/// that no period of the index hides a position.
inline bool has_long_runs(const std::int64_t* index, std::int64_t n, std::int64_t step, std::int64_t lanes,
                          std::int64_t lane_step) {
  constexpr int block_bits = 6;
  constexpr std::uint32_t often = 1024 >> block_bits;
  const std::int64_t blocks = n >> block_bits;
  if (blocks < often) return false;
  const auto hash = [](std::int64_t x, int bits) {  // Fibonacci hashing
    return static_cast<std::size_t>(static_cast<std::uint64_t>(x) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
  };
  const int count_bits = std::bit_width(static_cast<std::uint64_t>(blocks * lanes));
  std::vector<std::uint32_t> counts(std::size_t{1} << count_bits);
  for (std::int64_t b = 0; b < blocks; ++b) {
    const std::int64_t k = (b << block_bits) + static_cast<std::int64_t>(hash(b, block_bits));
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const std::int64_t position = index[k * step + lane * lane_step];
      if (++counts[hash(position * lanes + lane, count_bits)] > often) return true;
    }
  }
  return false;
}

}  // namespace reel::kernels::cpu
