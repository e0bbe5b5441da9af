// Storage: how blocks of memory are made, borrowed and freed.

#include <reel/tensor/storage.h>

#include <utility>

#include <reel/tensor/core/live_count.h>

namespace reel {

using detail::count_live;
using detail::Live;

// Up to so many bytes of the CPU's allocator lie in one small block with their storage, right behind it.
static_assert(sizeof(Storage) % alignof(std::max_align_t) == 0);
constexpr std::size_t kMaxInlineBytes = detail::kMaxSmallBytes - sizeof(Storage);

std::int64_t live_storages() { return detail::live_count(Live::storages); }
std::int64_t live_bytes() { return detail::live_count(Live::bytes); }

Storage::Storage(void* data, std::size_t bytes, Device device, Allocator* allocator)
    : data_(data), bytes_(bytes), allocator_(allocator), device_(device) {
  count_live(Live::storages, 1);
  count_live(Live::bytes, static_cast<std::int64_t>(bytes));
}

Storage::~Storage() {
  count_live(Live::storages, -1);
  count_live(Live::bytes, -static_cast<std::int64_t>(bytes_));
  if (holds_data()) return;
  if (allocator_) {
    if (data_) allocator_->deallocate(data_, bytes_);
  } else if (deleter_) {
    (*deleter_)(data_);
  }
}

IntrusivePtr<Storage> Storage::create(std::size_t bytes, Device device) {
  return create(bytes, device, allocator_for(device));
}

IntrusivePtr<Storage> Storage::create(std::size_t bytes, Device device, Allocator& allocator) {
  if (bytes > 0 && bytes <= kMaxInlineBytes && &allocator == &cpu_allocator()) {
    if (void* block = detail::allocate_small(sizeof(Storage) + bytes)) {
      return IntrusivePtr<Storage>(::new (block) Storage(static_cast<Storage*>(block) + 1, bytes, device, &allocator));
    }
  }
  void* data = bytes ? allocator.allocate(bytes) : nullptr;
  try {
    return IntrusivePtr<Storage>(new Storage(data, bytes, device, &allocator));
  } catch (...) {
    if (data) allocator.deallocate(data, bytes);
    throw;
  }
}

IntrusivePtr<Storage> Storage::borrow(void* data, std::size_t bytes, Device device,
                                      std::function<void(void*)> deleter) {
  IntrusivePtr<Storage> storage(new Storage(data, bytes, device, nullptr));
  if (deleter) storage->deleter_ = std::make_unique<std::function<void(void*)>>(std::move(deleter));
  return storage;
}

void Storage::destroy(Storage* storage) {
  if (!storage->holds_data()) return delete storage;
  const std::size_t block = sizeof(Storage) + storage->bytes_;
  storage->~Storage();
  detail::free_small(storage, block);
}

}  // namespace reel
