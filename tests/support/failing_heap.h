#pragma once

#include <atomic>
#include <cstdint>

#include <reel/tensor/core/sanitizers.h>

namespace reel::testing {

/// Whether `new` can be made to fail: clang's ThreadSanitizer brings its own and lets nobody replace it.
inline constexpr bool kHeapCanFail = !detail::kThreadSanitizer;

/// Counts every `new` of the test program down: at 0 that one throws std::bad_alloc. Negative: none does.
extern std::atomic<std::int64_t> heap_countdown;

/// Whether an allocation that `countdown` counts is to fail.
inline bool fails_now(std::atomic<std::int64_t>& countdown) {
  return countdown.load(std::memory_order_relaxed) >= 0 && countdown.fetch_sub(1) == 0;
}

}  // namespace reel::testing
