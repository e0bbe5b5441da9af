#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <reel/tensor/core/allocator.h>
#include <reel/tensor/core/intrusive.h>
#include <reel/tensor/core/small_blocks.h>

namespace reel {

/// A block of memory on a device, shared by every tensor that views it, with the version counter of its contents: each
/// in-place change counts one up, so that the tape can tell when a tensor that it saved has been overwritten.
class Storage : public RefCounted, public detail::SmallObject {
 public:
  /// `bytes` uninitialised bytes from the device's allocator.
  static IntrusivePtr<Storage> create(std::size_t bytes, Device device);
  /// The same from an allocator of the caller's choice.
  static IntrusivePtr<Storage> create(std::size_t bytes, Device device, Allocator& allocator);
  /// Memory that the caller owns; `deleter` (may be empty) runs when the last reference is dropped.
  static IntrusivePtr<Storage> borrow(void* data, std::size_t bytes, Device device, std::function<void(void*)> deleter);
  static void destroy(Storage* storage);

  /// The first byte, the number of bytes, and where they are.
  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  /// Where the memory came from; null for borrowed memory.
  const Allocator* allocator() const { return allocator_; }

  /// How often the contents have been changed in place; `bump_version` counts one more.
  std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void bump_version() { version_.fetch_add(1, std::memory_order_relaxed); }

 private:
  Storage(void* data, std::size_t bytes, Device device, Allocator* allocator);
  ~Storage();

  /// Whether the data follow in the storage's own block.
  bool holds_data() const { return data_ == this + 1; }

  void* data_;
  std::size_t bytes_;
  Allocator* allocator_;  // null for borrowed memory
  std::unique_ptr<std::function<void(void*)>> deleter_;
  std::atomic<std::uint32_t> version_{0};
  Device device_;
};

/// Counters of what is alive, for leak tests and memory reports.
std::int64_t live_storages();
std::int64_t live_bytes();

}  // namespace reel
