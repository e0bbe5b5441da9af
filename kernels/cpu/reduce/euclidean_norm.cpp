// Euclidean norms along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/reduce/reduce_loops.h>
#include <reel/kernels/squares.h>

namespace reel::kernels::cpu {
namespace {

/// Pieces whose sum of squares leaves the range are summed up again while they are in the cache.
template <class T> struct EuclideanNorm {
  using In = T;
  using State = SquaresOf<T>;
  using Total = State;
  static constexpr std::int64_t kTile = 256, kRows = 128;

  T* out;

  static State combine(State a, State b) { return a + b; }
  void store(std::int64_t i, State state) const { out[i] = static_cast<T>(root_of(state)); }

  REEL_VECTOR_CLONES static T sum_of_squares(const T* x, std::int64_t n) { return dot_in_lanes(x, x, n); }

  static State rescaled(const T* x, std::int64_t n, std::int64_t stride, T squares) {
    const double unit = static_cast<double>(unit_of_squares(squares));
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(x[i * stride]) / unit;
      sum += value * value;
    }
    return squares_in<State>(unit, sum);
  }

  static State state_of(T squares, const T* x, std::int64_t n, std::int64_t stride) {
    if (squares_in_range(squares)) return squares_in<State>(1, static_cast<double>(squares));
    return rescaled(x, n, stride, squares);
  }

  static State row(const T* x, std::int64_t n, std::int64_t) { return state_of(sum_of_squares(x, n), x, n, 1); }

  REEL_VECTOR_CLONES static void add_squares(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                             T* squares) {
    std::fill_n(squares, width, T(0));
    for (std::int64_t i = 0; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) squares[j] += x[i * stride + j] * x[i * stride + j];
    }
  }

  static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width, std::int64_t,
                      State* results) {
    alignas(64) T squares[kTile];
    add_squares(x, rows, stride, width, squares);
    for (std::int64_t j = 0; j < width; ++j) results[j] = state_of(squares[j], x + j, rows, stride);
  }
};

}  // namespace

void euclidean_norm(const ReduceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    T* out = static_cast<T*>(args.out);
    if (args.n == 0) std::fill_n(out, args.outer * args.inner, T(0));
    else
      reduction::reduce_block(EuclideanNorm<T>{out}, static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

}  // namespace reel::kernels::cpu
