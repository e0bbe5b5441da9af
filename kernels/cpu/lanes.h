#pragma once

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

}  // namespace reel::kernels::cpu
