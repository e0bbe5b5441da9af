// Allocations, and the memory of a device.

#include "runtime/memory.h"

#include <algorithm>
#include <cstring>

namespace emulation {
namespace {

constexpr std::size_t kMaxGarbage = std::size_t{64} << 20;  // a test that fills a device shall not fill the host

void fill_with_garbage(void* block, std::size_t bytes) {
  std::memset(block, 0xff, std::min(bytes, kMaxGarbage));  // not a number in every floating-point format
}

}  // namespace

std::size_t Allocations::remove(const void* begin) {
  const auto at = sizes_.find(static_cast<const std::byte*>(begin));
  if (at == sizes_.end()) return 0;
  const std::size_t bytes = at->second;
  sizes_.erase(at);
  return bytes;
}

std::size_t Allocations::rest_from(const void* address) const {
  const auto* byte = static_cast<const std::byte*>(address);
  auto at = sizes_.upper_bound(byte);
  if (at == sizes_.begin()) return 0;
  --at;
  const auto offset = static_cast<std::size_t>(byte - at->first);
  return offset < at->second ? at->second - offset : 0;
}

void* DeviceMemory::allocate(std::size_t bytes) {
  if (bytes > capacity_ - used_) return nullptr;
  std::byte* block = blocks_.take(bytes);
  if (!block) return nullptr;
  used_ += bytes;
  allocations_.add(block, bytes);
  const OpenMemory access(*this);
  fill_with_garbage(block, bytes);
  Blocks::guard(block, bytes);
  return block;
}

bool DeviceMemory::free(void* pointer) {
  const std::size_t bytes = allocations_.remove(pointer);
  if (!bytes) return false;
  {
    const OpenMemory access(*this);
    fill_with_garbage(pointer, bytes);
  }
  used_ -= bytes;
  blocks_.give_back(static_cast<std::byte*>(pointer), bytes);
  return true;
}

void DeviceMemory::open() {
  if (!is_open_) blocks_.open();
  is_open_ = true;
}

void DeviceMemory::close() {
  if (is_open_) blocks_.close();
  is_open_ = false;
}

std::string DeviceMemory::find_damage() {
  std::string text;
  for (const auto& [begin, bytes] : allocations_) {
    if (Blocks::is_intact(begin, bytes)) continue;
    Blocks::guard(begin, bytes);
    text += (text.empty() ? "" : ", ") + std::to_string(bytes) + " bytes of device memory were written past their end";
  }
  return text;
}

}  // namespace emulation
