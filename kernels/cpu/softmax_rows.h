#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/vector_math.h>

/// What softmax and cross-entropy share: one slice of the block at a time. A slice of rows (inner = 1) is a contiguous
/// row of n numbers; a slice of columns is `width` neighbouring columns of an n x inner matrix.
namespace reel::kernels::cpu {

/// At most this many columns are worked on together.
inline constexpr std::int64_t kSoftmaxTile = 512;

/// Calls `body(at, index, width)` for each slice of a block [outer, n, inner] in parallel: `at` is where it begins in
/// the block, `index` where its first column is in [outer, inner].
template <class F> void for_each_slice(std::int64_t outer, std::int64_t n, std::int64_t inner, F&& body) {
  if (outer == 0 || n == 0 || inner == 0) return;
  // n rows of a tile should stay in the cache between the passes, but a row of it must be long enough to prefetch.
  const std::int64_t tile = std::min(inner, std::clamp<std::int64_t>(16384 / n, 256, kSoftmaxTile));
  const std::int64_t tiles = (inner + tile - 1) / tile;
  parallel_for(outer * tiles, std::max<std::int64_t>(1, kGrain / 4 / (n * tile)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t slice = begin; slice < end; ++slice) {
                   const std::int64_t o = slice / tiles, j = slice % tiles * tile;
                   body(o * n * inner + j, o * inner + j, std::min(tile, inner - j));
                 }
               });
}

/// Where glibc's vector exponentials would be subnormal, they call the scalar one for each element: softmax of sharp
/// logits, or of a mask of -infinities, took 20 times longer. So an exponent is first limited, and what the limit makes
/// of it counts as 0. Between the two it must go through memory: in one expression the compiler moves the choice behind
/// the call.
template <class T> inline constexpr T kLeastExponent = sizeof(T) == 4 ? T(-87) : T(-708);
template <class T> T limit_exponent(T x) { return x < kLeastExponent<T> ? kLeastExponent<T> : x; }  // NaN stays NaN
/// exp(x) for a limited x.
template <class T> T limited_exp(T x) {
  const T e = math::exp(x);
  return x == kLeastExponent<T> ? T(0) : e;
}

/// A piece of a row on its way through the exponential: filled up to whole vector registers, for the scalar function
/// that would take the rest of a loop costs as much for one element as the vector one for sixteen.
template <class T> struct RowPiece {
  T value[kSoftmaxTile];

  /// The limited exponents x - shift of n elements; what is filled up counts as 0. Returns the length with the filling.
  [[gnu::always_inline]] std::int64_t load(const T* x, T shift, std::int64_t n) {
    constexpr std::int64_t lanes = 64 / sizeof(T);
    const std::int64_t padded = (n + lanes - 1) / lanes * lanes;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) value[i] = limit_exponent(x[i] - shift);
    for (std::int64_t i = n; i < padded; ++i) value[i] = kLeastExponent<T>;
    return padded;
  }
};

template <class T> struct SoftmaxRow {
  /// The largest of n numbers; NaN may be missed, but then makes the sum below NaN.
  REEL_VECTOR_CLONES static T max(const T* x, std::int64_t n) {
    T largest = -std::numeric_limits<T>::infinity();
#pragma omp simd reduction(max : largest)
    for (std::int64_t i = 0; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
    return largest;
  }

  /// The sum of exp(x - shift).
  REEL_VECTOR_CLONES static T sum_exp(const T* x, T shift, std::int64_t n) {
    RowPiece<T> piece;
    T sum = 0;
    for (std::int64_t at = 0; at < n; at += kSoftmaxTile) {
      const std::int64_t padded = piece.load(x + at, shift, std::min(kSoftmaxTile, n - at));
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < padded; ++i) sum += limited_exp(piece.value[i]);
    }
    return sum;
  }

  /// out = exp(x - shift); returns the sum.
  REEL_VECTOR_CLONES static T store_exp(const T* x, T shift, std::int64_t n, T* out) {
    RowPiece<T> piece;
    T sum = 0;
    for (std::int64_t at = 0; at < n; at += kSoftmaxTile) {
      const std::int64_t length = std::min(kSoftmaxTile, n - at), padded = piece.load(x + at, shift, length);
#pragma omp simd reduction(+ : sum)
      for (std::int64_t i = 0; i < padded; ++i) {
        const T e = limited_exp(piece.value[i]);
        piece.value[i] = e;
        sum += e;
      }
      std::copy_n(piece.value, length, out + at);
    }
    return sum;
  }

  /// out = scale * exp(x - shift) - each.
  REEL_VECTOR_CLONES static void scaled_exp(const T* x, T shift, T scale, T each, std::int64_t n, T* out) {
    RowPiece<T> piece;
    for (std::int64_t at = 0; at < n; at += kSoftmaxTile) {
      const std::int64_t length = std::min(kSoftmaxTile, n - at), padded = piece.load(x + at, shift, length);
#pragma omp simd
      for (std::int64_t i = 0; i < padded; ++i) piece.value[i] = scale * limited_exp(piece.value[i]) - each;
      std::copy_n(piece.value, length, out + at);
    }
  }
};

/// The same for `width` columns of an n x stride matrix, one row after the other.
template <class T> struct SoftmaxColumns {
  REEL_VECTOR_CLONES static void max(const T* x, std::int64_t n, std::int64_t stride, std::int64_t width, T* largest) {
    std::fill_n(largest, width, -std::numeric_limits<T>::infinity());
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        largest[j] = x[i * stride + j] > largest[j] ? x[i * stride + j] : largest[j];
      }
    }
  }

  /// to = the limited exponents x - shift of one row.
  [[gnu::always_inline]] static void load_exponents(const T* x, const T* shift, std::int64_t width, T* to) {
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) to[j] = limit_exponent(x[j] - shift[j]);
  }

  REEL_VECTOR_CLONES static void sum_exp(const T* x, const T* shift, std::int64_t n, std::int64_t stride,
                                         std::int64_t width, T* sum) {
    T exponent[kSoftmaxTile];
    std::fill_n(sum, width, T(0));
    for (std::int64_t i = 0; i < n; ++i) {
      load_exponents(x + i * stride, shift, width, exponent);
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) sum[j] += limited_exp(exponent[j]);
    }
  }
};

}  // namespace reel::kernels::cpu
