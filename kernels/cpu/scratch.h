#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include <reel/tensor/core/allocator.h>

namespace reel::kernels::cpu {

/// Uninitialised memory from Reel's allocator for the duration of a kernel.
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

/// An allocator of memory that is aligned to a cache line.
template <class T> struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  LineAllocator() = default;
  template <class U> LineAllocator(const LineAllocator<U>&) {}

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), line)); }
  void deallocate(T* data, std::size_t) { ::operator delete(data, line); }
  bool operator==(const LineAllocator&) const { return true; }
};

/// For the temporary arrays of inner loops: loads and stores of a vector register that cross a cache line take twice as
/// long.
template <class T> using LineVector = std::vector<T, LineAllocator<T>>;

}  // namespace reel::kernels::cpu
