// Variances along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cpu/reduce/reduce_loops.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cpu {
namespace {

/// Two passes over each piece while it is in the cache, the mean and then the squared differences from it.
template <class T> struct Variance {
  using In = T;
  using State = Moments;
  using Total = Moments;
  static constexpr std::int64_t kTile = 256, kRows = 128;

  T* out;
  double divisor;

  static State combine(State a, State b) { return Moments::combine(a, b); }
  void store(std::int64_t i, State state) const { out[i] = static_cast<T>(state.squares / divisor); }

  REEL_VECTOR_CLONES static State row(const T* x, std::int64_t n, std::int64_t) {
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) sum += x[i];
    const T mean = sum / static_cast<T>(n);
    T rest = 0, squares = 0;
#pragma omp simd reduction(+ : rest, squares)
    for (std::int64_t i = 0; i < n; ++i) {
      const T d = x[i] - mean;
      rest += d;
      squares += d * d;
    }
    return Moments::of(n, mean, rest, squares);
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                         std::int64_t, State* results) {
    alignas(64) T mean[kTile], rest[kTile], squares[kTile];
    std::fill_n(mean, width, T(0));
    for (std::int64_t i = 0; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) mean[j] += x[i * stride + j];
    }
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) {
      mean[j] /= static_cast<T>(rows);
      rest[j] = squares[j] = 0;
    }
    for (std::int64_t i = 0; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T d = x[i * stride + j] - mean[j];
        rest[j] += d;
        squares[j] += d * d;
      }
    }
    for (std::int64_t j = 0; j < width; ++j) results[j] = Moments::of(rows, mean[j], rest[j], squares[j]);
  }
};

}  // namespace

void variance(const VarianceArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    T* out = static_cast<T*>(args.out);
    if (args.n == 0) std::fill_n(out, args.outer * args.inner, std::numeric_limits<T>::quiet_NaN());
    else
      reduction::reduce_block(Variance<T>{out, args.divisor}, static_cast<const T*>(args.data), args.outer, args.n,
                              args.inner);
  });
}

}  // namespace reel::kernels::cpu
