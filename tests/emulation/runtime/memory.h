#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <type_traits>

#include "runtime/blocks.h"
#include "sanitizer.h"

/// The memory of an emulated device, and lists of what is allocated.
namespace emulation {

/// Pieces of memory, by their beginning.
class Allocations {
 public:
  void add(std::byte* begin, std::size_t bytes) { sizes_.emplace(begin, bytes); }
  /// The bytes of the one that began there; 0 if none did.
  std::size_t remove(const void* begin);
  /// The bytes from `address` to the end of the one in which it lies; 0 if it lies in none.
  std::size_t rest_from(const void* address) const;

  auto begin() const { return sizes_.begin(); }
  auto end() const { return sizes_.end(); }

 private:
  std::map<std::byte*, std::size_t, std::less<>> sizes_;
};

class DeviceMemory {
 public:
  explicit DeviceMemory(std::size_t capacity) : capacity_(capacity) {}

  /// Memory that begins with 64 MiB of 0xff bytes. Null if there is not enough left.
  void* allocate(std::size_t bytes);
  /// False if no allocation begins there.
  bool free(void* pointer);

  /// Lets everybody use the memory, or nobody.
  void open();
  void close();

  /// Says which allocations were written past their end since the last call; empty if none was.
  std::string find_damage();

  const Allocations& allocations() const { return allocations_; }
  std::size_t used() const { return used_; }
  std::size_t capacity() const { return capacity_; }
  void set_capacity(std::size_t bytes) { capacity_ = bytes; }

 private:
  using Blocks = std::conditional_t<sanitizer::kAddress, SanitizedHeap, Arena>;

  Allocations allocations_;
  Blocks blocks_;
  std::size_t capacity_, used_ = 0;
  bool is_open_ = false;
};

/// Opens memory for as long as it lives.
class OpenMemory {
 public:
  explicit OpenMemory(DeviceMemory& memory) : memory_(memory) { memory.open(); }
  OpenMemory(const OpenMemory&) = delete;
  OpenMemory& operator=(const OpenMemory&) = delete;
  ~OpenMemory() { memory_.close(); }

 private:
  DeviceMemory& memory_;
};

}  // namespace emulation
