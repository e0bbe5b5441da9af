#include <reel/kernels/reduce.h>

#include <tuple>
#include <vector>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

/// Partial results run over pieces of this many elements, whatever the number of threads; it also bounds the rounding
/// error of f32 sums.
constexpr std::int64_t kPiece = 4096;
constexpr std::int64_t kPieceRows = 512;

template <class R, class T> struct Reduction {
  using Result = typename R::template Result<T>;

  static Result combine(Result a, Result b) { return R::template combine<Result>(a, b); }

  /// One contiguous row, in lanes that fill several vector registers.
  REEL_VECTOR_CLONES static Result row(const T* x, std::int64_t n) {
    constexpr int lanes = 64;
    Result lane[lanes];
    for (int l = 0; l < lanes; ++l) lane[l] = R::template start<Result>();
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int l = 0; l < lanes; ++l) lane[l] = combine(lane[l], static_cast<Result>(x[i + l]));
    }
    for (; i < n; ++i) lane[0] = combine(lane[0], static_cast<Result>(x[i]));
    for (int width = lanes / 2; width > 0; width /= 2) {
      for (int l = 0; l < width; ++l) lane[l] = combine(lane[l], lane[l + width]);
    }
    return lane[0];
  }

  static Result long_row(const T* x, std::int64_t n) {
    Result total = row(x, std::min(n, kPiece));
    for (std::int64_t i = kPiece; i < n; i += kPiece) total = combine(total, row(x + i, std::min(kPiece, n - i)));
    return total;
  }

  /// out[j] = the reduction of rows x[i][j], for `width` columns of a matrix with `stride` columns.
  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                         Result* out) {
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) out[j] = static_cast<Result>(x[j]);
    for (std::int64_t i = 1; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) out[j] = combine(out[j], static_cast<Result>(x[i * stride + j]));
    }
  }

  static void rows(const ReduceArgs& args) {
    const T* x = static_cast<const T*>(args.data);
    Result* out = static_cast<Result*>(args.out);
    const std::int64_t n = args.n;
    if (args.outer > 1 || n < 8 * kPiece) {
      parallel_for(args.outer, std::max<std::int64_t>(1, kGrain / n), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = long_row(x + i * n, n);
      });
      return;
    }
    // Few long rows: the pieces of one row are the parallel work.
    const std::int64_t pieces = (n + kPiece - 1) / kPiece;
    std::vector<Slot> partial(static_cast<std::size_t>(pieces));
    parallel_for(pieces, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t p = begin; p < end; ++p) {
        partial[static_cast<std::size_t>(p)].value = row(x + p * kPiece, std::min(kPiece, n - p * kPiece));
      }
    });
    Result total = partial[0].value;
    for (std::size_t p = 1; p < partial.size(); ++p) total = combine(total, partial[p].value);
    out[0] = total;
  }

  static void column_blocks(const ReduceArgs& args) {
    const T* x = static_cast<const T*>(args.data);
    Result* out = static_cast<Result*>(args.out);
    const std::int64_t n = args.n, inner = args.inner;
    const std::int64_t pieces = (n + kPieceRows - 1) / kPieceRows;
    if (pieces == 1) {
      constexpr std::int64_t width = 1024;
      const std::int64_t tiles = (inner + width - 1) / width;
      parallel_for(args.outer * tiles, std::max<std::int64_t>(1, kGrain / (n * std::min(inner, width))),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t unit = begin; unit < end; ++unit) {
                       const std::int64_t o = unit / tiles, j = unit % tiles * width;
                       columns(x + o * n * inner + j, n, inner, std::min(width, inner - j), out + o * inner + j);
                     }
                   });
      return;
    }
    std::vector<Slot> partial(static_cast<std::size_t>(pieces * inner));
    Result* part = &partial[0].value;
    static_assert(sizeof(Slot) == sizeof(Result));
    for (std::int64_t o = 0; o < args.outer; ++o) {
      const T* block = x + o * n * inner;
      parallel_for(pieces, std::max<std::int64_t>(1, kGrain / (kPieceRows * inner)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t p = begin; p < end; ++p) {
                       const std::int64_t first = p * kPieceRows;
                       columns(block + first * inner, std::min(kPieceRows, n - first), inner, inner, part + p * inner);
                     }
                   });
      for (std::int64_t j = 0; j < inner; ++j) out[o * inner + j] = part[j];
      for (std::int64_t p = 1; p < pieces; ++p) {
        for (std::int64_t j = 0; j < inner; ++j) out[o * inner + j] = combine(out[o * inner + j], part[p * inner + j]);
      }
    }
  }

  struct Slot {  // not bool itself, for the sake of std::vector
    Result value;
  };
};

}  // namespace

template <class R> void reduce(const ReduceArgs& args) {
  dispatch<R::dtypes>(args.dtype, [&]<class T>() {
    using Result = typename R::template Result<T>;
    const std::int64_t results = args.outer * args.inner;
    if (results == 0) return;
    if (args.n == 0) {
      std::fill_n(static_cast<Result*>(args.out), results, R::template start<Result>());
    } else if (args.inner == 1) {
      Reduction<R, T>::rows(args);
    } else {
      Reduction<R, T>::column_blocks(args);
    }
  });
}

template <class... R> constexpr auto instantiate(FunctorList<R...>) { return std::tuple{&reduce<R>...}; }

extern const auto reductions = instantiate(Reducers{});

}  // namespace reel::kernels::cpu
