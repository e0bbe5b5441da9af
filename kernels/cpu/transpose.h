#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <reel/kernels/vector_math.h>

/// Transposed copies of small square tiles, the building blocks of copies between layouts.
namespace reel::kernels::cpu {

/// Tiles of kEdge x kEdge elements. Each line of a tile is a vector that fits an AVX2 register.
template <class T> class TileTranspose {
 public:
  static constexpr int kEdge = sizeof(T) == 8 ? 4 : sizeof(T) == 1 ? 16 : 8;

  /// to[j][i] = from[i][j] for `across` tiles, which are horizontal neighbours in `from` and vertical ones in `to`.
  REEL_VECTOR_CLONES static void run(const T* from, std::int64_t from_step, T* to, std::int64_t to_step,
                                     std::int64_t across) {
    for (std::int64_t tile = 0; tile < across; ++tile, from += kEdge, to += kEdge * to_step) {
      Line lines[kEdge], turned[kEdge];
      for (int i = 0; i < kEdge; ++i) std::memcpy(&lines[i], from + i * from_step, sizeof(Line));
      // Each pass exchanges one bit of the line index with one bit of the position within the 16-byte lane. After
      // log2(kLane) passes the two are swapped.
      for (int pass = 1; pass < kLane; pass *= 2) {
        for (int first = 0; first < kEdge; first += kLane) interleave(lines + first, turned + first);
        std::copy_n(turned, kEdge, lines);
      }
      if constexpr (kLane < kEdge) {
        for (int j = 0; j < kLane; ++j) {
          exchange<0>(lines[j], lines[kLane + j], turned[j], Places());
          exchange<kLane>(lines[j], lines[kLane + j], turned[kLane + j], Places());
        }
        std::copy_n(turned, kEdge, lines);
      }
      for (int j = 0; j < kEdge; ++j) std::memcpy(to + j * to_step, &lines[j], sizeof(Line));
    }
  }

 private:
  using Line [[gnu::vector_size(kEdge * sizeof(T))]] = T;
  using Places = std::make_integer_sequence<int, kEdge>;

  /// The elements of a 16-byte lane. AVX2 moves only whole lanes across lanes.
  static constexpr int kLane = 16 / sizeof(T);
  static_assert(kLane == kEdge || 2 * kLane == kEdge);

  [[gnu::always_inline]] static void interleave(const Line* lines, Line* out) {
    for (int k = 0; k < kLane / 2; ++k) {
      zip<0>(lines[k], lines[k + kLane / 2], out[2 * k], Places());
      zip<kLane / 2>(lines[k], lines[k + kLane / 2], out[2 * k + 1], Places());
    }
  }

  /// Interleaves the elements of a and b, from position `First` of each lane on.
  template <int First, int... I>
  [[gnu::always_inline]] static void zip(const Line& a, const Line& b, Line& out, std::integer_sequence<int, I...>) {
    out = __builtin_shufflevector(a, b, (I / kLane * kLane + First + I % kLane / 2 + I % 2 * kEdge)...);
  }

  /// The lane at `First` of a, then that of b.
  template <int First, int... I> [[gnu::always_inline]] static void exchange(const Line& a, const Line& b, Line& out,
                                                                             std::integer_sequence<int, I...>) {
    out = __builtin_shufflevector(a, b, (First + I % kLane + I / kLane * kEdge)...);
  }
};

}  // namespace reel::kernels::cpu
