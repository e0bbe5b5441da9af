#pragma once

#include <cstdint>

/// How many objects are alive, for leak tests and memory reports. Every operation counts several times, so each thread
/// has counters of its own, which take no locked instruction; reading adds them up.
namespace reel::detail {

/// What is counted.
enum class Live : std::uint8_t { tensors, storages, bytes, nodes };
inline constexpr int kLiveKinds = 4;

/// Counts `change` more (or, below 0, fewer) on behalf of this thread.
void count_live(Live kind, std::int64_t change) noexcept;
/// The sum over all threads, also those that have ended.
std::int64_t live_count(Live kind) noexcept;

}  // namespace reel::detail
