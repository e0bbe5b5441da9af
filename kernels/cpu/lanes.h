#pragma once

#include <cstdint>

/// Arrays of partial results, one for each vector lane.
namespace reel::kernels::cpu {

/// Sets all lanes to 0. The value is hidden from the compiler, which would otherwise emit `rep stos`: that takes as
/// long as the sum of a row of 512 elements.
template <class T, int Lanes> [[gnu::always_inline]] inline void clear_lanes(T (&lane)[Lanes]) {
  T zero{};
  asm("" : "+m"(zero));
#pragma omp simd
  for (int l = 0; l < Lanes; ++l) lane[l] = zero;
}

/// Reduces the first N lanes to one by halves. The recursion unrolls the loop, so that the lanes stay in registers.
template <int N, class T, int Lanes, class Combine>
[[gnu::always_inline]] inline T fold_lanes(T (&lane)[Lanes], Combine combine) {
  if constexpr (N == 1) {
    return lane[0];
  } else {
#pragma omp simd
    for (int l = 0; l < N / 2; ++l) lane[l] = combine(lane[l], lane[l + N / 2]);
    return fold_lanes<N / 2>(lane, combine);
  }
}

/// The sum of all lanes.
template <class T, int Lanes> [[gnu::always_inline]] inline T sum_lanes(T (&lane)[Lanes]) {
  return fold_lanes<Lanes>(
      lane, [](T a, T b) __attribute__((always_inline)) { return a + b; });
}

/// Calls `add(i, lane)` for n elements, which take the lanes in turn. `add` must be always_inline.
template <int Lanes, class Add> [[gnu::always_inline]] inline void for_lanes(std::int64_t n, Add add) {
  std::int64_t i = 0;
  for (; i + Lanes <= n; i += Lanes) {
#pragma omp simd
    for (int l = 0; l < Lanes; ++l) add(i + l, l);
  }
  for (int l = 0; i + l < n; ++l) add(i + l, l);
}

/// The sum of a[i] * b[i], in lanes that fill several vector registers.
template <class T> [[gnu::always_inline]] inline T dot_in_lanes(const T* a, const T* b, std::int64_t n) {
  constexpr int lanes = 64;
  T lane[lanes];
  clear_lanes(lane);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (int l = 0; l < lanes; ++l) lane[l] += a[i + l] * b[i + l];
  }
  for (; i < n; ++i) lane[0] += a[i] * b[i];
  return sum_lanes(lane);
}

}  // namespace reel::kernels::cpu
