// The arena that the CPU's blocks are cut from: what it reuses, and what it gives back first.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <reel/tensor/core/arena.h>

#include "support/failing_heap.h"
#include "support/requirement.h"

using namespace reel::detail;
using reel::testing::heap_countdown;
using reel::testing::kHeapCanFail;

namespace {

constexpr std::size_t kMega = 1u << 20;

struct Block {
  unsigned char* data;
  std::size_t bytes;
  unsigned char value;
};

/// What the system was told of the addresses that `data` lies in; "" where it does not say.
std::string flags_of(const void* data) {
  std::ifstream maps("/proc/self/smaps");
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2) inside = begin <= address && address < end;
    else if (inside && line.starts_with("VmFlags:")) return line;
  }
  return "";
}

const reel::testing::Requirement needs_huge_pages("needs transparent huge pages", [] {
  const int here = 0;
  const bool has = std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good() && !flags_of(&here).empty();
  return has ? "" : "the system has none, or does not tell";
});

}  // namespace

TEST_CASE("an arena's blocks lie apart and hold what is written, and in the end they are one range again") {
  for (const auto& [step, gives_back] : {std::pair<std::size_t, bool>{16, false}, {16, true}, {1, true}}) {
    Arena arena;
    std::vector<Block> blocks;
    std::uint32_t random = 1;
    int wrong = 0;
    std::size_t largest = 0;
    const auto next = [&](std::uint32_t below) { return (random = random * 1664525 + 1013904223) / 65536 % below; };
    const auto free_one = [&](std::size_t i) {
      for (std::size_t k = 0; k < blocks[i].bytes; k += 512) wrong += blocks[i].data[k] != blocks[i].value;
      arena.deallocate(blocks[i].data, blocks[i].bytes);
      blocks[i] = blocks.back();
      blocks.pop_back();
    };
    for (int i = 0; i < 3000; ++i) {
      if (blocks.size() > 20 && next(2)) free_one(next(static_cast<std::uint32_t>(blocks.size())));
      const std::size_t bytes = 4096 + next(1 << 16) * step;
      auto* data = static_cast<unsigned char*>(arena.allocate(bytes));
      REQUIRE(data);
      CHECK(reinterpret_cast<std::uintptr_t>(data) % 64 == 0);
      blocks.push_back({data, bytes, static_cast<unsigned char>(i)});
      std::memset(data, i % 256, bytes);
      largest = std::max(largest, arena.reserved());
      if (gives_back && i % 500 == 0) arena.give_back();  // what blocks hold stays
      if (gives_back && i % 70 == 0) arena.trim(5 * kMega, 8 * kMega);
      if (blocks.size() > 40) free_one(0);
    }
    while (!blocks.empty()) free_one(0);
    CHECK(wrong == 0);
    CHECK(largest < 45u * step * 65536);

    if (!gives_back) {
      const std::size_t reserved = arena.reserved();
      void* all = arena.allocate(reserved / 4 * 3);  // nothing fresh: what is free has joined
      CHECK(arena.reserved() == reserved);
      arena.deallocate(all, reserved / 4 * 3);
    }
    arena.give_back();
    CHECK(arena.reserved() == 0);
  }
}

TEST_CASE("blocks of all sizes take at most a sixteenth more than they ask for") {
  for (std::size_t bytes = 4096; bytes < 10 * kMega; bytes += bytes / 7) {
    CHECK(Arena::block(bytes) >= bytes);
    CHECK(Arena::block(bytes) - bytes <= bytes / 16);
    CHECK(Arena::block(Arena::block(bytes)) == Arena::block(bytes));
  }
}

TEST_CASE("what is free and has memory is used before fresh pages, and beside it as few of these as can be") {
  Arena arena;
  void* first = arena.allocate(10 * kMega);
  CHECK(arena.reserved() == 10 * kMega);
  void* wall = arena.allocate(2 * kMega);
  void* second = arena.allocate(20 * kMega);
  arena.deallocate(first, 10 * kMega);
  arena.trim(10 * kMega);
  CHECK(arena.reserved() == 22 * kMega);
  arena.deallocate(second, 20 * kMega);
  void* small = arena.allocate(8 * kMega);  // the ten would fit better
  CHECK(small == second);
  arena.deallocate(small, 8 * kMega);
  void* larger = arena.allocate(24 * kMega);
  CHECK(larger == second);
  CHECK(arena.reserved() == 26 * kMega);
  arena.deallocate(larger, 24 * kMega);
  arena.deallocate(wall, 2 * kMega);
}

TEST_CASE("what was freed longest ago is given back first, huge pages as a whole before parts of them") {
  Arena arena;
  std::vector<void*> blocks;
  for (int i = 0; i < 6; ++i) blocks.push_back(arena.allocate(4 * kMega));
  void* part = arena.allocate(kMega);
  CHECK(arena.reserved() == 26 * kMega);
  arena.deallocate(blocks[2], 4 * kMega);
  arena.deallocate(blocks[0], 4 * kMega);
  arena.deallocate(blocks[4], 4 * kMega);
  arena.trim(3 * kMega);  // of blocks[2], the end of which would be used last
  CHECK(arena.reserved() == 22 * kMega);
  arena.trim(2 * kMega, 4 * kMega);
  CHECK(arena.reserved() == 18 * kMega);
  CHECK(arena.allocate(4 * kMega) == blocks[4]);
  CHECK(arena.reserved() == 18 * kMega);
  arena.trim(4096, kMega);  // there is no huge page any more, but half a one beside `part`
  CHECK(arena.reserved() == 18 * kMega - 4096);
  arena.trim(SIZE_MAX);
  CHECK(arena.reserved() == 17 * kMega);
  for (const int i : {1, 3, 4, 5}) arena.deallocate(blocks[static_cast<std::size_t>(i)], 4 * kMega);
  arena.deallocate(part, kMega);
  arena.give_back();
  CHECK(arena.reserved() == 0);
}

