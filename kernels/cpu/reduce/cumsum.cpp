// Cumulative sums along a dimension.

#include <reel/kernels/reduce.h>

#include <algorithm>
#include <memory>

#include <reel/kernels/announce.h>
#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Only a single long row is split, since that reads it twice.
ReduceAlgorithm choose(std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (inner > 1) return ReduceAlgorithm::columns;
  return outer == 1 && n >= 4 * kGrain ? ReduceAlgorithm::split_rows : ReduceAlgorithm::rows;
}

/// f32 sums run in f64, so that long ones stay accurate; integers in i64, wrapping around.
template <class T> struct Scan {
  using Out = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  using Sum = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

  /// `n` elements `step` apart, on top of `sum`; returns the new sum.
  static Sum row(const T* x, Out* out, std::int64_t n, std::int64_t step, Sum sum) {
    for (std::int64_t i = 0; i < n; ++i) {
      sum = plus(sum, static_cast<Sum>(x[i * step]));
      out[i * step] = static_cast<Out>(sum);
    }
    return sum;
  }

  static Sum total(const T* x, std::int64_t n) {
    Sum sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum = plus(sum, static_cast<Sum>(x[i]));
    return sum;
  }

  static constexpr std::int64_t kTile = 256;

  /// `width` neighbouring columns, rows `stride` apart (negative: backwards).
  REEL_VECTOR_CLONES static void columns(const T* x, Out* out, std::int64_t rows, std::int64_t stride,
                                         std::int64_t width) {
    Sum sum[kTile];
    std::fill_n(sum, width, Sum(0));
    for (std::int64_t i = 0; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        sum[j] = plus(sum[j], static_cast<Sum>(x[i * stride + j]));
        out[i * stride + j] = static_cast<Out>(sum[j]);
      }
    }
  }

  /// One long row in two passes over fixed pieces: their totals, then each piece on top of those before it.
  static void long_row(const T* x, Out* out, std::int64_t n, bool reverse) {
    const std::int64_t pieces = (n + kGrain - 1) / kGrain;
    const auto begin_of = [&](std::int64_t p) { return p * kGrain; };
    const auto size_of_piece = [&](std::int64_t p) { return std::min(kGrain, n - p * kGrain); };
    const auto before = std::make_unique<Sum[]>(static_cast<std::size_t>(pieces));
    parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) before[p] = total(x + begin_of(p), size_of_piece(p));
    });
    Sum sum = 0;
    for (std::int64_t k = 0; k < pieces; ++k) {
      const std::int64_t p = reverse ? pieces - 1 - k : k;
      const Sum piece = before[p];
      before[p] = sum;
      sum = plus(sum, piece);
    }
    parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        const std::int64_t first = begin_of(p) + (reverse ? size_of_piece(p) - 1 : 0);
        row(x + first, out + first, size_of_piece(p), reverse ? -1 : 1, before[p]);
      }
    });
  }

  static void run(const ScanArgs& args) {
    const T* x = static_cast<const T*>(args.data);
    Out* out = static_cast<Out*>(args.out);
    const std::int64_t n = args.n, inner = args.inner, last = args.reverse ? (n - 1) * inner : 0;
    const ReduceAlgorithm algorithm = choose(args.outer, n, inner);
    announce(dtype_of<T>, args.outer, n, inner, algorithm);
    if (algorithm == ReduceAlgorithm::split_rows) return long_row(x, out, n, args.reverse);
    const std::int64_t tiles = (inner + kTile - 1) / kTile;
    const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (n * std::min(inner, kTile)));
    parallel_for(args.outer * tiles, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t j = unit % tiles * kTile, first = unit / tiles * n * inner + j + last;
        const std::int64_t step = args.reverse ? -inner : inner;
        if (inner == 1) row(x + first, out + first, n, step, 0);
        else columns(x + first, out + first, n, step, std::min(kTile, inner - j));
      }
    });
  }
};

}  // namespace

void cumsum(const ScanArgs& args) {
  if (args.outer * args.n * args.inner == 0) return;
  dispatch<kWideNumericAndBool>(args.dtype, [&]<class T>() { Scan<T>::run(args); });
}

}  // namespace reel::kernels::cpu
