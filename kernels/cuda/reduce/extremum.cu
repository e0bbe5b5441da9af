// The largest or smallest elements along a dimension, and their indices.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>

namespace reel::kernels::cuda {
namespace {

/// R is Max or Min.
template <class R, class T> struct Extremum {
  using In = T;
  struct State {
    T value;
    std::int64_t index;
  };

  T* values;
  std::int64_t* indices;

  __device__ State start() const { return {R::template start<T>(), std::numeric_limits<std::int64_t>::max()}; }
  __device__ T fill() const { return R::template start<T>(); }

  /// Of parts in any order.
  __device__ static State combine(State a, State b) {
    const bool second = R::replaces(a.value, b.value) || (!R::replaces(b.value, a.value) && b.index < a.index);
    return second ? b : a;
  }
  __device__ void store(std::int64_t i, State state) const {
    if (values) values[i] = state.value;
    indices[i] = state.index;
  }

  template <int V, int N>
  __device__ State fold(State state, const T (&x)[N], int, std::int64_t first, std::int64_t step) const {
    T value = x[0];
    int at = 0;
    for (int k = 1; k < N; ++k) {  // what fills up replaces nothing
      const bool better = R::replaces(value, x[k]);
      value = better ? x[k] : value;
      at = better ? k : at;
    }
    return combine(state, {value, first + at / V * step + at % V});
  }
};

template <class R> void run(const ExtremumArgs& args) {
  dispatch<R::dtypes>(args.dtype, [&]<class T>() {
    reduction::reduce_block(Extremum<R, T>{static_cast<T*>(args.values), args.indices},
                            static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

}  // namespace

void extremum(const ExtremumArgs& args) { args.largest ? run<Max>(args) : run<Min>(args); }

}  // namespace reel::kernels::cuda
