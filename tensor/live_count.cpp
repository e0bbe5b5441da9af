#include <reel/tensor/live_count.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>

namespace reel::detail {
namespace {

/// Written by its thread alone, read by all. Without constructor and destructor, and placed when the program starts
/// (initial-exec), so that reaching them takes neither check nor call.
struct Counters {
  std::array<std::atomic<std::int64_t>, kLiveKinds> values;
  Counters *next, *previous;
  enum class State : std::uint8_t { fresh, listed, ended } state;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local Counters own{};

// The counters of the threads that run, and those of the threads that have ended.
constinit std::mutex mutex;
constinit Counters* threads = nullptr;
constinit std::array<std::atomic<std::int64_t>, kLiveKinds> ended{};

/// Lists the thread's counters while it runs, and hands its counts over when it ends.
struct Listing {
  Listing() {
    const std::scoped_lock lock(mutex);
    own.next = threads;
    if (threads) threads->previous = &own;
    threads = &own;
    own.state = Counters::State::listed;
  }
  ~Listing() {
    const std::scoped_lock lock(mutex);
    for (std::size_t k = 0; k < kLiveKinds; ++k) ended[k] += own.values[k];
    (own.previous ? own.previous->next : threads) = own.next;
    if (own.next) own.next->previous = own.previous;
    own.state = Counters::State::ended;
  }
  void begin() {}  // naming a thread's object constructs it
};
thread_local Listing listing;

/// For the first object of a thread, and for those that outlive its counters.
void count_unlisted(std::size_t k, std::int64_t change) noexcept {
  if (own.state == Counters::State::fresh) listing.begin();
  if (own.state == Counters::State::listed) own.values[k] += change;
  else ended[k] += change;
}

}  // namespace

void count_live(Live kind, std::int64_t change) noexcept {
  const auto k = static_cast<std::size_t>(kind);
  if (own.state != Counters::State::listed) [[unlikely]]
    return count_unlisted(k, change);
  std::atomic<std::int64_t>& value = own.values[k];
  value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

std::int64_t live_count(Live kind) noexcept {
  const auto k = static_cast<std::size_t>(kind);
  const std::scoped_lock lock(mutex);
  std::int64_t sum = ended[k];
  for (const Counters* thread = threads; thread; thread = thread->next) sum += thread->values[k];
  return sum;
}

}  // namespace reel::detail
