// The positions of the true elements of a mask on the CPU.

#include <reel/kernels/indexing.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

constexpr std::int64_t kMaskChunk = 32768;

}  // namespace

std::int64_t count_nonzero(const bool* mask, std::int64_t n) {
  std::atomic<std::int64_t> total{0};
  parallel_for(n, kMaskChunk, [&](std::int64_t begin, std::int64_t end) {
    total.fetch_add(std::count(mask + begin, mask + end, true), std::memory_order_relaxed);
  });
  return total;
}

void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions) {
  const std::int64_t chunks = (n + kMaskChunk - 1) / kMaskChunk;
  std::vector<std::int64_t> start(static_cast<std::size_t>(chunks) + 1);
  parallel_for(n, kMaskChunk, [&](std::int64_t begin, std::int64_t end) {
    start[static_cast<std::size_t>(begin / kMaskChunk) + 1] = std::count(mask + begin, mask + end, true);
  });
  for (std::size_t c = 1; c < start.size(); ++c) start[c] += start[c - 1];
  parallel_for(n, kMaskChunk, [&](std::int64_t begin, std::int64_t) {
    const auto chunk = static_cast<std::size_t>(begin / kMaskChunk);
    std::int64_t* out = positions + start[chunk];
    const std::int64_t count = start[chunk + 1] - start[chunk];
    // Branchless, since the branch would often be mispredicted: every position is written, and kept if the mask is set.
    for (std::int64_t i = begin, found = 0; found < count; ++i) {
      out[found] = i;
      found += mask[i];
    }
  });
}

}  // namespace reel::kernels::cpu
