#pragma once

#include <cstdint>

#include <reel/kernels/copy.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {

/// Converts n elements of a row, contiguous ones or with steps.
template <class To, class From> struct Conversion {
  REEL_VECTOR_CLONES static void dense(void* to, const void* from, std::int64_t n) {
    To* out = static_cast<To*>(to);
    const From* in = static_cast<const From*>(from);
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = convert<To>(in[i]);
  }
  static void strided(void* to, std::int64_t to_step, const void* from, std::int64_t from_step, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      static_cast<To*>(to)[i * to_step] = convert<To>(static_cast<const From*>(from)[i * from_step]);
    }
  }
  /// The one or the other.
  static void run(void* to, std::int64_t to_step, const void* from, std::int64_t from_step, std::int64_t n) {
    if (to_step == 1 && from_step == 1) dense(to, from, n);
    else strided(to, to_step, from, from_step, n);
  }
};

}  // namespace reel::kernels::cpu
