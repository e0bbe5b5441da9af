// The largest or smallest elements along a dimension, and their indices.

#include <reel/kernels/reduce.h>

#include <reel/kernels/cpu/lanes.h>
#include <reel/kernels/cpu/reduce/reduce_loops.h>

namespace reel::kernels::cpu {
namespace {

/// R is Max or Min.
template <class R, class T> struct Extremum {
  using In = T;
  struct State {
    T value;
    std::int64_t index;
  };
  using Total = State;
  static constexpr std::int64_t kTile = 512, kRows = 512;

  T* values;
  std::int64_t* indices;

  static State combine(State a, State b) { return R::replaces(a.value, b.value) ? b : a; }
  void store(std::int64_t i, State state) const {
    if (values) values[i] = state.value;
    indices[i] = state.index;
  }

  /// The extreme value first, in lanes, then its place: two passes over a piece in the cache are several times faster
  /// than one that carries the index along.
  REEL_VECTOR_CLONES static State row(const T* x, std::int64_t n, std::int64_t first) {
    constexpr int lanes = 64;
    std::int64_t i = 0;
    if (n < lanes) {
      for (std::int64_t k = 1; k < n; ++k) i = R::replaces(x[i], x[k]) ? k : i;
      return {x[i], first + i};
    }
    T lane[lanes];
    for (int l = 0; l < lanes; ++l) lane[l] = x[l];
    for (i = lanes; i + lanes <= n; i += lanes) {
#pragma omp simd
      for (int l = 0; l < lanes; ++l) lane[l] = R::template combine<T>(lane[l], x[i + l]);
    }
    for (; i < n; ++i) lane[0] = R::template combine<T>(lane[0], x[i]);
    const T value = fold_lanes<lanes>(lane, R::template combine<T>);
    const bool is_nan = value != value;
    for (i = 0; i + lanes <= n; i += lanes) {
      int found = 0;
#pragma omp simd reduction(| : found)
      for (int l = 0; l < lanes; ++l) found |= (x[i + l] == value) | (is_nan & (x[i + l] != x[i + l]));
      if (found) break;
    }
    while (i + 1 < n && !((x[i] == value) | (is_nan & (x[i] != x[i])))) ++i;
    return {x[i], first + i};
  }

  REEL_VECTOR_CLONES static void columns(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t width,
                                         std::int64_t first, State* results) {
    alignas(64) T value[kTile];
    std::int32_t at[kTile];
#pragma omp simd
    for (std::int64_t j = 0; j < width; ++j) {
      value[j] = x[j];
      at[j] = 0;
    }
    for (std::int64_t i = 1; i < rows; ++i) {
      const std::int32_t row = static_cast<std::int32_t>(i);
#pragma omp simd
      for (std::int64_t j = 0; j < width; ++j) {
        const T next = x[i * stride + j];
        const bool better = R::replaces(value[j], next);
        value[j] = better ? next : value[j];
        at[j] = better ? row : at[j];
      }
    }
    for (std::int64_t j = 0; j < width; ++j) results[j] = {value[j], first + at[j]};
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

}  // namespace reel::kernels::cpu
