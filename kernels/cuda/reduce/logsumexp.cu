// Logarithms of sums of exponentials along a dimension.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cuda/reduce/reduce_loops.h>
#include <reel/kernels/online_logsumexp.h>

namespace reel::kernels::cuda {
namespace {

template <class T> struct LogSumExp {
  using In = T;
  using State = OnlineLogSumExp<T>;

  T* out;

  __device__ State start() const { return State::none(); }
  __device__ T fill() const { return -State::kInfinity; }
  __device__ static State combine(State a, State b) { return State::combine(a, b); }
  __device__ void store(std::int64_t i, State state) const { out[i] = state.log(); }

  template <int V, int N> __device__ State fold(State state, const T (&x)[N], int, std::int64_t, std::int64_t) const {
    return state.with(x);
  }
};

}  // namespace

void logsumexp(const ReduceArgs& args) {
  dispatch<kWideFloating>(args.dtype, [&]<class T>() {
    reduction::reduce_block(LogSumExp<T>{static_cast<T*>(args.out)}, static_cast<const T*>(args.data), args.outer,
                            args.n, args.inner);
  });
}

}  // namespace reel::kernels::cuda
