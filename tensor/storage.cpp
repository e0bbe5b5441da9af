#include <reel/tensor/storage.h>

#include <utility>

namespace reel {
namespace {

std::atomic<std::int64_t> storages{0};
std::atomic<std::int64_t> total_bytes{0};

}  // namespace

std::int64_t live_storages() { return storages.load(); }
std::int64_t live_bytes() { return total_bytes.load(); }

Storage::Storage(void* data, std::size_t bytes, Device device, Allocator* allocator)
    : data_(data), bytes_(bytes), allocator_(allocator), device_(device) {
  storages.fetch_add(1, std::memory_order_relaxed);
  total_bytes.fetch_add(static_cast<std::int64_t>(bytes), std::memory_order_relaxed);
}

Storage::~Storage() {
  storages.fetch_sub(1, std::memory_order_relaxed);
  total_bytes.fetch_sub(static_cast<std::int64_t>(bytes_), std::memory_order_relaxed);
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

void Storage::destroy(Storage* storage) { delete storage; }

}  // namespace reel
