#pragma once

#include <cstdint>

#include <reel/kernels/random.h>
#include <reel/kernels/vector_math.h>

/// Philox for many counters at once: each round is a vector loop over the counters.
namespace reel::kernels::cpu {

inline constexpr std::int64_t kPhiloxBlock = 64;  // counters that are drawn together

/// The words of `kPhiloxBlock` consecutive counters.
struct PhiloxWords {
  alignas(64) std::uint32_t word[4][kPhiloxBlock];
};

/// The words of the counters first .. first + kPhiloxBlock - 1, the same as those of `Philox`.
REEL_VECTOR_CLONES static void draw_block(PhiloxState state, std::uint64_t first, PhiloxWords& words) {
  std::uint32_t *w0 = words.word[0], *w1 = words.word[1], *w2 = words.word[2], *w3 = words.word[3];
  for (std::int64_t c = 0; c < kPhiloxBlock; ++c) {
    const std::uint64_t index = first + static_cast<std::uint64_t>(c);
    w0[c] = static_cast<std::uint32_t>(index);
    w1[c] = static_cast<std::uint32_t>(index >> 32);
    w2[c] = static_cast<std::uint32_t>(state.offset);
    w3[c] = static_cast<std::uint32_t>(state.offset >> 32);
  }
  auto key0 = static_cast<std::uint32_t>(state.seed), key1 = static_cast<std::uint32_t>(state.seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
#pragma omp simd
    for (std::int64_t c = 0; c < kPhiloxBlock; ++c) philox_round(w0[c], w1[c], w2[c], w3[c], key0, key1);
    key0 += kPhiloxStep0;
    key1 += kPhiloxStep1;
  }
}

}  // namespace reel::kernels::cpu
