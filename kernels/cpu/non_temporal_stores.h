#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// Non-temporal stores, which bypass the cache. An ordinary store first reads the cache line that it changes. For
/// results too large to stay in the cache until they are read, that is a third of the memory traffic of an addition.
namespace reel::kernels::cpu {

/// Results of at least this size are written with non-temporal stores.
inline constexpr std::size_t kNonTemporalBytes = 16u << 20;

/// Elements of a parallel chunk with non-temporal stores: larger than usual, since each chunk ends with a fence.
inline constexpr std::int64_t kNonTemporalGrain = 1 << 19;

/// memcpy with non-temporal stores, best in pieces of 512 bytes or more. Meanwhile prefetches as many bytes at each of
/// `next`. Needs a `non_temporal_fence` before another thread reads the copy.
void non_temporal_copy(void* to, const void* from, std::size_t bytes, std::span<const void* const> next = {});
void non_temporal_fence();

/// Whether a result of `count` elements of T is large enough.
template <class T> bool uses_non_temporal_stores(std::int64_t count) {
  return static_cast<std::size_t>(count) * sizeof(T) >= kNonTemporalBytes;
}

/// An input to prefetch while a result is stored. Its elements are `step` bytes apart.
struct PrefetchedInput {
  const void* data;
  std::int64_t step;
};

/// Computes and stores out[0, n) piece by piece: `fill(first, count, buffer)` computes elements [first, first + count)
/// in a buffer in the first-level cache, which is then stored. Nothing is read during the store, so that the hardware
/// prefetcher loses track: `inputs` are therefore prefetched in software (without, an addition takes up to twice as
/// long on Zen 4). Needs a `non_temporal_fence` before another thread reads `out`.
template <class T, std::size_t Inputs = 0, class Fill>
void non_temporal_pieces(T* out, std::int64_t n, Fill&& fill, const std::array<PrefetchedInput, Inputs>& inputs = {}) {
  constexpr std::int64_t line = 64, piece = 2048 / sizeof(T);
  alignas(line) T buffer[piece];
  // The first piece ends at a cache line boundary.
  const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(out) % line / sizeof(T));
  for (std::int64_t i = 0, size = piece - past; i < n; i += size, size = piece) {
    const std::int64_t count = std::min(size, n - i);
    fill(i, count, buffer);
    std::array<const void*, Inputs> next;
    for (std::size_t k = 0; k < Inputs; ++k) {
      next[k] = static_cast<const char*>(inputs[k].data) + (i + count) * inputs[k].step;
    }
    non_temporal_copy(out + i, buffer, static_cast<std::size_t>(count) * sizeof(T), next);
  }
}

}  // namespace reel::kernels::cpu
