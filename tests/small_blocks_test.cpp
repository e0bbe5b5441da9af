// The memory of small objects, and the counts of what is alive, across threads.

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
