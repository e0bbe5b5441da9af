// Euclidean norms along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>
#include <reel/kernels/squares.h>

namespace reel::kernels::cuda {
namespace {

/// A chunk whose sum of squares leaves the range is summed up again in registers; f64 arithmetic only where chunks are
/// combined.
template <class T> struct EuclideanNorm {
  using In = T;
  using State = SquaresOf<T>;

  T* out;

  __device__ State start() const { return squares_in<State>(1, 0); }
  __device__ T fill() const { return 0; }
  __device__ static State combine(State a, State b) { return a + b; }
  __device__ void store(std::int64_t i, State state) const { out[i] = static_cast<T>(root_of(state)); }

  template <int N> __device__ static T sum_of_squares(const T (&x)[N], T per_unit) {
    T part[4] = {};
    for (int k = 0; k < N; ++k) part[k % 4] += (x[k] * per_unit) * (x[k] * per_unit);
    return (part[0] + part[1]) + (part[2] + part[3]);
  }

  template <int V, int N> __device__ State fold(State state, const T (&x)[N], int, std::int64_t, std::int64_t) const {
    T unit = 1, squares = sum_of_squares(x, T(1));
    if (!squares_in_range(squares)) {
      unit = unit_of_squares(squares);
      squares = sum_of_squares(x, 1 / unit);
    }
    return combine(state, squares_in<State>(static_cast<double>(unit), static_cast<double>(squares)));
  }
};

}  // namespace

void euclidean_norm(const ReduceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    reduction::reduce_block(EuclideanNorm<T>{static_cast<T*>(args.out)}, static_cast<const T*>(args.data), args.outer,
                            args.n, args.inner);
  });
}

}  // namespace reel::kernels::cuda
