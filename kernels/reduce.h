#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <reel/kernels/scalar_ops.h>
#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Reductions of a block [outer, n, inner] over its middle dimension to [outer, inner]. Every reduction of a dense
/// tensor has this form once neighbouring dimensions are merged; rows (inner = 1) and columns are what it is fast on.
namespace reel::kernels {

struct ReduceArgs {
  DType dtype;
  const void* data;  // [outer, n, inner]
  void* out;         // [outer, inner], of the reducer's result type
  std::int64_t outer, n, inner;
};

// A reducer says which dtypes it takes, what it makes of them, what nothing reduces to, and how two partial results
// meet. It may also say what an element counts as (`load`).

/// Integers and boolean are summed as i64, half floats as f32.
struct Sum {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result =
      std::conditional_t<std::is_floating_point_v<T>, T,
                         std::conditional_t<kHalf.contains(dtype_of<T>), float, std::int64_t>>;
  template <class R> REEL_HD static R start() { return R(0); }
  template <class R> REEL_HD static R combine(R a, R b) { return plus(a, b); }
};
/// Integers and boolean are multiplied as i64.
struct Prod {
  static constexpr DTypeSet dtypes = kWideNumericAndBool;
  template <class T> using Result = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  template <class R> REEL_HD static R start() { return R(1); }
  template <class R> REEL_HD static R combine(R a, R b) { return times(a, b); }
};
/// NaN wins.
struct Max {
  static constexpr DTypeSet dtypes = kWideNumericAndBool;
  template <class T> using Result = T;
  template <class R> REEL_HD static R start() {
    if constexpr (std::is_floating_point_v<R>) return -std::numeric_limits<R>::infinity();
    else return std::numeric_limits<R>::lowest();
  }
  template <class R> REEL_HD static R combine(R a, R b) { return ((a > b) | (a != a)) ? a : b; }
  /// Whether `b`, which comes later, takes the place of `a`: it is beyond it, or the first NaN.
  template <class T> REEL_HD static bool replaces(T a, T b) { return (b > a) | ((b != b) & (a == a)); }
};
/// NaN wins.
struct Min {
  static constexpr DTypeSet dtypes = kWideNumericAndBool;
  template <class T> using Result = T;
  template <class R> REEL_HD static R start() {
    if constexpr (std::is_floating_point_v<R>) return std::numeric_limits<R>::infinity();
    else return std::numeric_limits<R>::max();
  }
  template <class R> REEL_HD static R combine(R a, R b) { return ((a < b) | (a != a)) ? a : b; }
  template <class T> REEL_HD static bool replaces(T a, T b) { return (b < a) | ((b != b) & (a == a)); }
};
struct All {
  static constexpr DTypeSet dtypes = kWideNumericAndBool;
  template <class T> using Result = bool;
  template <class R> REEL_HD static R start() { return true; }
  template <class R> REEL_HD static R combine(R a, R b) { return a & b; }
};
struct Any {
  static constexpr DTypeSet dtypes = kWideNumericAndBool;
  template <class T> using Result = bool;
  template <class R> REEL_HD static R start() { return false; }
  template <class R> REEL_HD static R combine(R a, R b) { return a | b; }
};
struct SumOfMagnitudes : Sum {
  static constexpr DTypeSet dtypes = kWideFloating;
  template <class T> REEL_HD static T load(T x) { return math::fabs(x); }
};

/// What partial results of R meet in. Sums and products of f32 meet in f64: however many parts there are, only the
/// rounding inside a part remains.
template <class R, class Result> using Total =
    std::conditional_t<std::is_same_v<Result, float> && (std::is_base_of_v<Sum, R> || std::is_same_v<R, Prod>), double,
                       Result>;

using Reducers = FunctorList<Sum, Prod, Max, Min, All, Any, SumOfMagnitudes>;

/// The largest (or smallest) elements and where along n they are: the first of equals; NaN wins.
struct ExtremumArgs {
  DType dtype;
  bool largest;
  const void* data;
  void* values;  // may be null
  std::int64_t* indices;
  std::int64_t outer, n, inner;
};

/// Sums of squared differences from the mean, divided by `divisor`, or their roots.
struct VarianceArgs {
  DType dtype;
  const void* data;
  void* out;
  std::int64_t outer, n, inner;
  double divisor;
  bool root;
};

/// Running sums along n, from the last element backwards if `reverse`; those of integers and boolean are i64.
struct ScanArgs {
  DType dtype;
  const void* data;
  void* out;  // [outer, n, inner]
  std::int64_t outer, n, inner;
  bool reverse;
};

namespace cpu {
template <class R> void reduce(const ReduceArgs& args);
void extremum(const ExtremumArgs& args);
void variance(const VarianceArgs& args);
void euclidean_norm(const ReduceArgs& args);
void logsumexp(const ReduceArgs& args);
void cumsum(const ScanArgs& args);
}  // namespace cpu
namespace cuda {
template <class R> void reduce(const ReduceArgs& args);
void extremum(const ExtremumArgs& args);
void variance(const VarianceArgs& args);
void euclidean_norm(const ReduceArgs& args);
void logsumexp(const ReduceArgs& args);
void cumsum(const ScanArgs& args);
}  // namespace cuda

template <class R> inline constexpr KernelTable<void(const ReduceArgs&)> reduce{&cpu::reduce<R>, &cuda::reduce<R>};
inline constexpr KernelTable<void(const ExtremumArgs&)> extremum{&cpu::extremum, &cuda::extremum};
inline constexpr KernelTable<void(const VarianceArgs&)> variance{&cpu::variance, &cuda::variance};
/// sqrt(sum(x^2)), right whenever it is in the range of the dtype, even if squares are not.
inline constexpr KernelTable<void(const ReduceArgs&)> euclidean_norm{&cpu::euclidean_norm, &cuda::euclidean_norm};
/// log(sum(exp(x))), shifted by the maximum so that nothing overflows.
inline constexpr KernelTable<void(const ReduceArgs&)> logsumexp{&cpu::logsumexp, &cuda::logsumexp};
inline constexpr KernelTable<void(const ScanArgs&)> cumsum{&cpu::cumsum, &cuda::cumsum};

}  // namespace reel::kernels