TEST_CASE("what a vast block leaves stays whole for the next one") {
  Arena arena;
  void* gradient = arena.allocate(40 * kMega);
  arena.deallocate(gradient, 40 * kMega);
  std::vector<void*> activations;
  for (int i = 0; i < 20; ++i) activations.push_back(arena.allocate(kMega));
  CHECK(arena.allocate(40 * kMega) == gradient);
  CHECK(arena.reserved() == 60 * kMega);
  for (void* activation : activations) arena.deallocate(activation, kMega);
  arena.deallocate(gradient, 40 * kMega);
}

TEST_CASE("small blocks share neither huge pages nor addresses with large ones, and count by ordinary pages") {
  Arena arena;
  void* large = arena.allocate(kMega);
  CHECK(arena.reserved() == 2 * kMega);
  void* small = arena.allocate(5000);
  CHECK(arena.reserved() == 2 * kMega + 2 * 4096);
  void* other = arena.allocate(5000);
  CHECK(static_cast<char*>(other) == static_cast<char*>(small) + Arena::block(5000));
  arena.deallocate(small, 5000);
  arena.deallocate(large, kMega);
  arena.give_back();
  CHECK(arena.reserved() == 2 * 4096);  // the other's
  arena.deallocate(other, 5000);
  arena.trim(1);
  CHECK(arena.reserved() == 4096);
}

TEST_CASE("large blocks lie on huge pages, small ones never do" * needs_huge_pages) {
  Arena arena;
  void *large = arena.allocate(Arena::kLarge), *small = arena.allocate(5000);
  CHECK(flags_of(large).find(" hg") != std::string::npos);
  CHECK(flags_of(small).find(" nh") != std::string::npos);
  arena.deallocate(large, Arena::kLarge);
  arena.deallocate(small, 5000);
}

TEST_CASE("a block is cut from the smallest free range that holds it, in whatever order these were freed") {
  for (const bool smaller_first : {true, false}) {
    Arena arena;
    void *larger = arena.allocate(6 * kMega), *wall = arena.allocate(kMega);
    void *smaller = arena.allocate(3 * kMega), *last = arena.allocate(kMega);
    if (smaller_first) arena.deallocate(smaller, 3 * kMega);
    arena.deallocate(larger, 6 * kMega);
    if (!smaller_first) arena.deallocate(smaller, 3 * kMega);
    void* block = arena.allocate(5 * kMega / 2);
    CHECK(block == smaller);
    arena.deallocate(block, 5 * kMega / 2);
    arena.deallocate(wall, kMega);
    arena.deallocate(last, kMega);
  }
}

TEST_CASE("a free range that fits is found behind a thousand that are hardly too small") {
  RangeBins bins;
  std::vector<Range> ranges(1000);
  for (Range& range : ranges) range.bytes = kMega;
  ranges[0].bytes += 40 << 10;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    bins.add(ranges[i]);
    CHECK(bins.fit(kMega + 4096) == &ranges[0]);
  }
  bins.remove(ranges[0]);
  CHECK(bins.fit(kMega + 4096) == nullptr);
  CHECK(bins.fit(kMega) != nullptr);
}

TEST_CASE("small blocks wait as they are until they are 64 MiB; then they join") {
  constexpr std::size_t bytes = 96 << 10, number = (64 << 20) / bytes + 1;
  Arena arena;
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < number; ++i) blocks.push_back(arena.allocate(bytes));
  void *first = blocks[340], *second = blocks[341];
  for (void* block : blocks) {
    if (block != first && block != second) arena.deallocate(block, bytes);
  }
  arena.deallocate(second, bytes);
  void* block = arena.allocate(bytes);
  CHECK(block == second);
  arena.deallocate(block, bytes);
  arena.deallocate(first, bytes);
  block = arena.allocate(bytes);
  CHECK(block != first);  // where a range begins
  arena.deallocate(block, bytes);
}

TEST_CASE("an arena that gets no memory for its own lists stays whole" * doctest::skip(!kHeapCanFail)) {
  const auto size = [](std::size_t i) { return (4096 + 256 * (i % 7)) << i % 9; };
  bool enough = false;
  int failing = 0;
  for (; !enough; ++failing) {
    Arena arena;
    std::array<void*, 400> blocks{};
    heap_countdown = failing;
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = arena.allocate(size(i));
    for (std::size_t i = 1; i < blocks.size(); i += 2) {
      if (blocks[i]) arena.deallocate(blocks[i], size(i));
    }
    arena.trim(8 * kMega);
    arena.give_back();
    enough = heap_countdown.exchange(-1) >= 0;
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
      if (!blocks[i]) blocks[i] = arena.allocate(size(i));
      REQUIRE(blocks[i]);
    }
    for (std::size_t i = 0; i < blocks.size(); i += 2) arena.deallocate(blocks[i], size(i));
    arena.give_back();
    CHECK(arena.reserved() == 0);
  }
  CHECK(failing > 5);
}
