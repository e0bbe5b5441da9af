#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

/// How many objects are alive, for leak tests and memory reports. Every operation counts several times, so each thread
/// has counters of its own, which take no locked instruction; reading adds them up.
namespace reel::detail {

/// What is counted.
enum class Live : std::uint8_t { tensors, storages, bytes, nodes };
inline constexpr int kLiveKinds = 4;

/// A thread's counters, written by it alone, read by all. Without constructor and destructor and with the TLS model
/// initial-exec, so that access needs neither a guard nor a call.
struct LiveCounters {
  std::array<std::atomic<std::int64_t>, kLiveKinds> values;
  LiveCounters *next, *previous;  // in the list of the threads that run
  enum class State : std::uint8_t { unlisted, listed, ended } state;
};
[[gnu::tls_model("initial-exec")]] extern constinit thread_local LiveCounters live_counters;

/// `count_live` for the first object of a thread, and for those that outlive its counters.
void count_unlisted(Live kind, std::int64_t change) noexcept;

/// Counts `change` more (or, below 0, fewer) on behalf of this thread.
inline void count_live(Live kind, std::int64_t change) noexcept {
  if (live_counters.state != LiveCounters::State::listed) [[unlikely]]
    return count_unlisted(kind, change);
  std::atomic<std::int64_t>& value = live_counters.values[static_cast<std::size_t>(kind)];
  value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

/// The sum over all threads, also those that have ended.
std::int64_t live_count(Live kind) noexcept;

}  // namespace reel::detail
