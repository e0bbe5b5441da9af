// The memory of small objects, and the counts of what is alive, across threads.

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/tensor/core/sanitizers.h>
#include <reel/tensor/core/small_blocks.h>

#include "support/leaks.h"

using namespace reel;
using reel::testing::LeakCheck;

namespace {

constexpr bool kKeeps = !detail::kAddressSanitizer;
// ThreadSanitizer has threads of its own, which a child lacks.
constexpr bool kForks = kKeeps && !detail::kThreadSanitizer;

/// Frees as many blocks of all sizes as a thread may keep; returns the bytes of those that it keeps.
std::size_t keep_blocks() {
  std::size_t kept = 0;
  for (std::size_t bytes = 64; bytes <= detail::kMaxSmallBytes; bytes += 64) {
    std::vector<void*> blocks;
    for (std::size_t all = 0; all < 256 << 10; all += bytes) blocks.push_back(detail::allocate_small(bytes));
    for (void* block : blocks) detail::free_small(block, bytes);
    for (const auto* block = detail::free_lists[bytes].first; block; block = block->next) kept += bytes;
  }
  return kept;
}
constexpr std::size_t kMayKeep = 15 << 18;  // of 256 KiB of each size nearly all

/// Threads that keep as many blocks as they may, until the scope ends.
class Keepers {
 public:
  explicit Keepers(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this] {
        keep_blocks();
        ++ready_;
        may_end_.wait(false);
      });
    }
    while (ready_ < threads_.size()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Keepers(const Keepers&) = delete;
  Keepers& operator=(const Keepers&) = delete;
  ~Keepers() {
    may_end_ = true;
    may_end_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> may_end_ = false;
  std::atomic<std::size_t> ready_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("small blocks of every size hold what is written to them, whichever thread frees them") {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  std::set<void*> addresses;
  for (std::size_t bytes = 1; bytes <= 2 * detail::kMaxSmallBytes; bytes += 13) {
    auto* data = static_cast<unsigned char*>(detail::allocate_small(bytes));
    REQUIRE(data);
    CHECK(reinterpret_cast<std::uintptr_t>(data) % alignof(double) == 0);
    CHECK(addresses.insert(data).second);
    std::memset(data, static_cast<int>(bytes % 251), bytes);
    blocks.emplace_back(data, bytes);
  }
  int wrong = 0;
  std::thread([&] {
    for (const auto& [data, bytes] : blocks) {
      for (std::size_t i = 0; i < bytes; ++i) wrong += data[i] != bytes % 251;
      detail::free_small(data, bytes);
    }
  }).join();
  CHECK(wrong == 0);
}

TEST_CASE("all threads together keep a bounded number of small blocks, and those that end keep none") {
  constexpr std::size_t bound = 64 << 20;
  const auto heap = [] { return mallinfo2().uordblks; };
  const std::size_t before = heap();
  {
    const Keepers threads(60);
    CHECK(heap() - before <= bound + bound / 2);  // malloc's own words, and what it keeps for each thread
  }
  // What the threads had is there for others again.
  CHECK((keep_blocks() >= kMayKeep || !kKeeps));
  CHECK(heap() - before <= 8 << 20);
}

TEST_CASE("in a forked child one thread alone has what all threads may keep" * doctest::skip(!kForks)) {
  detail::keep_small_blocks(false);  // so that this thread has nothing yet
  detail::keep_small_blocks(true);
  const Keepers threads(20);
  CHECK(keep_blocks() < kMayKeep);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(keep_blocks() >= kMayKeep ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("tensors that die in another thread than they were born in are counted once") {
  const LeakCheck leaks;
  const std::int64_t before = live_tensors();
  std::vector<Tensor> tensors;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) tensors.push_back(ones({i + 1}));
  }).join();
  CHECK(live_tensors() == before + 100);
  CHECK(live_bytes() >= 100 * 101 / 2 * 4);
  std::thread([&] { tensors.clear(); }).join();
  CHECK(live_tensors() == before);
}

TEST_CASE("a graph may be built in one thread and released in another") {
  const LeakCheck leaks;
  Tensor loss;
  std::thread([&] {
    Tensor x = ones({3}).requires_grad_();
    loss = x;
    for (int i = 0; i < 1000; ++i) loss = loss * 2 - loss;
    loss = sum(loss);
  }).join();
  loss.backward();
  std::thread([&] { loss = {}; }).join();
}
