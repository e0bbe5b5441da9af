#pragma once

#include <cstdint>
#include <type_traits>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

namespace reel::kernels {

/// out[i] = addends[i] + factors[i] * out[i - 1] along the middle dimension of a block [outer, n, inner], or from its
/// last element backwards. The first has 0 before it; without addends 1, and then the results are running products.
struct RecurrenceArgs {
  DType dtype;
  const void* factors;
  const void* addends;  // may be null
  void* out;            // of `RecurrenceResult`
  std::int64_t outer, n, inner;
  bool reverse;
};

/// What `out` holds: i64 for integers and boolean.
template <class T> using RecurrenceResult = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
/// What the recurrence is computed in: f64 also for f32, so that rounding errors do not pile up.
template <class T> using RecurrenceState = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

namespace cpu {
void recurrence(const RecurrenceArgs& args);
}
namespace cuda {
void recurrence(const RecurrenceArgs& args);
}

inline constexpr KernelTable<void(const RecurrenceArgs&)> recurrence{&cpu::recurrence, &cuda::recurrence};

}  // namespace reel::kernels
