#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// Stores that go past the cache. An ordinary store first reads the line that it changes; for results that will have
/// left the cache before anybody reads them that is a third of an addition's traffic.
namespace reel::kernels::cpu {

/// Results of so many bytes are streamed.
inline constexpr std::size_t kStreamedBytes = 16u << 20;

/// memcpy past the cache, best in pieces of 512 bytes or more. `finish_stream` before another thread may read it.
void stream(void* to, const void* from, std::size_t bytes);
void finish_stream();

/// Whether a result of `count` elements of T is streamed.
template <class T> bool is_streamed(std::int64_t count) {
  return static_cast<std::size_t>(count) * sizeof(T) >= kStreamedBytes;
}

/// Streams out[0, n), piece by piece: `fill(first, count, buffer)` computes elements [first, first + count) into a
/// buffer in the first-level cache.
template <class T, class Fill> void stream_pieces(T* out, std::int64_t n, Fill&& fill) {
  constexpr std::int64_t line = 64, piece = 4096 / sizeof(T);
  alignas(line) T buffer[piece];
  // The first piece ends where a cache line does.
  const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(out) % line / sizeof(T));
  for (std::int64_t i = 0, size = piece - past; i < n; i += size, size = piece) {
    const std::int64_t count = std::min(size, n - i);
    fill(i, count, buffer);
    stream(out + i, buffer, static_cast<std::size_t>(count) * sizeof(T));
  }
  finish_stream();
}

}  // namespace reel::kernels::cpu
