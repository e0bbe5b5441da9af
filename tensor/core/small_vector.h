#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace reel {

/// A vector whose first N elements need no allocation. Just what the tape needs: it grows, clears and moves.
template <class T, std::size_t N> class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(SmallVector&& other) noexcept { take(other); }
  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  SmallVector(const SmallVector& other) {
    for (const T& value : other) push_back(value);
  }
  SmallVector& operator=(const SmallVector& other) { return *this = SmallVector(other); }
  ~SmallVector() { reset(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  operator std::span<const T>() const { return {data_, size_}; }
  operator std::span<T>() { return {data_, size_}; }

  template <class... Args> T& emplace_back(Args&&... args) {
    if (size_ == capacity_) grow();
    T* slot = std::construct_at(data_ + size_, std::forward<Args>(args)...);
    ++size_;
    return *slot;
  }
  void push_back(T value) { emplace_back(std::move(value)); }
  void resize(std::size_t size) {
    while (size_ < size) emplace_back();
    while (size_ > size) std::destroy_at(data_ + --size_);
  }
  /// Destroys the elements and gives back what was allocated.
  void reset() {
    std::destroy_n(data_, std::exchange(size_, 0));
    if (data_ != local()) std::allocator<T>().deallocate(data_, capacity_);
    data_ = local();
    capacity_ = N;
  }

 private:
  T* local() { return reinterpret_cast<T*>(local_); }

  // A loop of its own: std::uninitialized_move_n would be the slowest template of the umbrella header to compile.
  static void move_to(T* to, T* from, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) std::construct_at(to + i, std::move(from[i]));
  }

  void grow() {
    T* wider = std::allocator<T>().allocate(2 * capacity_);
    move_to(wider, data_, size_);
    std::destroy_n(data_, size_);
    if (data_ != local()) std::allocator<T>().deallocate(data_, capacity_);
    data_ = wider;
    capacity_ *= 2;
  }

  void take(SmallVector& other) {
    if (other.data_ != other.local()) {
      data_ = std::exchange(other.data_, other.local());
      capacity_ = std::exchange(other.capacity_, N);
      size_ = std::exchange(other.size_, 0);
    } else {
      move_to(data_, other.data_, other.size_);
      size_ = other.size_;
      other.reset();
    }
  }

  alignas(T) std::byte local_[N * sizeof(T)];
  T* data_ = local();
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
};

}  // namespace reel
