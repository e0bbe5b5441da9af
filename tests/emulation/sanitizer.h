#pragma once

#include <cstddef>

/// What the sanitizers must be told, and nothing without them.

#if defined(__SANITIZE_ADDRESS__)
#define EMULATION_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define EMULATION_TSAN 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(EMULATION_ASAN)
#define EMULATION_ASAN 1
#endif
#if __has_feature(thread_sanitizer) && !defined(EMULATION_TSAN)
#define EMULATION_TSAN 1
#endif
#endif

#ifdef EMULATION_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef EMULATION_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace emulation::sanitizer {

#ifdef EMULATION_ASAN
inline constexpr bool kAddress = true;

inline void poison(const void* begin, std::size_t bytes) { __asan_poison_memory_region(begin, bytes); }
inline void unpoison(const void* begin, std::size_t bytes) { __asan_unpoison_memory_region(begin, bytes); }

/// Around a switch to another stack. `kept` is null before the last switch away from a stack and after the first to it.
inline void before_switch(void** kept, const void* begin, std::size_t bytes) {
  __sanitizer_start_switch_fiber(kept, begin, bytes);
}
inline void after_switch(void* kept, const void** old_begin, std::size_t* old_bytes) {
  __sanitizer_finish_switch_fiber(kept, old_begin, old_bytes);
}
#else
inline constexpr bool kAddress = false;

inline void poison(const void*, std::size_t) {}
inline void unpoison(const void*, std::size_t) {}
inline void before_switch(void**, const void*, std::size_t) {}
inline void after_switch(void*, const void**, std::size_t*) {}
#endif

#if defined(EMULATION_ASAN) || defined(EMULATION_TSAN)
inline constexpr bool kAny = true;
#else
inline constexpr bool kAny = false;
#endif

#ifdef EMULATION_TSAN
/// A fiber for a stack that is used from its beginning. `last` was the fiber of its last use.
inline void* new_fiber(void* last) {
  if (last) __tsan_destroy_fiber(last);
  return __tsan_create_fiber(0);
}
inline void* current_fiber() { return __tsan_get_current_fiber(); }
/// Right before the switch itself.
[[gnu::always_inline]] inline void switch_fiber(void* fiber) { __tsan_switch_to_fiber(fiber, 0); }
#else
inline void* new_fiber(void*) { return nullptr; }
inline void* current_fiber() { return nullptr; }
inline void switch_fiber(void*) {}
#endif

}  // namespace emulation::sanitizer
