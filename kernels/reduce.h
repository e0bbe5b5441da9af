#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include <reel/kernels/host_device.h>
#include <reel/kernels/scalar_ops.h>
#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

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
// meet.

/// Integers and boolean are summed as i64.
struct Sum {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  template <class R> REEL_HD static R start() { return R(0); }
  template <class R> REEL_HD static R combine(R a, R b) { return a + b; }
};
/// Integers are multiplied as i64.
struct Prod {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  template <class R> REEL_HD static R start() { return R(1); }
  template <class R> REEL_HD static R combine(R a, R b) { return a * b; }
};
/// NaN wins.
struct Max {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = T;
  template <class R> REEL_HD static R start() {
    if constexpr (std::is_floating_point_v<R>) return -std::numeric_limits<R>::infinity();
    else return std::numeric_limits<R>::lowest();
  }
  template <class R> REEL_HD static R combine(R a, R b) { return a > b || a != a ? a : b; }
};
/// NaN wins.
struct Min {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = T;
  template <class R> REEL_HD static R start() {
    if constexpr (std::is_floating_point_v<R>) return std::numeric_limits<R>::infinity();
    else return std::numeric_limits<R>::max();
  }
  template <class R> REEL_HD static R combine(R a, R b) { return a < b || a != a ? a : b; }
};
struct All {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = bool;
  template <class R> REEL_HD static R start() { return true; }
  template <class R> REEL_HD static R combine(R a, R b) { return a && b; }
};
struct Any {
  static constexpr DTypeSet dtypes = kNumericAndBool;
  template <class T> using Result = bool;
  template <class R> REEL_HD static R start() { return false; }
  template <class R> REEL_HD static R combine(R a, R b) { return a || b; }
};

using Reducers = FunctorList<Sum, Prod, Max, Min, All, Any>;

namespace cpu {
template <class R> void reduce(const ReduceArgs& args);
}

template <class R> inline constexpr KernelTable<void(const ReduceArgs&)> reduce{&cpu::reduce<R>};

}  // namespace reel::kernels
