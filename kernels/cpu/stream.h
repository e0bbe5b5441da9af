#pragma once

#include <cstddef>

/// Stores that go past the cache. An ordinary store first reads the line that it changes; for results that will have
/// left the cache before anybody reads them that is a third of an addition's traffic.
namespace reel::kernels::cpu {

/// Results of so many bytes are streamed.
inline constexpr std::size_t kStreamedBytes = 16u << 20;

/// memcpy past the cache, best in pieces of 512 bytes or more. `finish_stream` before another thread may read it.
void stream(void* to, const void* from, std::size_t bytes);
void finish_stream();

}  // namespace reel::kernels::cpu
