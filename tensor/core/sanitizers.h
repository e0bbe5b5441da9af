#pragma once

namespace reel::detail {

/// Whether AddressSanitizer watches. It is to see every block's end and death, so nothing that is freed is kept then.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// Whether clang's ThreadSanitizer does.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define REEL_THREAD_SANITIZER
#endif
#endif
#if defined(REEL_THREAD_SANITIZER)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace reel::detail
