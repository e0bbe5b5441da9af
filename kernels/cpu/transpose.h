#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <reel/kernels/vector_math.h>

/// Transposed copies of small square tiles: what copies between layouts are made of.
namespace reel::kernels::cpu {

/// Square tiles of elements of T, kEdge x kEdge: a line of one is a vector, at most a cache line.
template <class T> class TileTranspose {
 public:
  static constexpr int kEdge = sizeof(T) == 8 ? 8 : 16;

  /// to[j][i] = from[i][j] for `across` tiles side by side in `from`, one above the other in `to`.
  REEL_VECTOR_CLONES static void run(const T* from, std::int64_t from_step, T* to, std::int64_t to_step,
                                     std::int64_t across) {
    for (std::int64_t tile = 0; tile < across; ++tile, from += kEdge, to += kEdge * to_step) {
      Line lines[kEdge], turned[kEdge];
      for (int i = 0; i < kEdge; ++i) std::memcpy(&lines[i], from + i * from_step, sizeof(Line));
      // Each pass moves a bit of the line's number to the place within the line, and one back: log2(kEdge) passes
      // exchange the two.
      for (int pass = 1; pass < kEdge; pass *= 2) {
        interleave(lines, turned);
        std::copy_n(turned, kEdge, lines);
      }
      for (int j = 0; j < kEdge; ++j) std::memcpy(to + j * to_step, &lines[j], sizeof(Line));
    }
  }

 private:
  using Line [[gnu::vector_size(kEdge * sizeof(T))]] = T;
  using Places = std::make_integer_sequence<int, kEdge>;

  [[gnu::always_inline]] static void interleave(const Line* lines, Line* out) {
    for (int k = 0; k < kEdge / 2; ++k) {
      zip<0>(lines[k], lines[k + kEdge / 2], out[2 * k], Places());
      zip<kEdge>(lines[k], lines[k + kEdge / 2], out[2 * k + 1], Places());
    }
  }

  /// Elements of a and b in turn, from the first or the second half of both.
  template <int Half, int... I>
  [[gnu::always_inline]] static void zip(const Line& a, const Line& b, Line& out, std::integer_sequence<int, I...>) {
    out = __builtin_shufflevector(a, b, ((Half + I) / 2 + I % 2 * kEdge)...);
  }
};

}  // namespace reel::kernels::cpu
