#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// Stores that go past the cache. An ordinary store first reads the line that it changes; for results that will have
/// left the cache before anybody reads them that is a third of an addition's traffic.
namespace reel::kernels::cpu {

/// Results of so many bytes are streamed.
inline constexpr std::size_t kStreamedBytes = 16u << 20;

/// Elements of a chunk whose result is streamed: at its end the thread waits until memory has taken everything.
inline constexpr std::int64_t kStreamedGrain = 1 << 19;

/// memcpy past the cache, best in pieces of 512 bytes or more. Meanwhile fetches as many bytes at each of `next`, which
/// are read soon. `finish_stream` before another thread may read the copy.
void stream(void* to, const void* from, std::size_t bytes, std::span<const void* const> next = {});
void finish_stream();

/// Whether a result of `count` elements of T is streamed.
template <class T> bool is_streamed(std::int64_t count) {
  return static_cast<std::size_t>(count) * sizeof(T) >= kStreamedBytes;
}

/// What a streamed result is computed from: its element i lies `step` bytes after element i - 1.
struct StreamInput {
  const void* data;
  std::int64_t step;
};

/// Streams out[0, n), piece by piece: `fill(first, count, buffer)` computes elements [first, first + count) into a
/// buffer in the first-level cache, from the same elements of `inputs` or from others. While a piece is streamed nobody
/// reads, and the processor's prefetcher loses its thread: without the inputs named, an addition takes up to twice as
/// long on Zen 4. `finish_stream` before another thread may read `out`.
template <class T, std::size_t Inputs = 0, class Fill>
void stream_pieces(T* out, std::int64_t n, Fill&& fill, const std::array<StreamInput, Inputs>& inputs = {}) {
  constexpr std::int64_t line = 64, piece = 2048 / sizeof(T);
  alignas(line) T buffer[piece];
  // The first piece ends where a cache line does.
  const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(out) % line / sizeof(T));
  for (std::int64_t i = 0, size = piece - past; i < n; i += size, size = piece) {
    const std::int64_t count = std::min(size, n - i);
    fill(i, count, buffer);
    std::array<const void*, Inputs> next;
    for (std::size_t k = 0; k < Inputs; ++k) {
      next[k] = static_cast<const char*>(inputs[k].data) + (i + count) * inputs[k].step;
    }
    stream(out + i, buffer, static_cast<std::size_t>(count) * sizeof(T), next);
  }
}

}  // namespace reel::kernels::cpu
