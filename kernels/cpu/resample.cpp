// Weighted runs along a dimension on the CPU: resizing along an axis, and its transpose.

#include <reel/kernels/resample.h>

#include <algorithm>

#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/pieces.h>
#include <reel/kernels/vector_math.h>

namespace reel::kernels::cpu {
namespace {

/// Neighbouring results that stay in the first-level cache while the terms of their runs are added.
constexpr std::int64_t kBlock = 1024;

template <class T> struct Resample {
  const ResampleArgs& args;
  const T* weights = static_cast<const T*>(args.weights);

  /// `out[j] = sum over t of term(t, j)` for `width` results, term by term. Few terms stay in T.
  template <class Add>
  [[gnu::always_inline]] static void add_up(std::int64_t taps, std::int64_t width, T* out, Add&& add) {
    std::fill_n(out, width, T(0));
    if (taps <= kColumnPiece) {
      for (std::int64_t t = 0; t < taps; ++t) add(t);
      return;
    }
    RunningSums<T> sums(out, width);
    for (std::int64_t t = 0; t < taps; ++t) {
      add(t);
      sums.count(1);
    }
    sums.finish();
  }

  /// Rows of `inner` neighbours: each is one result along the dimension.
  REEL_VECTOR_CLONES void rows(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t i = row % args.size;
      const T* x = static_cast<const T*>(args.x) + (row / args.size * args.in + args.first[i]) * args.inner;
      for (std::int64_t from = 0; from < args.inner; from += kBlock) {
        const std::int64_t width = std::min(kBlock, args.inner - from);
        T* out = static_cast<T*>(args.out) + row * args.inner + from;
        add_up(
            args.taps, width, out, [&](std::int64_t t) __attribute__((always_inline)) {
              const T weight = weights[t * args.size + i];
              const T* term = x + t * args.inner + from;
              if (weight == T(0)) return;
#pragma omp simd
              for (std::int64_t k = 0; k < width; ++k) out[k] += weight * term[k];
            });
      }
    }
  }

  /// Lines whose neighbours are the results along the dimension.
  REEL_VECTOR_CLONES void lines(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t o = begin; o < end; ++o) {
      const T* x = static_cast<const T*>(args.x) + o * args.in;
      for (std::int64_t from = 0; from < args.size; from += kBlock) {
        const std::int64_t width = std::min(kBlock, args.size - from);
        const std::int32_t* first = args.first + from;
        T* out = static_cast<T*>(args.out) + o * args.size + from;
        add_up(
            args.taps, width, out, [&](std::int64_t t) __attribute__((always_inline)) {
              const T *weight = weights + t * args.size + from, *term = x + t;
#pragma omp simd
              for (std::int64_t i = 0; i < width; ++i) {
                const T product = weight[i] * term[first[i]];
                out[i] += weight[i] == T(0) ? T(0) : product;
              }
            });
      }
    }
  }

  void run() const {
    const auto grain = [&](std::int64_t results) { return std::max<std::int64_t>(1, kGrain / (results * args.taps)); };
    if (args.inner == 1) {
      parallel_for(args.outer, grain(args.size), [&](std::int64_t begin, std::int64_t end) { lines(begin, end); });
    } else {
      parallel_for(args.outer * args.size, grain(args.inner),
                   [&](std::int64_t begin, std::int64_t end) { rows(begin, end); });
    }
  }
};

}  // namespace

void resample(const ResampleArgs& args) {
  if (args.outer * args.size * args.inner == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { Resample<T>{args}.run(); });
}

}  // namespace reel::kernels::cpu
