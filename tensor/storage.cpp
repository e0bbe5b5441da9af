#include <reel/tensor/storage.h>

#include <utility>

#include <reel/tensor/live_count.h>

namespace reel {

using detail::count_live;
using detail::Live;

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
