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
  /// `width` neighbouring results of one run of `taps` terms.
  REEL_VECTOR_CLONES static void block(const T* weights, std::int64_t taps, const T* x, std::int64_t step,
                                       std::int64_t width, T* out) {
    std::fill_n(out, width, T(0));
    RunningSums<T> sums(out, width);
    for (std::int64_t t = 0; t < taps; ++t, x += step) {
      const T weight = weights[t];
      if (weight == T(0)) continue;
#pragma omp simd
      for (std::int64_t k = 0; k < width; ++k) out[k] += weight * x[k];
      sums.count(1);
    }
    sums.finish();
  }

  /// The results of one line of neighbours.
  REEL_VECTOR_CLONES static void line(const ResampleArgs& args, const T* x, T* out) {
    const T* weights = static_cast<const T*>(args.weights);
    for (std::int64_t i = 0; i < args.size; ++i) {
      const T *from = x + args.first[i], *weight = weights + args.begin[i];
      out[i] = sum_pieces(
          args.begin[i + 1] - args.begin[i],
          kColumnPiece, [&](std::int64_t begin, std::int64_t count) __attribute__((always_inline)) {
            T sum = 0;
            for (std::int64_t t = begin; t < begin + count; ++t) {
              if (weight[t] != T(0)) sum += weight[t] * from[t];
            }
            return sum;
          });
    }
  }

  static void run(const ResampleArgs& args) {
    const T* x = static_cast<const T*>(args.x);
    T* out = static_cast<T*>(args.out);
    const std::int64_t average_run = std::max<std::int64_t>(1, args.begin[args.size] / args.size);
    const auto grain = [&](std::int64_t results) {
      return std::max<std::int64_t>(1, kGrain / (results * average_run));
    };
    if (args.inner == 1) {
      parallel_for(args.outer, grain(args.size), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t o = begin; o < end; ++o) line(args, x + o * args.in, out + o * args.size);
      });
      return;
    }
    parallel_for(args.outer * args.size, grain(args.inner), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t i = row % args.size;
        const T* from = x + (row / args.size * args.in + args.first[i]) * args.inner;
        for (std::int64_t k = 0; k < args.inner; k += kBlock) {
          block(static_cast<const T*>(args.weights) + args.begin[i], args.begin[i + 1] - args.begin[i], from + k,
                args.inner, std::min(kBlock, args.inner - k), out + row * args.inner + k);
        }
      }
    });
  }
};

}  // namespace

void resample(const ResampleArgs& args) {
  if (args.outer * args.size * args.inner == 0) return;
  dispatch<kWideFloating>(args.dtype, [&]<class T>() { Resample<T>::run(args); });
}

}  // namespace reel::kernels::cpu
