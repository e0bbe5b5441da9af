// Logarithms of sums of exponentials along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cpu/reduce/reduce_loops.h>
#include <reel/kernels/online_logsumexp.h>

namespace reel::kernels::cpu {
namespace {

/// Each piece is shifted by its own maximum.
template <class T> struct LogSumExp {
  using In = T;
  using State = OnlineLogSumExp<T>;
  using Total = State;
  static constexpr std::int64_t kTile = 256, kRows = 128;

  T* results;

  static State combine(State a, State b) { return State::combine(a, b); }
  void store(std::int64_t i, State state) const { results[i] = state.log(); }

  REEL_VECTOR_CLONES static State row(const T* x, std::int64_t n, std::int64_t) {
    T shift = -std::numeric_limits<T>::infinity();
#pragma omp simd reduction(max : shift)
    for (std::int64_t i = 0; i < n; ++i) shift = x[i] > shift ? x[i] : shift;
    shift = State::finite(shift);
    T sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) sum += math::exp(x[i] - shift);
    return {shift, static_cast<double>(sum)};
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                         std::int64_t, State* out) {
    alignas(64) T shift[kTile], sum[kTile];
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) {
      shift[j] = x[j];
      sum[j] = 0;
    }
    for (std::int64_t i = 1; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) shift[j] = x[i * stride + j] > shift[j] ? x[i * stride + j] : shift[j];
    }
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) shift[j] = State::finite(shift[j]);
    for (std::int64_t i = 0; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) sum[j] += math::exp(x[i * stride + j] - shift[j]);
    }
    for (std::int64_t j = 0; j < width; ++j) out[j] = {shift[j], static_cast<double>(sum[j])};
  }
};

}  // namespace

void logsumexp(const ReduceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    T* out = static_cast<T*>(args.out);
    if (args.n == 0) std::fill_n(out, args.outer * args.inner, -std::numeric_limits<T>::infinity());
    else reduction::reduce_block(LogSumExp<T>{out}, static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

}  // namespace reel::kernels::cpu
