// Non-temporal stores, chosen at run time by what the processor supports.

#include <reel/kernels/cpu/non_temporal_stores.h>

#include <cstdint>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace reel::kernels::cpu {
namespace {

#ifdef __x86_64__

constexpr std::size_t kLine = 64;

// These store whole cache lines; `to` is aligned to one. With AVX-512 one store covers a line, which is a quarter
// faster than several. No compiler generates non-temporal stores from a loop.

using Next = std::span<const void* const>;

/// Prefetches line i of each input. A prefetch beyond the end of an input has no effect.
void prefetch(Next next, std::size_t i) {
  for (const void* input : next) _mm_prefetch(static_cast<const char*>(input) + i * kLine, _MM_HINT_T0);
}

__attribute__((target("avx512f"))) void store_lines_512(char* to, const char* from, std::size_t lines, Next next) {
  for (std::size_t i = 0; i < lines; ++i) {
    prefetch(next, i);
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i * kLine), _mm512_loadu_si512(from + i * kLine));
  }
}

void store_lines_128(char* to, const char* from, std::size_t lines, Next next) {
  for (std::size_t i = 0; i < lines; ++i) {
    prefetch(next, i);
    for (std::size_t j = i * kLine; j < (i + 1) * kLine; j += 16) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + j), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + j)));
    }
  }
}

auto choose_store_lines() { return __builtin_cpu_supports("avx512f") ? store_lines_512 : store_lines_128; }

#endif

}  // namespace

#ifdef __x86_64__

void non_temporal_copy(void* to, const void* from, std::size_t bytes, Next next) {
  static const auto store_lines = choose_store_lines();
  char* t = static_cast<char*>(to);
  const char* f = static_cast<const char*>(from);
  const std::size_t first = (kLine - reinterpret_cast<std::uintptr_t>(to) % kLine) % kLine;
  if (first >= bytes) {
    std::memcpy(t, f, bytes);
    return;
  }
  const std::size_t lines = (bytes - first) / kLine, last = first + lines * kLine;
  std::memcpy(t, f, first);
  store_lines(t + first, f + first, lines, next);
  std::memcpy(t + last, f + last, bytes - last);
}

void non_temporal_fence() { _mm_sfence(); }

#else

void non_temporal_copy(void* to, const void* from, std::size_t bytes, std::span<const void* const>) {
  std::memcpy(to, from, bytes);
}
void non_temporal_fence() {}

#endif

}  // namespace reel::kernels::cpu
