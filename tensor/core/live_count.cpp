// Counters of live objects, one set per thread.

#include <reel/tensor/core/live_count.h>

#include <mutex>

#include <reel/tensor/core/fork.h>

namespace reel::detail {

constinit thread_local LiveCounters live_counters{};

namespace {

// The counters of the threads that run, and those of the threads that have ended.
constinit std::mutex mutex;
constinit LiveCounters* threads = nullptr;
constinit std::array<std::atomic<std::int64_t>, kLiveKinds> ended{};

/// Lists the thread's counters while it runs, and hands its counts over when it ends.
struct Listing {
  LiveCounters& own = live_counters;

  Listing() {
    const std::scoped_lock lock(mutex);
    own.next = threads;
    if (threads) threads->previous = &own;
    threads = &own;
    own.state = LiveCounters::State::listed;
  }
  ~Listing() {
    const std::scoped_lock lock(mutex);
    for (std::size_t k = 0; k < kLiveKinds; ++k) ended[k] += own.values[k];
    (own.previous ? own.previous->next : threads) = own.next;
    if (own.next) own.next->previous = own.previous;
    own.state = LiveCounters::State::ended;
  }
  void begin() {}  // the first use of a thread-local object constructs it
};
thread_local Listing listing;

}  // namespace

void count_unlisted(Live kind, std::int64_t change) noexcept {
  const auto k = static_cast<std::size_t>(kind);
  if (live_counters.state == LiveCounters::State::unlisted) listing.begin();
  if (live_counters.state == LiveCounters::State::listed) live_counters.values[k] += change;
  else ended[k] += change;
}

std::int64_t live_count(Live kind) noexcept {
  const auto k = static_cast<std::size_t>(kind);
  const std::scoped_lock lock(mutex);
  std::int64_t sum = ended[k];
  for (const LiveCounters* thread = threads; thread; thread = thread->next) sum += thread->values[k];
  return sum;
}

void lock_live_counts_for_fork() noexcept { mutex.lock(); }

/// The child has the forking thread alone. The memory of the others' counters will serve other purposes, so their
/// counts are handed over as if they had ended.
void unlock_live_counts_after_fork(bool is_child) noexcept {
  if (is_child) {
    for (const LiveCounters* thread = threads; thread; thread = thread->next) {
      if (thread == &live_counters) continue;
      for (std::size_t k = 0; k < kLiveKinds; ++k) ended[k] += thread->values[k];
    }
    threads = live_counters.state == LiveCounters::State::listed ? &live_counters : nullptr;
    live_counters.next = live_counters.previous = nullptr;
  }
  mutex.unlock();
}

}  // namespace reel::detail
