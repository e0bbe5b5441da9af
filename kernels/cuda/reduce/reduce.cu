// Sums, products, extreme values and the logical reductions along a dimension.

#include <reel/kernels/reduce.h>

#include <tuple>

#include <reel/kernels/cuda/reduce/reduce_loops.h>

namespace reel::kernels::cuda {
namespace {

/// A reducer over elements of T.
template <class R, class T> struct Reduction {
  using In = T;
  using Result = typename R::template Result<T>;
  using State = Total<R, Result>;

  Result* out;

  __device__ State start() const { return R::template start<State>(); }
  __device__ T fill() const { return static_cast<T>(R::template start<Result>()); }
  template <class S> __device__ static S combine(S a, S b) { return R::template combine<S>(a, b); }
  __device__ void store(std::int64_t i, State state) const { out[i] = static_cast<Result>(state); }

  __device__ static Result load(T x) {
    if constexpr (requires { R::load(x); }) return R::load(x);
    else return static_cast<Result>(x);
  }

  /// A chunk in four partial results, which keeps the adders busy.
  template <int V, int N> __device__ State fold(State state, const T (&x)[N], int, std::int64_t, std::int64_t) const {
    static_assert(N % 4 == 0);
    Result part[4];
    for (int k = 0; k < 4; ++k) part[k] = load(x[k]);
    for (int k = 4; k < N; ++k) part[k % 4] = combine(part[k % 4], load(x[k]));
    const Result chunk = combine(combine(part[0], part[1]), combine(part[2], part[3]));
    return combine(state, static_cast<State>(chunk));
  }
};

}  // namespace

template <class R> void reduce(const ReduceArgs& args) {
  dispatch<R::dtypes>(args.dtype, [&]<class T>() {
    reduction::reduce_block(Reduction<R, T>{static_cast<typename R::template Result<T>*>(args.out)},
                            static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

namespace reduction {

template <class... R> constexpr auto instantiate(FunctorList<R...>) { return std::tuple{&reduce<R>...}; }

extern const auto all_reducers = instantiate(Reducers{});

}  // namespace reduction

}  // namespace reel::kernels::cuda
