// Sums, products, extreme values and the logical reductions along a dimension.

#include <reel/kernels/reduce.h>

#include <tuple>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/reduce/reduce_loops.h>

namespace reel::kernels::cpu {
namespace {

/// A reducer over elements of T.
template <class R, class T> struct Reduction {
  using In = T;
  using State = typename R::template Result<T>;
  using Total = kernels::Total<R, State>;
  static constexpr std::int64_t kTile = 1024, kRows = 512;

  State* out;

  template <class S> static S combine(S a, S b) { return R::template combine<S>(a, b); }
  template <class S> void store(std::int64_t i, S result) const { out[i] = static_cast<State>(result); }

  static State load(T x) {
    if constexpr (requires { R::load(x); }) return R::load(x);
    else return static_cast<State>(x);
  }

  /// In lanes that fill several vector registers.
  REEL_VECTOR_CLONES static State row(const T* x, std::int64_t n, std::int64_t) {
    constexpr int lanes = 64;
    std::int64_t i = 0;
    State total = R::template start<State>();
    if (n >= lanes) {
      State lane[lanes];
#pragma omp simd
      for (int l = 0; l < lanes; ++l) lane[l] = load(x[l]);
      for (i = lanes; i + lanes <= n; i += lanes) {
#pragma omp simd
        for (int l = 0; l < lanes; ++l) lane[l] = combine(lane[l], load(x[i + l]));
      }
      total = combine(total, fold_lanes<lanes>(lane, combine<State>));  // with the start, so that a sum of -0 is 0
    }
    for (; i < n; ++i) total = combine(total, load(x[i]));
    return total;
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                         std::int64_t, State* results) {
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) results[j] = combine(R::template start<State>(), load(x[j]));  // as above
    std::int64_t i = 1;
    for (; i + 4 <= rows; i += 4) {  // four rows for each visit to the results
      const T *a = x + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        results[j] = combine(results[j], combine(combine(load(a[j]), load(b[j])), combine(load(c[j]), load(d[j]))));
      }
    }
    for (; i < rows; ++i) {
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) results[j] = combine(results[j], load(x[i * stride + j]));
    }
  }
};

}  // namespace

template <class R> void reduce(const ReduceArgs& args) {
  dispatch<R::dtypes>(args.dtype, [&]<class T>() {
    using Result = typename R::template Result<T>;
    Result* out = static_cast<Result*>(args.out);
    if (args.n == 0) std::fill_n(out, args.outer * args.inner, R::template start<Result>());
    else
      reduction::reduce_block(Reduction<R, T>{out}, static_cast<const T*>(args.data), args.outer, args.n, args.inner);
  });
}

namespace reduction {

template <class... R> constexpr auto instantiate(FunctorList<R...>) { return std::tuple{&reduce<R>...}; }

extern const auto all_reducers = instantiate(Reducers{});

}  // namespace reduction

}  // namespace reel::kernels::cpu
