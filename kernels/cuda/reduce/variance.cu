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
  using State = Moments;

  T* out;
  double divisor;

  __device__ State start() const { return {0, 0, 0}; }
  __device__ T fill() const { return 0; }
  __device__ static State combine(State a, State b) { return Moments::combine(a, b); }
  __device__ void store(std::int64_t i, State state) const {
    out[i] = state.count == 0 ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(state.squares / divisor);
  }

  template <int V, int N>
  __device__ State fold(State state, const T (&x)[N], int count, std::int64_t, std::int64_t) const {
    T sum = 0, rest = 0, squares = 0;
    for (int k = 0; k < N; ++k) sum += x[k];
    const T mean = sum / static_cast<T>(count);
    for (int k = 0; k < N; ++k) {
      const T d = k < count ? x[k] - mean : T(0);
      rest += d;
      squares += d * d;
    }
    return combine(state, Moments::of(count, mean, rest, squares));
  }
};

}  // namespace

void variance(const VarianceArgs& args) {
  dispatch<kFloating>(args.dtype, [&]<class T>() {
    reduction::reduce_block(Variance<T>{static_cast<T*>(args.out), args.divisor}, static_cast<const T*>(args.data),
                            args.outer, args.n, args.inner);
  });
}

}  // namespace reel::kernels::cuda
