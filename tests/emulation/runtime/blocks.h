#pragma once

#include <cstddef>
#include <map>

/// Where the blocks of a device's memory come from, in two ways. Both keep host code out while they are closed: what it
/// reads or writes there ends the program.
namespace emulation {

inline constexpr std::size_t kAlignment = 256;  // CUDA's

/// One piece of address space, of which blocks are cut. While it is closed, no access is possible at all. Blocks end
/// with bytes that nobody may change.
class Arena {
 public:
  /// Null if there is no room.
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* block, std::size_t bytes);
  void open() { protect(true); }
  void close() { protect(false); }

  /// While it is open, after `take`: writes the bytes behind the block; whether they are unchanged.
  static void guard(std::byte* block, std::size_t bytes);
  static bool is_intact(const std::byte* block, std::size_t bytes);

 private:
  void protect(bool open);

  std::byte* begin_ = nullptr;
  std::size_t used_ = 0;                      // from here on nothing was ever taken
  std::map<std::size_t, std::size_t> holes_;  // by offset, their bytes; never two side by side
};

/// Blocks of the heap with AddressSanitizer's zones around them: it sees every access that goes astray.
class SanitizedHeap {
 public:
  std::byte* take(std::size_t bytes);
  void give_back(std::byte* block, std::size_t bytes);
  void open();
  void close();

  static void guard(std::byte*, std::size_t) {}
  static bool is_intact(const std::byte*, std::size_t) { return true; }

 private:
  std::map<std::byte*, std::size_t> blocks_;
};

}  // namespace emulation
