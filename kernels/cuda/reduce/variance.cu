// Variances along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>
#include <reel/kernels/moments.h>

namespace reel::kernels::cuda {
namespace {

/// Two passes over each chunk in registers, the mean and then the squared differences from it, as accurate for any
/// mean; f64 arithmetic only where chunks are combined.
template <class T> struct Variance {
  using In = T;
  using State = MomentsOf<T>;

  T* out;
  double divisor;
  bool root;

  __device__ State start() const { return {0, 0, squares_in<SquaresOf<T>>(1, 0)}; }
  __device__ T fill() const { return 0; }
  __device__ static State combine(State a, State b) { return State::combine(a, b); }
  __device__ void store(std::int64_t i, State state) const {
    const auto variance = state.squares / divisor;
    const double value = root ? root_of(variance) : value_of(variance);
    out[i] = state.count == 0 ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(value);
  }

  template <int V, int N>
  __device__ State fold(State state, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
    T sum = 0, rest = 0, squares = 0;
    for (int k = 0; k < N; ++k) sum += x[k];
    T mean = sum / static_cast<T>(count), unit = 1;
    const auto add_deviations = [&](T per_unit) {
      rest = squares = 0;
      for (int k = 0; k < N; ++k) {
        const T d = k < count ? (x[k] - mean) * per_unit : T(0);
        rest += d;
        squares += d * d;
      }
    };
    add_deviations(T(1));
    if (!squares_in_range(squares)) {
      unit = unit_of_squares(squares);
      if (mean - mean != T(0)) {  // the sum has overflowed
        mean = 0;
        for (int k = 0; k < N; ++k) mean += x[k] / static_cast<T>(count);
      }
      add_deviations(1 / unit);
    }
    return combine(state, State::of(count, mean, rest, squares, unit));
  }
};

}  // namespace

void variance(const VarianceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    reduction::reduce_block(Variance<T>{static_cast<T*>(args.out), args.divisor, args.root},
                            static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

}  // namespace reel::kernels::cuda
