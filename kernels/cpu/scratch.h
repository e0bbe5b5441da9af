#pragma once

#include <cstddef>
#include <cstdint>

#include <reel/tensor/allocator.h>

namespace reel::kernels::cpu {

/// Uninitialised memory for `count` elements while a kernel runs, from Reel's allocator.
template <class T> class Scratch {
 public:
  explicit Scratch(std::int64_t count) : bytes_(static_cast<std::size_t>(count) * sizeof(T)) {
    if (bytes_) data_ = static_cast<T*>(allocator_.allocate(bytes_));
  }
  ~Scratch() {
    if (data_) allocator_.deallocate(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* data() const { return data_; }

 private:
  Allocator& allocator_ = allocator_for(Device::cpu());
  std::size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace reel::kernels::cpu
