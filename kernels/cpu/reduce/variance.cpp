// Variances along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cpu/reduce/reduce_loops.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cpu {
namespace {

/// Two passes over each piece while it is in the cache, the mean and then the squared differences from it.
template <class T> struct Variance {
  using In = T;
  using State = MomentsOf<T>;
  using Total = MomentsOf<T>;
  static constexpr std::int64_t kTile = 256, kRows = 128;

  T* out;
  double divisor;
  bool root;

  static State combine(State a, State b) { return State::combine(a, b); }
  void store(std::int64_t i, State state) const {
    const auto variance = state.squares / divisor;
    out[i] = static_cast<T>(root ? root_of(variance) : value_of(variance));
  }

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
    if (squares_in_range(squares)) return State::of(n, mean, rest, squares);
    return State::rescaled(n, mean, squares, [=](std::int64_t i) { return x[i]; });
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
    for (std::int64_t j = 0; j < width; ++j) {
      results[j] = squares_in_range(squares[j])
                       ? State::of(rows, mean[j], rest[j], squares[j])
                       : State::rescaled(rows, mean[j], squares[j], [=](std::int64_t i) { return x[i * stride + j]; });
    }
  }
};

}  // namespace

void variance(const VarianceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    T* out = static_cast<T*>(args.out);
    if (args.n == 0) std::fill_n(out, args.outer * args.inner, std::numeric_limits<T>::quiet_NaN());
    else
      reduction::reduce_block(Variance<T>{out, args.divisor, args.root}, static_cast<const T*>(args.data), args.outer,
                              args.n, args.inner);
  });
}

}  // namespace reel::kernels::cpu
