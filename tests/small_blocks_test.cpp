// The memory of small objects, and the counts of what is alive, across threads.

#include <malloc.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/tensor/core/small_blocks.h>

#include "support/leaks.h"

using namespace reel;
using reel::testing::LeakCheck;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

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
  constexpr std::size_t each = 4 << 20, number = 60, bound = 64 << 20;
  const auto heap = [] { return mallinfo2().uordblks; };
  const std::size_t before = heap();
  std::atomic<bool> may_end = false;
  std::atomic<std::size_t> ready = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < number; ++i) {
    threads.emplace_back([&] {
      std::vector<std::pair<void*, std::size_t>> blocks;
      for (std::size_t bytes = 64; bytes <= detail::kMaxSmallBytes; bytes += 64) {
        for (std::size_t all = 0; all < each / 16; all += bytes)
          blocks.emplace_back(detail::allocate_small(bytes), bytes);
      }
      for (const auto& [data, bytes] : blocks) detail::free_small(data, bytes);
      blocks = {};
      ++ready;
      may_end.wait(false);
    });
  }
  while (ready < number) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::size_t kept = heap() - before;
  may_end = true;
  may_end.notify_all();
  for (std::thread& thread : threads) thread.join();
  CHECK(kept <= bound + bound / 2);  // malloc's own words, and what it keeps for each thread
  // What the threads had is there for others again.
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 4000; ++i) blocks.push_back(detail::allocate_small(64));
  const std::set<void*> first(blocks.begin(), blocks.end());
  for (void* block : blocks) detail::free_small(block, 64);
  std::size_t again = 0;
  for (void*& block : blocks) again += first.contains(block = detail::allocate_small(64));
  for (void* block : blocks) detail::free_small(block, 64);
  CHECK((again == blocks.size() || !kKeeps));
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
