// The CPU's caching allocator: what it counts, keeps, gives back and refuses.

#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>
#include <reel/reel.h>
#include <reel/tensor/core/arena.h>

#include "support/default_device.h"

using namespace reel;
using reel::testing::DefaultDeviceGuard;

namespace {

constexpr std::int64_t kElements = 3 << 20;  // of f32: 12 MiB
constexpr std::size_t kBytes = 12u << 20;

}  // namespace

TEST_CASE("memory in use, its peak and memory kept for later are counted") {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  const std::size_t allocated = memory_allocated(), reserved = memory_reserved();
  reset_peak_memory();
  CHECK(max_memory_allocated() == allocated);
  {
    const Tensor x = empty({kElements});
    CHECK(memory_allocated() == allocated + kBytes);
    const Tensor view = x.view({3, -1}), other = empty({kElements});
    CHECK(memory_allocated() == allocated + 2 * kBytes);
  }
  CHECK(memory_allocated() == allocated);
  CHECK(max_memory_allocated() == allocated + 2 * kBytes);
  CHECK(memory_reserved() >= allocated);
  empty_cache();
  CHECK(memory_reserved() == reserved);
}

TEST_CASE("beyond the limit there is an error that says so, and cached memory counts only as long as nobody needs it") {
  const DefaultDeviceGuard cpu(Device::cpu());
  const struct NoLimit {
    ~NoLimit() { set_memory_limit(0); }
  } no_limit;
  empty_cache();
  set_memory_limit(memory_reserved() + 2 * kBytes);
  {
    const Tensor x = empty({kElements}), y = empty({kElements});
    CHECK_THROWS_WITH_AS(empty({kElements}), doctest::Contains("cannot allocate 12582912 bytes; tensors hold"),
                         OutOfMemoryError);
  }
  CHECK(empty({2 * kElements}).numel() == 2 * kElements);  // the two blocks that are free have gone for it
  CHECK_THROWS_AS(empty({4 * kElements}), OutOfMemoryError);
}

TEST_CASE("what tensors of one size leave serves tensors of another") {
  const DefaultDeviceGuard cpu(Device::cpu());
  empty_cache();
  std::size_t reserved = 0;
  {
    std::vector<Tensor> parts;
    for (int i = 0; i < 8; ++i) parts.push_back(empty({kElements / 4}));
    reserved = memory_reserved();
  }
  const Tensor whole = empty({2 * kElements}), rest = empty({kElements / 8});
  CHECK(memory_reserved() <= reserved + (2u << 20));
}

TEST_CASE("an arena's blocks lie apart and hold what is written, and in the end they are one range again") {
  constexpr std::size_t unlimited = SIZE_MAX, page = 4096;
  struct Block {
    unsigned char* data;
    std::size_t bytes;
    unsigned char value;
  };
  detail::Arena arena;
  std::vector<Block> blocks;
  std::uint32_t random = 1;
  int wrong = 0;
  const auto next = [&](std::uint32_t below) { return (random = random * 1664525 + 1013904223) / 65536 % below; };
  const auto free_one = [&](std::size_t i) {
    for (std::size_t k = 0; k < blocks[i].bytes; k += 512) wrong += blocks[i].data[k] != blocks[i].value;
    arena.deallocate(blocks[i].data, blocks[i].bytes);
    blocks[i] = blocks.back();
    blocks.pop_back();
  };
  for (int i = 0; i < 3000; ++i) {
    if (blocks.size() > 20 && next(2)) free_one(next(static_cast<std::uint32_t>(blocks.size())));
    const std::size_t bytes = 1 + next(1 << 16) * std::size_t{16};
    auto* data = static_cast<unsigned char*>(arena.allocate(bytes, unlimited));
    REQUIRE(data);
    CHECK(reinterpret_cast<std::uintptr_t>(data) % page == 0);
    blocks.push_back({data, bytes, static_cast<unsigned char>(i)});
    std::memset(data, i % 256, bytes);
    if (i % 500 == 0) arena.give_back();  // what blocks hold stays
    if (blocks.size() > 40) free_one(0);
  }
  while (!blocks.empty()) free_one(0);
  CHECK(wrong == 0);

  const std::size_t reserved = arena.reserved();
  CHECK(reserved < 40u << 20);
  void* all = arena.allocate(reserved, 0);  // nothing fresh: what is free has joined
  CHECK(all);
  arena.give_back();
  CHECK(arena.reserved() == reserved);
  arena.deallocate(all, reserved);
  arena.give_back();
  CHECK(arena.reserved() == 0);
}

TEST_CASE("an arena takes no more of the system than its budget") {
  detail::Arena arena;
  CHECK_FALSE(arena.allocate(3u << 20, 2u << 20));
  CHECK(arena.reserved() == 0);
  void* three = arena.allocate(3u << 20, 4u << 20);  // and a quarter of its second huge page is for others
  void* one = arena.allocate(1u << 20, 0);
  CHECK(one == static_cast<char*>(three) + (3u << 20));
  CHECK_FALSE(arena.allocate(4096, 0));
  arena.deallocate(three, 3u << 20);
  arena.give_back();
  CHECK(arena.reserved() == 2u << 20);
  arena.deallocate(one, 1u << 20);
}
