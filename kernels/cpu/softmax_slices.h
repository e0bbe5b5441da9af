#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/pieces.h>
#include <reel/kernels/exponential.h>
#include <reel/kernels/vector_math.h>

/// Building blocks of softmax and cross-entropy over the middle dimension of [outer, n, inner], one slice at a time. If
/// inner is 1, a slice is a contiguous row of n elements, else `width` neighbouring columns of an n x inner matrix.
namespace reel::kernels::cpu::softmaxes {

/// A slice has at most this many columns.
inline constexpr std::int64_t kTileColumns = 512;

/// Calls `body(at, index, width)` for each slice, in parallel: `at` is its offset in [outer, n, inner], `index` that of
/// its first column in [outer, inner].
template <class F> void for_each_slice(std::int64_t outer, std::int64_t n, std::int64_t inner, F&& body) {
  if (outer == 0 || n == 0 || inner == 0) return;
  // A tile of n rows should stay in the cache between the passes, but its rows must be long enough to prefetch.
  const std::int64_t tile = std::min(inner, std::clamp<std::int64_t>(16384 / n, 256, kTileColumns));
  const std::int64_t tiles = (inner + tile - 1) / tile;
  parallel_for(outer * tiles, std::max<std::int64_t>(1, kGrain / 4 / (n * tile)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t slice = begin; slice < end; ++slice) {
                   const std::int64_t o = slice / tiles, j = slice % tiles * tile;
                   body(o * n * inner + j, o * inner + j, std::min(tile, inner - j));
                 }
               });
}

/// The loops over a row.
template <class T> struct Row {
  /// The largest element. It may miss a NaN, which then makes the sum of exponentials NaN.
  REEL_VECTOR_CLONES static T max(const T* x, std::int64_t n) {
    constexpr int lanes = 256 / sizeof(T);  // four independent vector registers hide the latency of max
    T largest = -std::numeric_limits<T>::infinity();
    std::int64_t i = 0;
    if (n >= lanes) {
      T lane[lanes];
      std::copy_n(x, lanes, lane);
      for (i = lanes; i + lanes <= n; i += lanes) {
#pragma omp simd
        for (int l = 0; l < lanes; ++l) lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
      }
#pragma omp simd reduction(max : largest)
      for (int l = 0; l < lanes; ++l) largest = lane[l] > largest ? lane[l] : largest;
    }
#pragma omp simd reduction(max : largest)
    for (std::int64_t k = i; k < n; ++k) largest = x[k] > largest ? x[k] : largest;
    return largest;
  }

  /// The sum of exp(x - max).
  static T sum_exp(const T* x, T max, std::int64_t n) {
    return sum_pieces(n, kLanePiece,
                      [=](std::int64_t i, std::int64_t count) { return sum_exp_piece(x + i, max, count); });
  }
  REEL_VECTOR_CLONES static T sum_exp_piece(const T* x, T max, std::int64_t n) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) sum += exp_or_zero(x[i] - max);
    return sum;
  }

  /// out = exp(x - max); returns the sum.
  static T store_exp(const T* x, T max, std::int64_t n, T* out) {
    return sum_pieces(n, kLanePiece,
                      [=](std::int64_t i, std::int64_t count) { return store_exp_piece(x + i, max, count, out + i); });
  }
  REEL_VECTOR_CLONES static T store_exp_piece(const T* x, T max, std::int64_t n, T* out) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
      const T e = exp_or_zero(x[i] - max);
      out[i] = e;
      sum += e;
    }
    return sum;
  }

  /// out = scale * exp(x - max) - offset.
  REEL_VECTOR_CLONES static void scaled_exp(const T* x, T max, T scale, T offset, std::int64_t n, T* out) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) out[i] = scale * exp_or_zero(x[i] - max) - offset;
  }
};

/// The same for `width` columns of an n x stride matrix, row by row.
template <class T> struct Columns {
  REEL_VECTOR_CLONES static void max(const T* x, std::int64_t n, std::int64_t stride, std::int64_t width, T* largest) {
    std::fill_n(largest, width, -std::numeric_limits<T>::infinity());
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        largest[j] = x[i * stride + j] > largest[j] ? x[i * stride + j] : largest[j];
      }
    }
  }

  static void sum_exp(const T* x, const T* max, std::int64_t n, std::int64_t stride, std::int64_t width, T* sum) {
    sum_column_pieces<kTileColumns>(n, kColumnPiece, width, sum, [=](std::int64_t i, std::int64_t rows, T* sums) {
      sum_exp_piece(x + i * stride, max, rows, stride, width, sums);
    });
  }
  REEL_VECTOR_CLONES static void sum_exp_piece(const T* x, const T* max, std::int64_t n, std::int64_t stride,
                                               std::int64_t width, T* sum) {
    std::fill_n(sum, width, T(0));
    for (std::int64_t i = 0; i < n; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) sum[j] += exp_or_zero(x[i * stride + j] - max[j]);
    }
  }
};

}  // namespace reel::kernels::cpu::softmaxes
