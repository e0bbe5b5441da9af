// Replaces the global operator new; in a file of its own, so that no compiler sees new and free side by side.

#include "support/failing_heap.h"

#include <cstdlib>
#include <new>

namespace reel::testing {

std::atomic<std::int64_t> heap_countdown{-1};

}  // namespace reel::testing

#ifndef REEL_THREAD_SANITIZER
void* operator new(std::size_t bytes) {
  if (reel::testing::fails_now(reel::testing::heap_countdown)) throw std::bad_alloc();
  if (void* data = std::malloc(bytes ? bytes : 1)) return data;
  throw std::bad_alloc();
}
// std::stable_sort asks for its buffer like this.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  if (reel::testing::fails_now(reel::testing::heap_countdown)) return nullptr;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, std::size_t) noexcept { std::free(data); }
#endif
